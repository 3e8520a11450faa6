/* SPDX-License-Identifier: BSD-2-Clause */
/* Atlantic: rings of descriptors of 16 bytes, which the chip writes back, and the frames that are
 * sent. Descriptors from a ring's head to its tail are the chip's. */
#include <string.h>

#include "atlantic.h"
#include "offload.h"

enum { RX_RING = 0x20, TX_RING = 0x40 }; /* bytes of a ring's registers */
enum { RX_BUFFER = 0x5700, RX_WRITE_BACK = 0x5a30, RX_DELAY = 0x5a40 };
enum { RX_PACKETS = 0x6800, RX_BYTES = 0x6808, TX_PACKETS = 0x8800, TX_BYTES = 0x8808 };
enum { TX_SUMS = 0x7800, TX_SEGMENTS = 0x7810, TX_BUFFER = 0x7900, TX_BUFFER_SIZE = 0x7910 };
enum { TX_WRITE_BACK = 0x7b40, TX_DELAY = 0x8980 };
enum { PAD = 4, SUMS_L4 = 1, SUMS_IP = 2 };
enum { RX_EACH = 4, RX_MODERATED = 8, TX_EACH = 2, TX_MODERATED = 16 };
enum { TYPE = 7, DATA = 1, CONTEXT = 2, DONE = 1 << 20, END = 1 << 21 };
enum { WITH_VLAN = 1 << 22, WITH_IP = 1 << 24, WITH_L4 = 1 << 25, WITH_SEGMENTS = 1 << 26 };
enum { WRITE_BACK = 1 << 27, ROOM = 0x11000 };

struct packet {
    uint32_t context[2];       /* control and length of the descriptor before the data */
    uint32_t command, payload; /* of its first descriptor... */
    uint32_t last;             /* ...and what the last one says */
    unsigned len, end;         /* the index behind it */
    bool cut;                  /* there was more than ROOM */
};

static bool tx_busy;
static uint32_t held; /* vectors whose interrupt waits a little */

/* Interrupts */

static void queue_done(void *vector)
{
    held &= ~(1u << (uintptr_t)vector);
    atlantic_interrupt((uintptr_t)vector);
}

/* The vector of a queue's two bytes of the map; its interrupts may be held back a little. */
void atlantic_report(unsigned queue, bool tx)
{
    uint32_t mode = atlantic_get(tx ? TX_WRITE_BACK : RX_WRITE_BACK);
    uint32_t delay = atlantic_get((tx ? TX_DELAY : RX_DELAY) + 4 * queue);
    unsigned map = atlantic_get(QUEUE_MAP + queue / 2 * 4) >> ((tx ? 16 : 0) + (queue % 2 ? 0 : 8));
    void *vector = (void *)(uintptr_t)(map & 0x1f);

    if (!(map & 0x80))
        return;
    if (mode & (tx ? TX_EACH : RX_EACH)) {
        queue_done(vector);
    } else if (mode & (tx ? TX_MODERATED : RX_MODERATED) && !(held >> (map & 0x1f) & 1)) {
        held |= 1u << (map & 0x1f);
        after(2000 * ((delay >> 8 & 0xff) + 1), queue_done, vector); /* timers of 2 us */
    }
}

void atlantic_count(const uint8_t *frame, unsigned len, bool tx)
{
    static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    static const uint8_t bytes[2][3] = {{RX_UNICAST_BYTES, RX_MULTICAST_BYTES, RX_BROADCAST_BYTES},
                                        {TX_UNICAST_BYTES, TX_MULTICAST_BYTES, TX_BROADCAST_BYTES}};
    unsigned kind = memcmp(frame, broadcast, 6) ? frame[0] & 1 : 2;

    atlantic.counters[(tx ? TX_UNICAST : RX_UNICAST) + kind]++;
    atlantic.counters[bytes[tx][kind]] += len;
    atlantic.packets[tx]++;
    atlantic.bytes[tx] += len;
}

/* Transmit */

static void emit(uint8_t *frame, size_t len)
{
    if (len > FRAME_MAX) {
        fault("a frame of %zu bytes is sent", len);
        return;
    }
    if (len < FRAME_MIN) {
        if (!(atlantic_get(TX_BUFFER) & PAD))
            fault("a frame of %zu bytes is sent, and padding is off", len);
        memset(frame + len, 0, FRAME_MIN - len);
        len = FRAME_MIN;
    }
    atlantic_count(frame, len, true);
    if (atlantic.link)
        wire_send(frame, len);
}

static void send(uint8_t *data, const struct packet *p, unsigned queue)
{
    unsigned allowed = atlantic_get(TX_SUMS), len = p->payload, mss = p->context[1] >> 16;
    unsigned l2 = p->context[0] >> 24 & 0x7f, l4 = p->context[1] >> 8 & 0xff;
    unsigned l3 = (p->context[1] & 0xff) << 1 | p->context[0] >> 31;

    if (p->command & WITH_SEGMENTS)
        len += l2 + l3 + l4;
    if (p->cut || len < 14 || len > p->len) {
        fault("a frame of %u bytes is sent, of which the buffers have %u", len, p->len);
        return;
    }
    if (p->command & WITH_VLAN) {
        memmove(data + 16, data + 12, len - 12);
        atlantic_put16(data + 12, VLAN_TYPE);
        atlantic_put16(data + 14, p->context[0] >> 4 & 0xffff);
        len += 4;
    }
    if (!(p->command & WITH_SEGMENTS)) {
        sums_fill(data, len,
                  (p->command & WITH_IP && allowed & SUMS_IP ? SUM_IP : 0) |
                      (p->command & WITH_L4 && allowed & SUMS_L4 ? SUM_TCP | SUM_UDP : 0));
        emit(data, len);
    } else if (!mss || !(atlantic_get(TX_SEGMENTS) >> queue & 1) || l2 != 14 || l3 < 20 ||
               l4 < 20) {
        fault("segments of %u bytes are to be made, behind headers of %u, %u and %u", mss, l2, l3,
              l4);
    } else {
        if (data[len - p->payload - l3 - l4] >> 4 == 4)
            atlantic_put16(data + len - p->payload - l3 - l4 + 2, l3 + l4 + p->payload);
        sums_segment(data, len, mss, emit);
    }
}

/* Gathers a packet's buffers. False: its end is not there yet, or memory is not. */
static bool gather(uint32_t ring, uint8_t *data, struct packet *p)
{
    unsigned tail = atlantic_get(ring + TAIL) & RING_POINTER, length = atlantic_length(ring);
    bool begun = false;
    struct descriptor d;

    for (p->end = atlantic_get(ring + HEAD); p->end != tail;) {
        unsigned size;

        if (!dma_read(atlantic_descriptor(ring, p->end), &d, 16))
            return false;
        p->end = (p->end + 1) % length;
        if ((d.control & TYPE) == CONTEXT) {
            p->context[0] = d.control;
            p->context[1] = d.length;
            continue;
        }
        if ((d.control & TYPE) != DATA) {
            fault("a transmit descriptor says %08x, and is none", d.control);
            return false;
        }
        size = d.control >> 4 & 0xffff;
        if (!begun) {
            p->payload = d.length >> 14;
            p->command = d.control;
        }
        begun = true;
        p->last = d.control;
        if (p->len + size > ROOM - FRAME_MIN)
            p->cut = true;
        else if (!dma_read(d.address, data + p->len, size))
            return false;
        else
            p->len += size;
        if (d.control & END)
            return true;
    }
    return false;
}

/* One packet of a ring; false when there was none. */
static bool transmit(unsigned queue)
{
    static uint8_t data[ROOM];
    uint32_t ring = TX_RINGS + TX_RING * queue, done;
    unsigned length = atlantic_length(ring);
    struct packet p = {{0}};

    if (!(atlantic_get(ring + CONTROL) & RING_ON) || !length || !gather(ring, data, &p))
        return false;
    if (!(atlantic_get(TX_BUFFER_SIZE) & 0xff))
        fault("a frame is sent, and its traffic class has no packet buffer");
    else
        send(data, &p, queue);
    *atlantic_reg(ring + HEAD) = p.end;
    if (p.last & WRITE_BACK) {
        done = p.last | DONE;
        dma_write(atlantic_descriptor(ring, (p.end + length - 1) % length) + 8, &done, 4);
        atlantic_report(queue, true);
    }
    return true;
}

static void tx_step(void *unused)
{
    bool sent = false;

    (void)unused;
    tx_busy = false;
    if (!(atlantic_get(TX_BUFFER) & BUFFER_ON))
        return;
    for (unsigned queue = 0; queue < RINGS; queue++)
        sent |= transmit(queue);
    if (sent)
        atlantic_run();
}

/* Both */

void atlantic_run(void)
{
    atlantic_rx_run();
    if (!tx_busy && atlantic_get(TX_BUFFER) & BUFFER_ON) {
        tx_busy = true;
        after(STEP, tx_step, NULL);
    }
}

void atlantic_rings_reset(bool rx, bool tx)
{
    if (rx)
        atlantic_rx_reset();
    if (tx) {
        not_after(tx_step, NULL);
        tx_busy = false;
    }
    for (uintptr_t vector = 0; vector < VECTORS; vector++)
        not_after(queue_done, (void *)vector);
    held = 0;
}

bool atlantic_rings_read(uint32_t reg, uint32_t *value)
{
    bool tx = reg >= TX_RINGS;
    uint64_t counter;

    switch (reg & ~4u) {
    case RX_PACKETS:
    case TX_PACKETS:
        counter = atlantic.packets[tx];
        break;
    case RX_BYTES:
    case TX_BYTES:
        counter = atlantic.bytes[tx];
        break;
    default:
        return false;
    }
    *value = counter >> (reg & 4 ? 32 : 0);
    return true;
}

static void ring_written(uint32_t ring, uint32_t reg, uint32_t before, const char *way)
{
    bool on = atlantic_get(ring + CONTROL) & RING_ON, was = reg == CONTROL ? before & RING_ON : on;

    if (reg == HEAD)
        *atlantic_reg(ring + HEAD) = before; /* only the chip moves it */
    if (was && on && atlantic_get(ring + reg) != before &&
        (reg <= BASE_HIGH || reg == BUFFERS || reg == CONTROL))
        fault("a %s ring is set up while it is on", way);
    if (on && atlantic_get(ring + TAIL) >= atlantic_length(ring)) {
        fault("the tail of a %s ring is %u, of %u descriptors", way, atlantic_get(ring + TAIL),
              atlantic_length(ring));
        *atlantic_reg(ring + TAIL) = 0;
    }
    if (on == was)
        return;
    *atlantic_reg(ring + HEAD) = 0;
    if (on && (atlantic_get(ring + BASE) & 127 || !atlantic_length(ring)))
        fault("a %s ring at %08x with %u descriptors is switched on", way,
              atlantic_get(ring + BASE), atlantic_length(ring));
}

void atlantic_rings_written(uint32_t reg, uint32_t before)
{
    if (reg >= RX_RINGS && reg < RX_RINGS_END)
        ring_written(reg & ~(RX_RING - 1), reg % RX_RING, before, "receive");
    else if (reg >= TX_RINGS && reg < TX_RINGS_END)
        ring_written(reg & ~(TX_RING - 1), reg % TX_RING, before, "transmit");
    else if (reg != RX_BUFFER && reg != TX_BUFFER)
        return;
    atlantic_run();
}
