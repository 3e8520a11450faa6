/* SPDX-License-Identifier: BSD-2-Clause */
/* EtherLink XL and Vortex: frames from the wire, through the filter and the RX FIFO, to the port or
 * the list of upload descriptors. */
#include <string.h>

#include "el3.h"
#include "offload.h"

enum { COMPLETE = 0x8000, ERROR = 0x4000, OVERFLOW = 0x01000000, UP_STATUS = 0x30 };
enum {
    FILTER_STATION = 1,
    FILTER_MULTICAST = 2,
    FILTER_BROADCAST = 4,
    FILTER_ALL = 8,
    FILTER_HASH = 16
};

static struct fifo rx;

static void up_run(void *unused);

void el3_rx_reset(void)
{
    not_after(up_run, NULL);
    rx = (struct fifo){0};
    el3.up = (struct list){0};
    el3.rx_on = false;
    el3.filter = 0;
    memset(el3.hash, 0, sizeof el3.hash);
    el3.events &= ~STATUS_UP_COMPLETE;
}

bool el3_rx_waits(void)
{
    return rx.count;
}

uint32_t el3_rx_free(uint32_t stored)
{
    (void)stored;
    return el3_ram(true) - rx.bytes;
}

uint32_t el3_rx_status(uint32_t stored)
{
    struct frame *frame = el3_slot(&rx, 0);

    (void)stored;
    return rx.count ? frame->read < frame->len ? frame->len - frame->read : 0 : 0x8000;
}

uint32_t el3_rx_error(uint32_t stored)
{
    (void)stored;
    return 0;
}

void el3_rx_discard(void)
{
    if (rx.count)
        el3_pop(&rx);
    el3_up_pump();
}

bool el3_rx_left(void)
{
    const struct frame *frame = el3_slot(&rx, 0);

    return rx.count && frame->read < ((frame->len + 3) & ~3u);
}

uint32_t el3_fifo_read(unsigned size)
{
    struct frame *frame = el3_slot(&rx, 0);
    uint32_t value = 0;

    if (!el3_rx_left()) {
        fault("the RX FIFO is read where no frame is");
        return ~0u;
    }
    memcpy(&value, frame->data + frame->read, size);
    frame->read += size;
    return value;
}

static bool multicast_hashed(const uint8_t *frame)
{
    uint32_t crc = ~0u;

    for (unsigned i = 0; i < 48; i++) {
        bool bit = (frame[i / 8] >> i % 8 & 1) != crc >> 31;

        crc = crc << 1 ^ (bit ? 0x04c11db7 : 0);
    }
    return el3.hash[crc >> 6 & 3] >> (crc & 63) & 1;
}

static bool passes(const uint8_t *frame)
{
    static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

    if (el3.filter & FILTER_ALL)
        return true;
    if (!memcmp(frame, broadcast, 6))
        return el3.filter & FILTER_BROADCAST;
    if (frame[0] & 1)
        return el3.filter & FILTER_MULTICAST ||
               (el3.filter & FILTER_HASH && multicast_hashed(frame));
    for (unsigned i = 0; i < 6; i++)
        if ((frame[i] ^ el3.windows[2][i]) & ~el3.windows[2][6 + i])
            return false;
    return el3.filter & FILTER_STATION;
}

bool el3_ready(void)
{
    return rx.count < SLOTS && rx.bytes + 1518 <= el3_ram(true);
}

void el3_receive(const uint8_t *data, size_t len)
{
    struct frame *frame = el3_slot(&rx, rx.count);

    if (!el3.rx_on || !el3_link() || len < 14 || !passes(data))
        return;
    if (rx.count == SLOTS || len > FRAME_ROOM || rx.bytes + len > el3_ram(true)) {
        el3_count(RX_OVERRUNS, 1);
        return;
    }
    memset(frame->data, 0, 60);
    memcpy(frame->data, data, len);
    frame->len = len < 60 ? 60 : len;
    frame->read = 0;
    rx.count++;
    rx.bytes += frame->len;
    el3_count(RX_FRAMES, 1);
    el3_count(RX_BYTES, frame->len);
    el3_up_pump();
    el3_update();
}

static uint32_t checked(const struct frame *frame)
{
    unsigned present = sums_present(frame->data, frame->len);
    unsigned wrong = sums_wrong(frame->data, frame->len);

    if (el3.is->generation < CYCLONE || !(present & SUM_IP))
        return 0;
    if (wrong & SUM_IP)
        return 1u << 29 | 1u << 25;
    return 1u << 29 | (present & SUM_TCP ? 1u << 30 : 0) | (present & SUM_UDP ? 1u << 31 : 0) |
           (wrong & SUM_TCP ? 1u << 26 : 0) | (wrong & SUM_UDP ? 1u << 27 : 0);
}

/* Put the frame into the fragments. False when a fragment is not there or they are too small. */
static bool scatter(uint32_t descriptor, const struct frame *frame)
{
    unsigned done = 0;

    for (unsigned i = 0; i < FRAGMENTS; i++) {
        uint32_t pair[2];
        unsigned len;

        if (!dma_read(descriptor + 8 + 8 * i, pair, 8))
            return false;
        len = pair[1] & 0x1fff;
        if (len > frame->len - done)
            len = frame->len - done;
        if (len && !dma_write(pair[0], frame->data + done, len))
            return false;
        done += len;
        if (pair[1] & LAST_FRAGMENT)
            return done == frame->len;
    }
    fault("the descriptor at %08x has no last fragment", descriptor);
    return false;
}

static void up_run(void *unused)
{
    struct frame *frame = el3_slot(&rx, 0);
    uint32_t head[2], status;

    (void)unused;
    el3.up.fetching = false;
    if (el3.up.at && rx.count && dma_read(el3.up.at, head, 8)) {
        if (head[1] & COMPLETE) {
            el3.up.stalled = true; /* until its owner has taken it and says UpUnStall */
        } else {
            status = frame->len | COMPLETE | checked(frame);
            if (!scatter(el3.up.at, frame))
                status |= OVERFLOW | ERROR;
            memcpy(el3.upper + UP_STATUS, &status, 4);
            dma_write(el3.up.at + 4, &status, 4);
            dma_read(el3.up.at, head, 4);
            if (head[0] & 7)
                fault("UpNextPtr %08x is no multiple of 8", head[0]);
            el3.up.at = head[0] & ~7u;
            el3_pop(&rx);
            el3.events |= STATUS_UP_COMPLETE;
        }
    }
    if (el3.up.stalled)
        el3_command_done();
    el3_up_pump();
    el3_update();
}

void el3_up_pump(void)
{
    if (el3.is->generation == VORTEX || el3.up.fetching || el3.up.stalled || !el3.up.at ||
        !rx.count)
        return;
    el3.up.fetching = true;
    after(20 * MICROSECOND, up_run, NULL);
}
