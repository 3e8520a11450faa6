/* SPDX-License-Identifier: BSD-2-Clause */
/* RTL8169 family: descriptor rings, receive filter, checksums, tags and counters. */
#include "r8169.h"

#include <string.h>

#include "crc.h"
#include "offload.h"

struct descriptor {
    uint32_t status, tag, low, high; /* opts1, opts2, address */
};
enum { OWN = 1u << 31, EOR = 1 << 30, FS = 1 << 29, LS = 1 << 28 };
enum { TX_LARGE = 1 << 27, TX_LARGE_2 = 3 << 25, TX_LENGTH = 0xffff, TX_TAG = 1 << 17 };
enum { TX_SUMS_SHIFT = 16, TX_SUMS_2_SHIFT = 28 };
enum { RX_LENGTH = 0x3fff, RX_MULTICAST = 1 << 27, RX_OWN_ADDRESS = 1 << 26 };
enum { RX_BROADCAST = 1 << 25, RX_TOO_LONG = 0x600000 /* RWT, RES */ };
enum { RX_UDP = 1 << 18, RX_TCP = 1 << 17, RX_SUMS_WRONG_SHIFT = 14, RX_TAG = 1 << 16 };
enum { RCR_ALL = 1, RCR_OWN = 2, RCR_MULTICAST = 4, RCR_BROADCAST = 8 };
enum { RING_LIMIT = 1024, FIFO_FRAMES = 8, FCS = 4, SHORTEST = 60 };

static struct {
    uint64_t tx_at, rx_at;
    unsigned tx_index, rx_index;
    bool sending, mastered; /* a frame has been written to memory since the last reset */
    struct {
        size_t len;
        uint8_t data[FRAME_MAX + FCS];
    } fifo[FIFO_FRAMES];
    unsigned oldest, waiting;
    uint64_t sent, received, broadcasts, unicasts;
    uint32_t multicasts;
    uint16_t missed;
} ring;

static void send_next(void *unused);

static uint64_t ring_address(unsigned reg, const char *name)
{
    uint32_t low = reg_get(reg, 4), high = reg_get(reg + 4, 4);

    if (low & 255)
        fault("%s %x is not aligned to 256", name, low);
    if (high && has(PCI_CHIP) && !(reg_get(CPCR, 2) & CPCR_DAC))
        fault("%s is above 4 GiB without C+CR.DAC", name);
    if (rtl.regs[CR] & (CR_TE | CR_RE) && (ring.sending || ring.waiting))
        fault("%s moves while frames are under way", name);
    return (uint64_t)high << 32 | (low & ~255u);
}

void rtl_rx_ring_set(void)
{
    ring.rx_at = ring_address(RDSAR, "RDSAR");
    ring.rx_index = 0;
}

void rtl_tx_ring_set(void)
{
    ring.tx_at = ring_address(TNPDS, "TNPDS");
    ring.tx_index = 0;
}

static uint64_t wire_time(size_t len)
{
    return len * 8000 / (rtl.phy.speed ? rtl.phy.speed : 1000);
}

static unsigned advance(unsigned index, uint32_t status)
{
    return status & EOR || index + 1 == RING_LIMIT ? 0 : index + 1;
}

static void insert_tag(uint8_t *frame, size_t *len, uint32_t tag)
{
    if (!(tag & TX_TAG) || *len < 14 || *len + 4 > FRAME_MAX)
        return;
    memmove(frame + 16, frame + 12, *len - 12);
    frame[12] = 0x81;
    frame[13] = 0;
    frame[14] = (uint8_t)tag;
    frame[15] = (uint8_t)(tag >> 8);
    *len += 4;
}

/* Bits of both layouts stand in another order than SUM_*. */
static unsigned sums_wanted(const struct descriptor *d)
{
    unsigned bits;

    if (has(SUMS_2)) {
        bits = d->tag >> TX_SUMS_2_SHIFT;
        return (bits & 2 ? SUM_IP : 0) | (bits & 4 ? SUM_TCP : 0) | (bits & 8 ? SUM_UDP : 0);
    }
    bits = d->status >> TX_SUMS_SHIFT;
    return (bits & 4 ? SUM_IP : 0) | (bits & 1 ? SUM_TCP : 0) | (bits & 2 ? SUM_UDP : 0);
}

static void send(uint8_t *frame, size_t len, const struct descriptor *first)
{
    unsigned wanted = sums_wanted(first);

    if (len < 14)
        fault("a frame of %zu bytes is sent", len);
    if (wanted && sums_fill(frame, len, wanted) != wanted)
        note("a frame has not the checksums that are wanted: %x", wanted);
    insert_tag(frame, &len, first->tag);
    if (len < SHORTEST) {
        memset(frame + len, has(BAD_PAD) ? 0xa5 : 0, SHORTEST - len);
        len = SHORTEST;
    }
    wire_send(frame, len);
    ring.sent++;
}

/* The frame at the transmit index has left: read it, as late as the chip may, and give it back. */
static void sent(void *unused)
{
    static uint8_t frame[FRAME_MAX + SHORTEST];
    struct descriptor d, first = {0};
    unsigned index = ring.tx_index, count = 0;
    size_t len = 0;

    (void)unused;
    do {
        if (!dma_read(ring.tx_at + index * sizeof d, &d, sizeof d) || !(d.status & OWN)) {
            fault("descriptor %u is taken back, or none follows one without LS", index);
            break;
        }
        if (!count++)
            first = d;
        if (len + (d.status & TX_LENGTH) <= FRAME_MAX)
            dma_read((uint64_t)d.high << 32 | d.low, frame + len, d.status & TX_LENGTH);
        len += d.status & TX_LENGTH;
        index = advance(index, d.status);
    } while (!(d.status & LS) && len <= FRAME_MAX && count < RING_LIMIT);
    if (len <= FRAME_MAX && count)
        send(frame, len, &first);
    while (count--) {
        uint64_t at = ring.tx_at + ring.tx_index * sizeof d;

        if (!dma_read(at, &d, sizeof d))
            break;
        d.status &= ~OWN;
        dma_write(at, &d.status, sizeof d.status);
        ring.tx_index = advance(ring.tx_index, d.status);
    }
    rtl_raise(INT_TOK);
    after(MICROSECOND, send_next, NULL);
}

static void send_next(void *unused)
{
    struct descriptor d;

    (void)unused;
    if (!(rtl.regs[CR] & CR_TE) || !dma_read(ring.tx_at + ring.tx_index * sizeof d, &d, sizeof d) ||
        !(d.status & OWN)) {
        ring.sending = false;
        rtl.regs[TPPOLL] &= (uint8_t)~POLL_NORMAL;
        rtl_raise(INT_TDU);
        return;
    }
    if (!(d.status & FS))
        fault("a frame begins without FS: %08x", d.status);
    if (!(d.status & TX_LENGTH))
        fault("a transmit descriptor has no length");
    if (d.status & (has(SUMS_2) ? (uint32_t)TX_LARGE_2 : (uint32_t)TX_LARGE))
        fault("the chip is to cut segments, which the model does not");
    after(wire_time(d.status & TX_LENGTH), sent, NULL);
}

void rtl_tx_poll(void)
{
    if (!(rtl.regs[CR] & CR_TE)) {
        fault("TPPoll is written while the transmitter is off");
        return;
    }
    if (ring.sending)
        return;
    ring.sending = true;
    rtl.regs[TPPOLL] |= POLL_NORMAL;
    after(2 * MICROSECOND, send_next, NULL);
}

/* Whether RCR lets the frame through; `status` says why, as the descriptor has it. */
static bool address_match(const uint8_t *frame, uint32_t *status)
{
    static const uint8_t all[6] = {255, 255, 255, 255, 255, 255};
    uint32_t rcr = reg_get(RCR, 4);
    unsigned hash;

    *status = RX_OWN_ADDRESS;
    if (!memcmp(frame, all, 6)) {
        *status = RX_BROADCAST;
        return rcr & (RCR_BROADCAST | RCR_ALL);
    }
    if (frame[0] & 1) {
        *status = RX_MULTICAST;
        hash = hash_bit(frame);
        if (has(PCIE))
            hash ^= 7 << 3; /* bytes in reverse order */
        return rcr & RCR_ALL || (rcr & RCR_MULTICAST && rtl.regs[MAR0 + hash / 8] >> hash % 8 & 1);
    }
    if (!memcmp(frame, rtl.regs + IDR0, 6))
        return rcr & (RCR_OWN | RCR_ALL);
    *status = 0;
    return rcr & RCR_ALL;
}

static uint32_t receive_sums(const uint8_t *frame, size_t len)
{
    unsigned present, wrong;
    uint32_t status;

    if (!(reg_get(CPCR, 2) & CPCR_SUMS))
        return 0;
    present = sums_present(frame, len);
    wrong = sums_wrong(frame, len);
    status = present & SUM_TCP ? RX_TCP : present & SUM_UDP ? RX_UDP : 0;
    if (present & SUM_IP && !status)
        status = RX_TCP | RX_UDP; /* IP, of another protocol */
    return status |
           ((wrong & SUM_TCP ? 1u : 0) | (wrong & SUM_UDP ? 2u : 0) | (wrong & SUM_IP ? 4u : 0))
               << RX_SUMS_WRONG_SHIFT;
}

static uint32_t strip_tag(uint8_t *frame, size_t *len)
{
    uint32_t tag;

    if (!(reg_get(CPCR, 2) & CPCR_UNTAG) || *len < 18 || frame[12] != 0x81 || frame[13])
        return 0;
    tag = RX_TAG | frame[15] << 8 | frame[14];
    memmove(frame + 12, frame + 16, *len - 16);
    *len -= 4;
    return tag;
}

/* Into one descriptor, or several. */
static void deliver(const uint8_t *frame, size_t len, uint32_t status, uint32_t tag)
{
    struct descriptor d;
    uint32_t place = FS;

    for (size_t done = 0, part; done < len; done += part, place = 0) {
        uint64_t at = ring.rx_at + ring.rx_index * sizeof d;

        if (!dma_read(at, &d, sizeof d))
            return;
        part = d.status & RX_LENGTH;
        if (!(d.status & OWN) || !part || d.low & 7) {
            fault("receive descriptor %08x with a buffer at %x", d.status, d.low);
            return;
        }
        if (part >= len - done) {
            part = len - done;
            place |= LS;
            place |= status | (uint32_t)len;
        }
        if (!dma_write((uint64_t)d.high << 32 | d.low, frame + done, part))
            return;
        d.status = (d.status & EOR) | place | (place & LS ? 0 : (uint32_t)part);
        dma_write(at + 4, &tag, sizeof tag);
        dma_write(at, &d.status, sizeof d.status);
        ring.rx_index = advance(ring.rx_index, d.status);
    }
}

static bool have_buffer(void)
{
    uint32_t status;

    return dma_read(ring.rx_at + ring.rx_index * sizeof(struct descriptor), &status,
                    sizeof status) &&
           status & OWN;
}

static void receive_next(void *unused)
{
    uint8_t *frame = ring.fifo[ring.oldest].data;
    size_t len = ring.fifo[ring.oldest].len;
    uint32_t status, tag, fcs;

    (void)unused;
    /* Linux turns mastering off before the receiver: then the chip can do nothing. */
    if (ring.mastered && !(config_get(4, 2) & 4))
        return;
    if (!have_buffer()) {
        rtl_raise(INT_RDU);
        after(50 * MICROSECOND, receive_next, NULL);
        return;
    }
    ring.mastered = true;
    address_match(frame, &status);
    status |= receive_sums(frame, len);
    tag = strip_tag(frame, &len);
    fcs = ethernet_crc(frame, len);
    memcpy(frame + len, &fcs, FCS);
    if (len + FCS > reg_get(RMS, 2))
        status |= RX_TOO_LONG;
    ring.received++;
    ring.broadcasts += status & RX_BROADCAST ? 1 : 0;
    ring.multicasts += status & RX_MULTICAST ? 1 : 0;
    ring.unicasts += status & RX_OWN_ADDRESS ? 1 : 0;
    deliver(frame, len + FCS, status, tag);
    rtl_raise(INT_ROK);
    ring.oldest = (ring.oldest + 1) % FIFO_FRAMES;
    if (--ring.waiting)
        after(MICROSECOND, receive_next, NULL);
}

bool rtl_rx_ready(void)
{
    return ring.waiting < FIFO_FRAMES;
}

void rtl_rx_frame(const uint8_t *frame, size_t len)
{
    bool gated = has(OCP) && (reg_get(MISC, 4) & RXDV_GATED || rtl.regs[MCU] & MCU_OOB);
    unsigned place = (ring.oldest + ring.waiting) % FIFO_FRAMES;
    uint32_t why;

    if (len < 14 || rtl.resetting || !(rtl.regs[CR] & CR_RE) || gated || !rtl.phy.link ||
        !address_match(frame, &why))
        return;
    if (!rtl_rx_ready()) {
        ring.missed++;
        reg_set(MPC, ring.missed, 3);
        rtl_raise(INT_FOVW);
        return;
    }
    memset(ring.fifo[place].data, 0, SHORTEST);
    memcpy(ring.fifo[place].data, frame, len);
    ring.fifo[place].len = len < SHORTEST ? SHORTEST : len;
    if (!ring.waiting++)
        after(wire_time(len), receive_next, NULL);
}

void rtl_rings_idle(void)
{
    if (!(rtl.regs[CR] & CR_RE)) {
        not_after(receive_next, NULL);
        ring.waiting = 0;
    }
    if (!(rtl.regs[CR] & CR_TE)) {
        not_after(sent, NULL);
        not_after(send_next, NULL);
        ring.sending = false;
    }
}

void rtl_rings_reset(bool power)
{
    rtl_rings_idle();
    ring.tx_index = ring.rx_index = 0;
    ring.mastered = false;
    if (power)
        memset(&ring, 0, sizeof ring);
}

/* Bit 3 writes 64 bytes of counters to memory, bit 0 clears them. */
void rtl_count_frames(uint32_t command)
{
    uint8_t table[64] = {0};
    uint64_t at = (uint64_t)reg_get(DTCCR + 4, 4) << 32 | (command & ~63u);

    if (command & 1) {
        ring.sent = ring.received = ring.unicasts = ring.broadcasts = 0;
        ring.multicasts = ring.missed = 0;
    }
    if (command & 8) {
        memcpy(table, &ring.sent, 8);
        memcpy(table + 8, &ring.received, 8);
        memcpy(table + 28, &ring.missed, 2);
        memcpy(table + 40, &ring.unicasts, 8);
        memcpy(table + 48, &ring.broadcasts, 8);
        memcpy(table + 56, &ring.multicasts, 4);
        dma_write(at, table, sizeof table);
    }
}
