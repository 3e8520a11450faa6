/* SPDX-License-Identifier: BSD-2-Clause */
/* NVIDIA's chipset Ethernet: descriptors in three formats, receive filter, checksums, tags. */
#include "forcedeth.h"

#include <string.h>

#include "offload.h"

enum { VALID = 1u << 31 }; /* to send; of a receive descriptor, that it is free */
enum { TX1_LAST = 1 << 16, TX2_LAST = 1 << 29 };
enum { TX2_CUT = 1 << 28, TX2_SUM_IP = 1 << 27, TX2_SUM_L4 = 1 << 26, TX2_MSS_SHIFT = 14 };
enum { TX3_TAG = 1 << 18, RX3_TAG = 1 << 16 };
enum { RX1_VALID = 1 << 16, RX2_VALID = 1 << 29 };
enum { RX2_IP = 4 << 26, RX2_TCP = 5 << 26, RX2_UDP = 6 << 26 };
enum { LENGTH_1 = 0xffff, LENGTH_2 = 0x3fff };
enum { FIFO_FRAMES = 8, SHORTEST = 60, LONGEST = 1 << 16, GIVE_UP = 200 /* looks for a buffer */ };

/* Any format, in the terms of format 3. */
struct descriptor {
    uint32_t high, low, tag, flags;
};

static struct {
    unsigned tx_index, rx_index, oldest, waiting, looks;
    bool kicked, sending, mastered;
    struct {
        size_t len;
        uint8_t data[FRAME_MAX];
    } fifo[FIFO_FRAMES];
} ring;

static uint32_t format(void)
{
    return *reg_at(TXRX_CONTROL) & TXRX_FORMAT;
}

static bool format_1(void)
{
    return format() == FORMAT_1;
}

static uint64_t place(unsigned base, unsigned base_high, unsigned index)
{
    if (format() == FORMAT_3)
        return ((uint64_t)*reg_at(base_high) << 32 | *reg_at(base)) + index * 16u;
    return *reg_at(base) + index * 8u;
}

static bool load(uint64_t at, struct descriptor *d)
{
    *d = (struct descriptor){0};
    if (format() == FORMAT_3)
        return dma_read(at, d, sizeof *d);
    return dma_read(at, &d->low, 4) && dma_read(at + 4, &d->flags, 4);
}

static void store_flags(uint64_t at, uint32_t flags)
{
    dma_write(at + (format() == FORMAT_3 ? 12 : 4), &flags, 4);
}

static unsigned tx_size(void)
{
    return (*reg_at(RING_SIZES) & 0xffff) + 1;
}

static unsigned rx_size(void)
{
    return (*reg_at(RING_SIZES) >> 16) + 1;
}

/* The MAC has to be told what the PHY has agreed on. */
static bool speed_fits(void)
{
    unsigned factor = *reg_at(LINK_SPEED) & 0xfff, speed = nv.phy.speed;
    bool half = *reg_at(MISC1) & MISC1_HALF;

    return nv.phy.link && half == !nv.phy.full &&
           factor == (speed == 1000  ? 50u
                      : speed == 100 ? 100u
                                     : 1000u);
}

static bool clocked(void)
{
    return !(nv.flags & POWER) || !(*reg_at(POWER_STATE2) & (CLOCKS_GATED | 1));
}

static uint64_t wire_time(size_t len)
{
    return len * 8000 / (nv.phy.speed ? nv.phy.speed : 1000);
}

static void emit(uint8_t *frame, size_t len)
{
    static uint8_t out[LONGEST + SHORTEST];

    if (len > FRAME_MAX)
        return;
    memset(out, 0, SHORTEST);
    memcpy(out, frame, len);
    if (speed_fits())
        wire_send(out, len < SHORTEST ? SHORTEST : len);
    else
        note("a frame is lost: the MAC does not run as the PHY does");
}

static void insert_tag(uint8_t *frame, size_t *len, uint32_t tag)
{
    if (!(tag & TX3_TAG) || !(*reg_at(TXRX_CONTROL) & TXRX_TAG) || *len < 14)
        return;
    memmove(frame + 16, frame + 12, *len - 12);
    frame[12] = 0x81;
    frame[13] = 0;
    frame[14] = (uint8_t)(tag >> 8);
    frame[15] = (uint8_t)tag;
    *len += 4;
}

static void send(uint8_t *frame, size_t len, const struct descriptor *first)
{
    uint32_t flags = format_1() || !(nv.flags & SUMS) ? 0 : first->flags;

    if (len < 14)
        fault("a frame of %zu bytes is sent", len);
    insert_tag(frame, &len, first->tag);
    if (flags & TX2_CUT) {
        sums_segment(frame, len, flags >> TX2_MSS_SHIFT & LENGTH_2, emit);
        return;
    }
    sums_fill(frame, len,
              (flags & TX2_SUM_IP ? SUM_IP : 0) | (flags & TX2_SUM_L4 ? SUM_TCP | SUM_UDP : 0));
    emit(frame, len);
}

static void send_next(void *unused);

/* The frame at the transmit index has left: read it, as late as the chip may, and give it back. */
static void sent(void *unused)
{
    static uint8_t frame[LONGEST + SHORTEST];
    uint32_t last = format_1() ? TX1_LAST : TX2_LAST, mask = format_1() ? LENGTH_1 : LENGTH_2;
    struct descriptor d, first = {0};
    unsigned index = ring.tx_index, count = 0;
    size_t len = 0;

    do {
        size_t part;

        if (!load(place(TX_RING, TX_RING_HIGH, index), &d) || !(d.flags & VALID)) {
            fault("descriptor %u is taken back, or none follows one without LASTPACKET", index);
            break;
        }
        if (!count++)
            first = d;
        part = (d.flags & mask) + 1;
        /* What tells the length of pieces to cut is in the first one only. */
        if (len + part <= LONGEST)
            dma_read((uint64_t)d.high << 32 | d.low, frame + len, part);
        len += part;
        index = (index + 1) % tx_size();
    } while (!(d.flags & last) && len <= LONGEST && count < tx_size());
    if (len <= LONGEST && count)
        send(frame, len, &first);
    while (count--) {
        uint64_t at = place(TX_RING, TX_RING_HIGH, ring.tx_index);

        if (load(at, &d))
            store_flags(at, d.flags & (last | mask));
        ring.tx_index = (ring.tx_index + 1) % tx_size();
    }
    nv_raise(IRQ_TX_OK);
    send_next(unused);
}

static void send_next(void *unused)
{
    struct descriptor d;

    if (!load(place(TX_RING, TX_RING_HIGH, ring.tx_index), &d) || !(d.flags & VALID)) {
        ring.sending = ring.kicked = false;
        return;
    }
    after(wire_time((d.flags & LENGTH_2) + 1), sent, NULL);
}

void nv_tx_start(void)
{
    if (ring.sending || !ring.kicked || !(*reg_at(TX_CONTROL) & START) || !clocked())
        return;
    ring.sending = true;
    after(2 * MICROSECOND, send_next, NULL);
}

void nv_tx_kick(void)
{
    ring.kicked = true;
    nv_tx_start();
}

static bool address_match(const uint8_t *frame)
{
    static const uint8_t all[6] = {255, 255, 255, 255, 255, 255};
    uint32_t filter = *reg_at(PACKET_FILTER), low, high = 0;

    memcpy(&low, frame, 4);
    memcpy(&high, frame + 4, 2);
    if (filter & FILTER_PROMISC)
        return true;
    if (!(filter & FILTER_ALWAYS))
        return false;
    if (!memcmp(frame, all, 6))
        return true;
    if (frame[0] & 1)
        return !((low ^ *reg_at(MULTICAST_A)) & *reg_at(MULTICAST_MASK_A)) &&
               !((high ^ *reg_at(MULTICAST_B)) & *reg_at(MULTICAST_MASK_B) & 0xffff);
    return filter & FILTER_OWN && low == *reg_at(MAC_A) && high == (*reg_at(MAC_B) & 0xffff);
}

static uint32_t receive_sums(const uint8_t *frame, size_t len)
{
    unsigned present, wrong;

    if (format_1() || !(nv.flags & SUMS) || !(*reg_at(TXRX_CONTROL) & TXRX_CHECK))
        return 0;
    present = sums_present(frame, len);
    wrong = sums_wrong(frame, len);
    if (!(present & SUM_IP) || wrong & SUM_IP)
        return 0;
    if (present & SUM_TCP && !wrong)
        return RX2_TCP;
    return present & SUM_UDP && !wrong ? RX2_UDP : RX2_IP;
}

static uint32_t strip_tag(uint8_t *frame, size_t *len)
{
    uint32_t tag;

    if (!(*reg_at(TXRX_CONTROL) & TXRX_UNTAG) || *len < 18 || frame[12] != 0x81 || frame[13])
        return 0;
    tag = (uint32_t)(RX3_TAG | frame[14] << 8 | frame[15]);
    memmove(frame + 12, frame + 16, *len - 16);
    *len -= 4;
    return tag;
}

static void deliver(uint64_t at, const struct descriptor *d)
{
    uint8_t *frame = ring.fifo[ring.oldest].data;
    size_t len = ring.fifo[ring.oldest].len;
    uint32_t flags = receive_sums(frame, len), tag = strip_tag(frame, &len);
    size_t room = d->flags & (format_1() ? LENGTH_1 : LENGTH_2);

    if (room != *reg_at(OFFLOAD_CONFIG))
        note("a buffer of %zu bytes, while OffloadConfig says %u", room, *reg_at(OFFLOAD_CONFIG));
    if (len > room)
        fault("a frame of %zu bytes does not fit the buffer of %zu", len, room);
    else
        dma_write((uint64_t)d->high << 32 | d->low, frame, len);
    if (format() == FORMAT_3 && nv.flags & TAGS)
        dma_write(at + 4, &tag, sizeof tag);
    store_flags(at, flags | (format_1() ? RX1_VALID : RX2_VALID) | (uint32_t)len);
    ring.rx_index = (ring.rx_index + 1) % rx_size();
    nv_raise(IRQ_RX);
}

static void drop_oldest(void)
{
    ring.looks = 0;
    ring.oldest = (ring.oldest + 1) % FIFO_FRAMES;
    ring.waiting--;
}

static void receive_next(void *unused)
{
    uint64_t at = place(RX_RING, RX_RING_HIGH, ring.rx_index);
    struct descriptor d;

    /* Linux leaves the receiver on and turns mastering off: then the chip can do nothing. */
    if (ring.mastered && !(config_get(4, 2) & 4)) {
        ring.waiting = 0;
        return;
    }
    if (load(at, &d) && d.flags & VALID) {
        ring.mastered = true;
        deliver(at, &d);
        drop_oldest();
    } else {
        if (!ring.looks++)
            nv_raise(IRQ_RX_NOBUF);
        if (ring.looks > GIVE_UP)
            drop_oldest();
    }
    if (ring.waiting)
        after(ring.looks ? 50 * MICROSECOND : MICROSECOND, receive_next, unused);
}

bool nv_rx_ready(void)
{
    return ring.waiting < FIFO_FRAMES;
}

void nv_rx_frame(const uint8_t *frame, size_t len)
{
    unsigned slot = (ring.oldest + ring.waiting) % FIFO_FRAMES;

    if (len < 14 || !(*reg_at(RX_CONTROL) & START) || !speed_fits() || !clocked() ||
        !address_match(frame) || !nv_rx_ready())
        return;
    memset(ring.fifo[slot].data, 0, SHORTEST);
    memcpy(ring.fifo[slot].data, frame, len);
    ring.fifo[slot].len = len < SHORTEST ? SHORTEST : len;
    if (!ring.waiting++)
        after(wire_time(len), receive_next, NULL);
}

void nv_rings_stopped(void)
{
    if (!(*reg_at(RX_CONTROL) & START)) {
        not_after(receive_next, NULL);
        ring.waiting = ring.looks = 0;
    }
    if (!(*reg_at(TX_CONTROL) & START)) {
        not_after(send_next, NULL);
        not_after(sent, NULL);
        ring.sending = false;
    }
}

void nv_rings_reset(void)
{
    not_after(receive_next, NULL);
    not_after(send_next, NULL);
    not_after(sent, NULL);
    memset(&ring, 0, sizeof ring);
}
