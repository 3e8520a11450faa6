/* SPDX-License-Identifier: BSD-2-Clause */
/* BCM57xx: what the chip tells the machine, by status block, interrupt and statistics, and how data
 * lies in the machine's memory. */
#include "tg3.h"

#include <string.h>

enum { STATUS_64 = 0x80, STATUS_32 = 0x100, NOW = 8 }; /* HOSTCC_MODE */
enum { RX_TICKS = 0x3c08, RX_FRAMES = 0x3c10, RX_INT_TICKS = 0x3c18, RX_INT_FRAMES = 0x3c20 };
enum { STATISTICS_TICKS = 0x3c28, STATISTICS_ADDRESS = 0x3c30, STATUS_ADDRESS = 0x3c38 };
enum { STATUS_WORDS = 20, STATUS_UPDATED = 1, STATUS_LINK = 2, IN_HANDLER = 0xffffff };
enum { STATISTICS_SIZE = SRAM_STATUS - SRAM_STATISTICS, RX_COUNTERS = 0x400, TX_COUNTERS = 0x600 };
enum { RX_STAT_ENABLE = 0x800, TX_STAT_ENABLE = 0x4000 }; /* MAC_MODE */

/* --- data: the chip thinks in 64-bit words, their most significant byte first. On the bus such a
 * word lies on its 64 lines, which a little-endian machine has the other way round. The swap bits
 * mend that: words are dwords here. */
static void order(uint8_t *data, size_t len, bool frame)
{
    uint32_t mode = *reg(GRC_MODE), swapped[2];
    bool words = mode & (frame ? SWAP_FRAME_WORDS : SWAP_WORDS);
    /* Descriptors are held as dwords of this machine, so that it is their normal order. */
    bool bytes = frame ? !(mode & SWAP_FRAME_BYTES) : mode & SWAP_BYTES;

    for (size_t at = 0; at + 8 <= len; at += 8) {
        memcpy(swapped, data + at, 8);
        for (unsigned i = 0; i < 2; i++) {
            uint32_t value = swapped[words ? i : 1 - i];

            if (bytes)
                value = __builtin_bswap32(value);
            memcpy(data + at + 4 * i, &value, 4);
        }
    }
}

bool host_read(uint64_t address, void *data, size_t len, bool frame)
{
    uint8_t copy[FRAME_MAX * 5];
    bool ok;

    ok = dma_read(address, copy, len);
    memset(copy + len, 0, 8);
    order(copy, (len + 7) & ~(size_t)7, frame);
    memcpy(data, copy, len);
    return ok;
}

bool host_write(uint64_t address, void *data, size_t len, bool frame)
{
    uint8_t copy[FRAME_MAX + 8] = {0};

    memcpy(copy, data, len);
    order(copy, (len + 7) & ~(size_t)7, frame);
    return dma_write(address, copy, len);
}

static uint64_t address_in(uint32_t offset)
{
    return (uint64_t)*reg(offset) << 32 | *reg(offset + 4);
}

/* --- interrupt */
void drive(void)
{
    irq(t.interrupt && !(config_get(MISC_HOST_CTRL, 4) & MASK_INT));
}

static void assert_interrupt(void)
{
    if (!(*reg(MAILBOX_INT) & IN_HANDLER))
        t.interrupt = true;
    drive();
}

/* The driver enters its handler by a value that is not 0. It leaves it by 0, with the tag of the
 * status block that it has seen in the highest byte; there is more to do when that is not the last.
 */
void interrupt_mailbox(uint32_t value)
{
    enum { TAGGED = 0x200 };

    *reg(MAILBOX_INT) = value;
    t.interrupt = false;
    if (!(value & IN_HANDLER) && config_get(MISC_HOST_CTRL, 4) & TAGGED && value >> 24 != t.tag)
        assert_interrupt();
    frames_done(RX, false);
    frames_done(TX, false);
    drive();
}

/* --- status block and coalescing */
static void tick(void *argument)
{
    status_update();
}

static bool link_wanted(void)
{
    return *reg(MAC_STATUS) & *reg(MAC_EVENT) & LINK_CHANGED && *reg(GRC_MODE) & INT_ON_MAC;
}

void status_update(void)
{
    uint32_t block[STATUS_WORDS] = {STATUS_UPDATED};
    uint32_t mode = *reg(HOSTCC), size = sizeof(block);
    uint64_t address = address_in(STATUS_ADDRESS);

    if (!enabled(HOSTCC))
        return;
    if (mode & STATUS_32)
        size = 32;
    else if (mode & STATUS_64)
        size = 64;
    not_after(tick, &t.ticking[RX]);
    not_after(tick, &t.ticking[TX]);
    t.ticking[RX] = t.ticking[TX] = false;
    t.done[RX] = t.done[TX] = 0;
    if (address == 0 || address & 7)
        fault("the status block's address is %#llx", (unsigned long long)address);
    else if (!enabled(WDMAC))
        fault("a status block is due, and WDMAC is off");
    else {
        if (++t.tag == 0)
            t.tag = 1;
        if (link_wanted())
            block[0] |= STATUS_LINK;
        block[1] = t.tag;
        block[2] = (uint32_t)t.std_cons << 16;
        block[4] = (uint32_t)t.send_cons << 16 | t.ret_prod;
        host_write(address, block, size, false);
        assert_interrupt();
    }
}

/* A frame has come or is sent (or looks again at those that are): the status block tells of so many
 * at once, or after so many microseconds. */
void frames_done(enum direction direction, bool now)
{
    bool handler = *reg(MAILBOX_INT) & IN_HANDLER;
    uint32_t frames = *reg((handler ? RX_INT_FRAMES : RX_FRAMES) + 4 * direction);
    bool own_ticks = handler && t.variant->generation == G5700;
    uint32_t ticks = *reg((own_ticks ? RX_INT_TICKS : RX_TICKS) + 4 * direction);

    if (!enabled(HOSTCC) || (t.done[direction] == 0 && !now))
        return;
    if (now || (frames && t.done[direction] >= frames)) {
        status_update();
    } else if (ticks && !t.ticking[direction]) {
        t.ticking[direction] = true;
        after((uint64_t)ticks * MICROSECOND, tick, &t.ticking[direction]);
    }
}

void link_attention(void)
{
    *reg(MAC_STATUS) |= LINK_CHANGED;
    if (link_wanted())
        status_update();
}

/* --- statistics: later chips count in registers, which clear by reading */
void count(uint32_t statistic, uint32_t by)
{
    bool rx = statistic >= RX_STATISTICS;
    uint32_t base = rx ? RX_COUNTERS : TX_COUNTERS, *counter;

    if (!(*reg(MAC_MODE) & (rx ? RX_STAT_ENABLE : TX_STAT_ENABLE)))
        return;
    if (t.variant->generation != G5700) {
        *reg(statistic) += by;
        return;
    }
    counter = &t.sram[(base + 2 * (statistic & 0x7f)) / 4];
    counter[0] += counter[1] + by < by; /* the upper half comes first */
    counter[1] += by;
}

static void statistics_tick(void *argument)
{
    uint64_t address = address_in(STATISTICS_ADDRESS);

    if (!enabled(HOSTCC) || !*reg(STATISTICS_TICKS))
        return;
    if (address && enabled(WDMAC))
        host_write(address, t.sram + SRAM_STATISTICS / 4, STATISTICS_SIZE, false);
    statistics_start();
}

void statistics_start(void)
{
    not_after(statistics_tick, NULL);
    if (t.variant->generation == G5700 && enabled(HOSTCC) && *reg(STATISTICS_TICKS))
        after((uint64_t)*reg(STATISTICS_TICKS) * MICROSECOND, statistics_tick, NULL);
}

void host_forget(void)
{
    not_after(tick, &t.ticking[RX]);
    not_after(tick, &t.ticking[TX]);
    not_after(statistics_tick, NULL);
}
