/* SPDX-License-Identifier: BSD-2-Clause */
/* Every driver with a device that is broken or means harm: each register reads as anything, and the
 * memory that it may write changes at every step. The driver may report errors, or deliver frames
 * that nobody sent; it may not touch memory that isn't its own, nor wait for ever, nor deliver more
 * than there is room for. */
#include "fake_device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/bios/io.h"

enum {
    RINGS = 16 << 10,
    ANSWER = 16,
    PAGE = 1024,
    POOL = RINGS,
    STEPS = 1500,
    ROUNDS = 6,
    ATTEMPTS = 200000,
    PORTS = 0x1000,
    PORTS_AT = 0xc000,
    RARELY = 5000,
    EEPROMS = 2
};

extern const struct net_driver *const __start_drivers[], *const __stop_drivers[];

static const struct pci_device cards[] = {
    {.vendor = 0x1af4, .device = 0x1000}, {.vendor = 0x1af4, .device = 0x1041},
    {.vendor = 0x10ec, .device = 0x8139}, {.vendor = 0x10ec, .device = 0x8029},
    {.vendor = 0x1106, .device = 0x0926}, {.vendor = 0x8086, .device = 0x100e},
    {.vendor = 0x8086, .device = 0x10d3}, {.vendor = 0x8086, .device = 0x10c9},
    {.vendor = 0x8086, .device = 0x1209}, {.vendor = 0x8086, .device = 0x10fb},
    {.vendor = 0x8086, .device = 0x10c6}, {.vendor = 0x1022, .device = 0x2000},
    {.vendor = 0x1011, .device = 0x0019}, {.vendor = 0x1011, .device = 0x0009},
    {.vendor = 0x15ad, .device = 0x07b0}, {.vendor = 0x1106, .device = 0x3065},
    {.vendor = 0x1148, .device = 0x4320}, {.vendor = 0x10ec, .device = 0x8168},
    {.vendor = 0x0e11, .device = 0xae32}, {.vendor = 0x100b, .device = 0x0020},
    {.vendor = 0x1022, .device = 0x7462}, {.vendor = 0x1039, .device = 0x0900},
    {.vendor = 0x10b7, .device = 0x5900}, {.vendor = 0x10b7, .device = 0x9050},
    {.vendor = 0x10b7, .device = 0x9200}, {.vendor = 0x10b8, .device = 0x0005},
    {.vendor = 0x10de, .device = 0x0269}, {.vendor = 0x1106, .device = 0x3119},
    {.vendor = 0x11ab, .device = 0x4362}, {.vendor = 0x1282, .device = 0x9102},
    {.vendor = 0x1282, .device = 0x9132}, {.vendor = 0x13f0, .device = 0x0201},
    {.vendor = 0x14e4, .device = 0x1677}, {.vendor = 0x14e4, .device = 0x16d8},
    {.vendor = 0x14e4, .device = 0x4401}, {.vendor = 0x1969, .device = 0x1026},
    {.vendor = 0x1969, .device = 0x1083}, {.vendor = 0x1969, .device = 0x1091},
    {.vendor = 0x197b, .device = 0x0250}, {.vendor = 0x1d6a, .device = 0x07b1},
    {.vendor = 0x8086, .device = 0x15f3},
};
static const struct {
    uint16_t vendor;
    const char *driver, *also, * or ;
} drivers[] = {
    {0x1af4, "virtio_net", "", ""},
    {0x10ec, "rtl8139", "ne2k_pci", "r8169"},
    {0x1106, "ne2k_pci", "rhine", "velocity"},
    {0x8086, "e1000", "e1000e", "igb"},
    {0x8086, "eepro100", "igc", "ixgbe"},
    {0x1022, "pcnet32", "amd8111e", ""},
    {0x10b8, "epic100", "", ""},
    {0x1011, "tulip", "", ""},
    {0x15ad, "vmxnet3", "", ""},
    {0x1148, "skge", "", ""},
    {0x10de, "forcedeth", "", ""},
    {0x10b7, "etherlink", "", ""},
    {0x11ab, "sky2", "", ""},
    {0x1969, "alx", "atl1c", "atl1e"},
    {0x1282, "dmfe", "", ""},
    {0x1d6a, "atlantic", "", ""},
    {0x14e4, "bnxt", "tg3", "b44"},
    {0x197b, "jme", "", ""},
    {0x13f0, "sundance", "", ""},
    {0x0e11, "tlan", "", ""},
    {0x100b, "natsemi", "", ""},
    {0x1039, "sis900", "", ""},
};

static uint32_t noise[POOL];

/* Noise would hardly ever say that the card of one of these has received a frame: so this is in it.
 */
static const struct {
    const char *driver;
    uint32_t words[7];
} received[] = {
    {"atl1e", {0, 64 << 16}},
    {"bnxt", {0x00400011, 0, 1, 0, 0, 0, 1}},
    {"jme", {0, 0x81000040}},
    {"sky2", {0x00400100, 0xe0000040}},
};
enum { RECEIVED_EVERY = 16 };

static void make_noise(const char *driver)
{
    random_restart();
    for (unsigned i = 0; i < POOL; i++)
        noise[i] = device_word();
    for (unsigned i = 0; i < sizeof(received) / sizeof(received[0]); i++)
        if (!strcmp(driver, received[i].driver))
            for (unsigned at = 0; at < POOL; at += RECEIVED_EVERY)
                memcpy(noise + at, received[i].words, sizeof(received[i].words));
}

/* bnxt's card has a firmware, which answers commands: where, the driver has written before. */
enum {
    FIRMWARE = 0xfe000000,
    COMMANDED = FIRMWARE + 0x100,
    ANSWER_AT = 8,
    LENGTH_AT = 6,
    LONG = 96
};
static bool has_firmware;
static uint8_t *answer;

static void firmware_answers(void)
{
    unsigned len = 16 + next_random() % LONG;

    memcpy(answer, noise + next_random() % (POOL - LONG), LONG + 16);
    if (next_random() % 16)
        memset(answer, 0, 2); /* no error */
    memcpy(answer + LENGTH_AT, &(uint16_t){(uint16_t)len}, 2);
    answer[len - 1] = 1;
    if (next_random() % 64 == 0)
        answer[LENGTH_AT + 1] = (uint8_t)device_word();
}

static void scribble(size_t start, size_t bytes)
{
    for (unsigned i = 0; i < dma_pieces; i++)
        if (start + bytes <= dma_piece[i].size)
            memcpy(dma_piece[i].start + start, noise + next_random() % (POOL - RINGS / 4), bytes);
}

/* While the driver waits for the card, that writes what it likes to where its answers are. */
void device_works(void)
{
    scribble(0, ANSWER);
    scribble(next_random() % RINGS / ANSWER * ANSWER, ANSWER);
    if (answer)
        firmware_answers();
}

/* A serial EEPROM, 93C46, whose words are anything: no driver gets far without one. Clocks count
 * from chip select on: 3 of the command, 6 of the address with a zero at its end, 16 of the word.
 */
struct eeprom {
    uintptr_t port;
    unsigned select, clock, out; /* bits */
    unsigned clocks;
    uint16_t word;
} eeproms[EEPROMS] = {
    {.port = PORTS_AT + 0x48, .select = 1, .clock = 2, .out = 8}, /* tulip, dmfe */
    {.port = PORTS_AT + 14, .select = 2, .clock = 1, .out = 8},   /* eepro100 */
};

static unsigned zero_at = 9; /* the clock at which the address is complete */

static void eeprom_write(struct eeprom *e, uint32_t value)
{
    if (!(value & e->select)) {
        e->clocks = 0;
        zero_at = next_random() % 32 ? 9 : next_random() % 12;
    } else if (value & e->clock && ++e->clocks == zero_at) {
        e->word = (uint16_t)device_word();
    }
}

static uint32_t eeprom_read(const struct eeprom *e)
{
    unsigned data = e->clocks - zero_at;
    bool bit = e->clocks < zero_at || (data && e->word >> (16 - data) % 16 & 1);

    return (device_word() & ~e->out) | (bit ? e->out : 0);
}

static uint32_t written[PORTS]; /* what was written last, by the register's number */

/* Registers often show what was written, or no driver would get past its own checks. */
uint32_t device_read(uintptr_t reg, unsigned width)
{
    device_works();
    for (unsigned i = 0; i < EEPROMS; i++)
        if (reg == eeproms[i].port && next_random() % RARELY)
            return eeprom_read(&eeproms[i]);
    return next_random() % 2 ? written[reg % PORTS] : device_word();
}

void device_write(uintptr_t reg, unsigned width, uint32_t value)
{
    written[reg % PORTS] = value;
    if (has_firmware && reg == COMMANDED)
        answer = (uint8_t *)(uintptr_t)written[ANSWER_AT];
    for (unsigned i = 0; i < EEPROMS; i++)
        if (reg == eeproms[i].port)
            eeprom_write(&eeproms[i], value);
}

uint8_t pci_read8(const struct pci_device *dev, unsigned reg)
{
    return (uint8_t)device_word();
}

uint32_t pci_read32(const struct pci_device *dev, unsigned reg)
{
    return device_word();
}

void pci_write8(const struct pci_device *dev, unsigned reg, uint8_t value)
{
}

void pci_write32(const struct pci_device *dev, unsigned reg, uint32_t value)
{
}

/* A modern virtio device is where only the window in configuration space reaches it. */
uint32_t pci_bar(const struct pci_device *dev, unsigned index)
{
    if (dev->vendor == 0x1af4)
        return pci_bar_is_io(dev, index) ? PORTS_AT : 0;
    return 0xfe000000 + index * 0x1000;
}

bool pci_bar_is_io(const struct pci_device *dev, unsigned index)
{
    return dev->device == 0x1000 && index == 0;
}

uint32_t pci_find_bar(const struct pci_device *dev, bool io)
{
    return PORTS_AT;
}

void pci_enable(const struct pci_device *dev, uint16_t bits)
{
}

void pci_disable(const struct pci_device *dev, uint16_t bits)
{
}

/* Always one more: a list that is a circle. */
unsigned pci_find_capability(const struct pci_device *dev, uint8_t id, unsigned from)
{
    return 0x40 + 16 * (next_random() % 8);
}

static bool brought_up(struct nic *nic)
{
    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        for (unsigned i = 0; i < EEPROMS; i++)
            eeprom_write(&eeproms[i], 0);
        if (nic->driver->probe(nic))
            continue;
        device_reset();
        if (!nic->driver->open(nic))
            return true;
        nic->driver->close(nic);
    }
    return false;
}

/* Returns how many frames were delivered. */
static unsigned torment(struct nic *nic)
{
    uint8_t *buf = malloc(ETH_FRAME_MAX), *frame = calloc(1, ETH_FRAME_MAX);
    unsigned frames = 0;

    for (unsigned step = 0; step < STEPS; step++) {
        size_t cap = next_random() % 4 ? ETH_FRAME_MAX : next_random() % ETH_FRAME_MAX;
        int len;

        for (size_t at = 0; at < RINGS; at += PAGE)
            scribble(at, PAGE);
        len = nic->driver->poll(nic, buf, cap);
        CHECK(len <= (int)cap);
        frames += len > 0;
        if (step % 4 == 0)
            nic->driver->transmit(nic, frame, 14 + next_random() % (ETH_FRAME_MAX - 13));
        if (step % 64 == 0)
            nic->driver->link(nic);
        if (nic->driver->interrupt && step % 32 == 0)
            nic->driver->interrupt(nic, next_random() % 3);
    }
    nic->driver->close(nic);
    free(buf);
    free(frame);
    return frames;
}

static bool is_for(const struct net_driver *driver, const struct pci_device *card)
{
    for (unsigned i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
        if (drivers[i].vendor == card->vendor &&
            (!strcmp(driver->name, drivers[i].driver) || !strcmp(driver->name, drivers[i].also) ||
             !strcmp(driver->name, drivers[i].or)))
            return true;
    return false;
}

static void torment_driver(const struct net_driver *driver)
{
    unsigned frames = 0;

    check_case(driver->name);
    make_noise(driver->name);
    has_firmware = strcmp(driver->name, "bnxt") == 0;
    answer = NULL;
    for (unsigned i = 0; i < sizeof(cards) / sizeof(cards[0]); i++) {
        struct nic nic = {.driver = driver, .pci = cards[i]};

        if (!is_for(driver, &cards[i]))
            continue;
        memset(written, 0, sizeof(written));
        for (unsigned round = 0; round < ROUNDS; round++) {
            CHECK(brought_up(&nic));
            frames += torment(&nic);
        }
    }
    printf("%s: %u frames\n", driver->name, frames);
    CHECK(frames);
}

TEST(drivers)
{
    for (const struct net_driver *const *each = __start_drivers; each < __stop_drivers; each++)
        torment_driver(*each);
}
