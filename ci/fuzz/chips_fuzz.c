/* SPDX-License-Identifier: BSD-2-Clause */
/* Chip models (ci/chips), driven by a machine that does anything: accesses, frames, time, the
 * cable.
 *
 * Input: which chip, and a seed; then steps of an operation and what it needs. Faults are what
 * models report of that, and no finding. */
#include <sys/mman.h>
#include <unistd.h>

#include "card.h"
#include "chips_clock.h"
#include "fuzz.h"

enum { RAM = 1 << 16, STEPS = 600, RUN_MAX = 32, HOT = 64 };

extern const struct chip *const __start_chips[], *const __stop_chips[];

const struct chip *chip;
uint8_t card_mac[6] = {2, 0, 0, 0, 0, 1};
uint64_t card_seed;
static struct chip own;
static uint8_t *ram;

void irq(bool level)
{
}

void drive_line(void)
{
}

void wire_send(const uint8_t *frame, size_t len)
{
    uint8_t sum = 0;

    CHECK(len <= FRAME_MAX);
    for (size_t i = 0; i < len; i++) /* all of it can be read */
        sum ^= frame[i];
    counts.sent += sum == 0;
}

static void receive(struct input *in)
{
    static uint8_t bytes[FRAME_MAX];
    size_t len = take16(in) % (FRAME_MAX + 1);
    uint8_t *exact = malloc(len + !len);

    memset(bytes, take(in), sizeof(bytes));
    take_bytes(in, bytes, 14 < len ? 14 : len);
    if (take(in) & 1)
        memcpy(bytes, card_mac, sizeof(card_mac));
    memcpy(exact, bytes, len);
    if (!chip->ready || chip->ready() || take(in) & 1)
        chip->receive(exact, len);
    free(exact);
}

static void access_bar(struct input *in, bool writes)
{
    unsigned bar = take(in) % BARS, size = 1u << take(in) % 3;
    uint32_t reg = take16(in), value;

    while (!chip->bars[bar].size)
        bar = (bar + 1) % BARS;
    if (take(in) & 1)
        reg %= 256;
    reg = (reg & (chip->bars[bar].size - 1)) / size * size;
    if (!writes) {
        chip->read(bar, reg, size);
        return;
    }
    value = take16(in) | (uint32_t)take16(in) << 16;
    if (take(in) & 1) /* an address of memory */
        value &= (RAM - 1) & ~15u;
    chip->write(bar, reg, value, size);
}

static void step(struct input *in)
{
    uint32_t at;

    switch (take(in) % 8) {
    case 0:
    case 1:
        access_bar(in, true);
        break;
    case 2:
        access_bar(in, false);
        break;
    case 3:
        receive(in);
        break;
    case 4:
        pass((uint64_t)take16(in) * MICROSECOND, RUN_MAX);
        break;
    case 5: /* descriptors are of small numbers, and of addresses */
        at = take16(in) % (RAM - HOT);
        take_bytes(in, ram + at, take(in) % HOT);
        break;
    case 6:
        config_write(take(in), take16(in) | (uint32_t)take16(in) << 16, 4);
        break;
    case 7:
        plugged = !plugged;
        if (chip->cable)
            chip->cable();
        break;
    }
}

static void begin(struct input *in)
{
    size_t chips = __stop_chips - __start_chips;

    if (!ram) {
        int fd = memfd_create("ram", MFD_CLOEXEC);

        CHECK(fd >= 0 && ftruncate(fd, RAM) == 0);
        ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        CHECK(ram != MAP_FAILED);
        ram_add(0, RAM, 0, fd);
    }
    memset(ram, 0, RAM);
    own = *__start_chips[take(in) % chips];
    chip = &own;
    card_seed = take(in);
    clock_begin();
    config_init(0, take(in) & 1);
    chip->reset();
    config_write(PCI_COMMAND, COMMAND_IO | COMMAND_MEMORY | COMMAND_MASTER, 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};

    begin(&in);
    for (unsigned i = 0; i < STEPS && in.left; i++)
        step(&in);
    pass(1000 * (uint64_t)MILLISECOND, RUN_MAX);
    return 0;
}
