/* SPDX-License-Identifier: BSD-2-Clause */
/* QEMU's x-pci-proxy-dev (multi-process QEMU, docs/devel/multi-process.rst there), of 6.0 to 8.1
 * without KVM.
 *
 * It has a way to raise an interrupt for KVM only. So these go by qtest beside it: to the pin, of
 * both interrupt controllers, that the BIOS wrote into Interrupt Line, as the PC's own wiring does.
 */
#include "card.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SYNC_SYSMEM, RET, CONFIG_WRITE, CONFIG_READ, BAR_WRITE, BAR_READ, SET_IRQFD, DEVICE_RESET };
enum { PIC_PINS = 8, PINS = 16, IO_APIC = 2, ANSWER_MS = 1000 };

struct head {
    int32_t command, pad;
    uint64_t size;
};

union data {
    struct {
        uint32_t reg, value;
        int32_t size;
    } config;
    struct {
        uint64_t address, value;
        uint32_t size;
        uint8_t memory;
    } bar;
    struct {
        uint64_t address[FDS_MAX], size[FDS_MAX];
        int64_t offset[FDS_MAX];
    } memory;
};

static unsigned pending; /* answers of qtest that have not come yet */
static bool in_access;

/* A machine that is about to end waits for the access, and answers no more. */
static bool take_answers(bool wait)
{
    struct pollfd side = {card_side, POLLIN, 0};
    char text[4096];

    do {
        ssize_t got;

        if (wait && poll(&side, 1, ANSWER_MS) == 0)
            return true;
        got = recv(card_side, text, sizeof(text), MSG_DONTWAIT);
        if (got <= 0)
            return false;
        for (ssize_t i = 0; i < got; i++)
            if (text[i] == '\n' && pending)
                pending--;
    } while (wait && pending);
    return true;
}

static void set_pin(const char *path, unsigned pin, bool level)
{
    char line[160];
    int len =
        snprintf(line, sizeof(line), "set_irq_in %s unnamed-gpio-in %u %d\n", path, pin, level);

    send_all(card_side, line, len);
    pending++;
}

static void proxy_line(bool level)
{
    unsigned pin = config_get(PCI_INTERRUPT_LINE, 1);

    if (card_side < 0 || pin >= PINS)
        return;
    set_pin(pic_paths[pin / PIC_PINS], pin % PIC_PINS, level);
    set_pin(pic_paths[IO_APIC], pin, level);
    if (in_access) /* that ends once the pin has its level */
        take_answers(true);
}

static bool proxy_side(void)
{
    return take_answers(false);
}

static uint64_t access_bar(int command, const union data *data)
{
    uint32_t reg = 0;
    unsigned bar = config_decode(data->bar.address, !data->bar.memory, &reg);

    if (bar == BARS) {
        fault("access outside of the BARs, at %#llx", (unsigned long long)data->bar.address);
        return ~0u;
    }
    if (command == BAR_READ)
        return bar_read(bar, reg, data->bar.size);
    bar_write(bar, reg, data->bar.value, data->bar.size);
    return 0;
}

static void take_memory(const union data *data, const int *fds, unsigned count)
{
    counts.syncs++;
    ram_forget_all();
    for (unsigned i = 0; i < count; i++)
        ram_add(data->memory.address[i], data->memory.size[i], data->memory.offset[i], fds[i]);
}

static bool proxy_serve(void)
{
    struct {
        struct head head;
        uint64_t value;
    } answer = {{RET, 0, sizeof(answer.value)}, 0};
    struct head head;
    union data data = {0};
    int fds[FDS_MAX];
    unsigned count;

    if (!receive_all(card_link, &head, sizeof(head), fds, &count) || head.size > sizeof(data) ||
        (head.size && !receive_all(card_link, &data, head.size, NULL, NULL)))
        return false;
    if (head.command != SYNC_SYSMEM && head.command != SET_IRQFD) {
        clock_access();
        clock_run();
    }
    in_access = true;
    switch (head.command) {
    case SYNC_SYSMEM:
        take_memory(&data, fds, count);
        in_access = false;
        return true;
    case SET_IRQFD: /* nobody would listen but KVM */
        while (count)
            close(fds[--count]);
        in_access = false;
        return true;
    case CONFIG_READ:
        answer.value = config_read(data.config.reg, data.config.size);
        break;
    case CONFIG_WRITE:
        config_write(data.config.reg, data.config.value, data.config.size);
        break;
    case BAR_READ:
    case BAR_WRITE:
        answer.value = access_bar(head.command, &data);
        break;
    case DEVICE_RESET:
        card_reset();
        break;
    default:
        note("QEMU sends a message that is not known, %d", head.command);
        return false;
    }
    in_access = false;
    send_all(card_link, &answer, sizeof(answer));
    clock_answered();
    return true;
}

const struct transport proxy = {proxy_serve, proxy_line, proxy_side, false};
