/* SPDX-License-Identifier: BSD-2-Clause */
/* See alx.c. The MAC: what is on, the filter and the FIFO behind it; and what becomes of a packet
 * on its way to the wire: segments, checksums, tag, padding. */
#include <string.h>

#include "alx.h"
#include "crc.h"
#include "offload.h"

enum { RX_FRAMES = 24, FCS = 4, TAG = 4, SHORTEST = 60, STOP_TIME = 200 * MICROSECOND };

/* Word 1 of a packet's first descriptor. */
enum { CUSTOM_SUM = 1 << 8, SUM_OF_IP = 1 << 9, SUM_OF_TCP = 1 << 10, SUM_OF_UDP = 1 << 11 };
enum { LARGE_SEND = 1 << 12, INSERT_TAG = 1 << 15 };
enum { OFFSET = 0xff, MSS_AT = 18, MSS = 0x1fff };

static struct alx_frame frames[RX_FRAMES];
static unsigned first, waiting;
static uint32_t before, stopping; /* parts that are on; that were, and will not be busy soon */

/* What is switched on, as MAC_STS shows it. */
static uint32_t enabled(void)
{
    uint32_t mac = *alx_reg(MAC_CTRL);

    return (mac & MAC_RX ? BUSY_RX_MAC : 0) | (mac & MAC_TX ? BUSY_TX_MAC : 0) |
           (*alx_reg(RXQ0) & RXQ_EN ? BUSY_RXQ : 0) |
           (*alx_reg(alx.is->rings->txq) & TXQ_EN ? BUSY_TXQ : 0);
}

bool alx_runs(uint32_t parts)
{
    return (enabled() & parts) == parts && !alx.in_reset;
}

static void stopped(void *unused)
{
    (void)unused;
    stopping = 0;
}

uint32_t alx_busy(void)
{
    return enabled() | stopping;
}

void alx_run(void)
{
    uint32_t now = enabled();

    if (before & ~now) {
        stopping |= before & ~now;
        not_after(stopped, NULL);
        after(STOP_TIME, stopped, NULL);
    }
    before = now;
    alx.is->rings->run();
}

void alx_mac_reset(void)
{
    not_after(stopped, NULL);
    first = waiting = before = stopping = 0;
}

struct alx_frame *alx_first(void)
{
    return waiting ? &frames[first] : NULL;
}

void alx_drop_first(void)
{
    first = (first + 1) % RX_FRAMES;
    waiting--;
}

/* Receive */

static void add_fcs(struct alx_frame *frame)
{
    uint32_t crc = ethernet_crc(frame->data, frame->len - FCS);

    memcpy(frame->data + frame->len - FCS, &crc, FCS);
}

static bool speed_fits(void)
{
    unsigned speed = *alx_reg(MAC_CTRL) >> MAC_SPEED_AT & 3;

    return speed == (alx_speed() == 1000 ? SPEED_1000 : SPEED_100) &&
           !(*alx_reg(MAC_CTRL) & MAC_FULL) == !alx_full();
}

static void count(unsigned base, const uint8_t *frame, unsigned len)
{
    alx.mibs[base + MIB_OK]++;
    alx.mibs[base + MIB_BYTES] += len;
    if (frame[0] == 0xff)
        alx.mibs[base + MIB_BROADCAST]++;
    else if (frame[0] & 1)
        alx.mibs[base + MIB_MULTICAST]++;
}

static bool in_hash(const uint8_t *address)
{
    unsigned bit = hash_bit(address);

    if (alx.is->flags & AR816X && !(*alx_reg(MAC_CTRL) & MAC_HASH_UPPER))
        bit = ethernet_crc(address, 6) >> 26; /* the other half of the CRC */
    return *alx_reg(HASH_TBL0 + bit / 32 * 4) >> bit % 32 & 1;
}

static bool passes(const uint8_t *frame)
{
    static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    uint32_t mac = *alx_reg(MAC_CTRL), low = *alx_reg(STAD0), high = *alx_reg(STAD1);
    const uint8_t mine[6] = {high >> 8, high, low >> 24, low >> 16, low >> 8, low};

    if (mac & MAC_PROMISCUOUS)
        return true;
    if (!memcmp(frame, broadcast, 6))
        return mac & MAC_BROADCAST;
    if (frame[0] & 1)
        return mac & MAC_ALL_MULTICAST || in_hash(frame);
    return !memcmp(frame, mine, 6);
}

bool alx_ready(void)
{
    return waiting < RX_FRAMES;
}

void alx_receive(const uint8_t *data, size_t len)
{
    struct alx_frame *frame = &frames[(first + waiting) % RX_FRAMES];

    if (!(enabled() & BUSY_RX_MAC) || !alx_link() || !speed_fits() || len < 14 ||
        len + FCS > *alx_reg(MTU) || len + FCS + TAG > ALX_FRAME_ROOM || !passes(data))
        return;
    if (waiting == RX_FRAMES) {
        alx.mibs[MIB_OVERFLOW]++;
        alx_interrupt(ISR_RX_OVERFLOW);
        return;
    }
    memset(frame->data, 0, SHORTEST); /* the other end padded it */
    memcpy(frame->data, data, len);
    frame->len = (len < SHORTEST ? SHORTEST : len) + FCS;
    add_fcs(frame);
    count(0, frame->data, frame->len - FCS);
    waiting++;
    alx_run();
}

bool alx_strip_tag(struct alx_frame *frame)
{
    if (!(*alx_reg(MAC_CTRL) & MAC_STRIP_TAG) || frame->data[12] != 0x81 || frame->data[13])
        return false;
    frame->tag = frame->data[14] | frame->data[15] << 8;
    frame->len -= TAG;
    memmove(frame->data + 12, frame->data + 12 + TAG, frame->len - FCS - 12);
    add_fcs(frame);
    return true;
}

/* Transmit */

/* A sum from one place on, into another; both in the descriptor, in units of 2 bytes. */
static void custom_sum(uint8_t *data, unsigned len, uint32_t word)
{
    unsigned start = (word & OFFSET) * 2, at = (word >> MSS_AT & OFFSET) * 2;
    uint32_t sum = 0;

    if (start >= len || at + 2 > len) {
        fault("a checksum from %u on is to be put at %u of %u bytes", start, at, len);
        return;
    }
    for (unsigned i = start; i < len; i++)
        sum += (i - start) % 2 ? data[i] : data[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    sum = ~sum & 0xffff;
    sum = sum ? sum : 0xffff;
    data[at] = sum >> 8;
    data[at + 1] = sum;
}

static void emit(uint8_t *data, size_t len)
{
    uint32_t mac = *alx_reg(MAC_CTRL);

    if (!(mac & (MAC_CRC | MAC_PAD)))
        fault("a frame goes out without an FCS");
    if (len + FCS > *alx_reg(MTU))
        fault("a frame of %zu bytes is longer than MTU says: %u", len + FCS, *alx_reg(MTU));
    if (len < SHORTEST && !(mac & MAC_PAD))
        fault("a frame of %zu bytes goes out, and padding is off", len);
    if (len < SHORTEST) {
        memset(data + len, 0, SHORTEST - len);
        len = SHORTEST;
    }
    if (!alx_link())
        return;
    if (!speed_fits())
        fault("a frame goes out with MAC_CTRL %#x, and the PHY has %u Mbit/s %s", mac, alx_speed(),
              alx_full() ? "full" : "half");
    count(MIB_TX, data, len);
    wire_send(data, len);
}

void alx_send(uint8_t *data, unsigned len, uint32_t word, uint16_t tag)
{
    if (word & LARGE_SEND) {
        sums_segment(data, len, word >> MSS_AT & MSS, emit);
        return;
    }
    if (word & CUSTOM_SUM)
        custom_sum(data, len, word);
    else
        sums_fill(data, len,
                  (word & SUM_OF_IP ? SUM_IP : 0) | (word & SUM_OF_TCP ? SUM_TCP : 0) |
                      (word & SUM_OF_UDP ? SUM_UDP : 0));
    if (word & INSERT_TAG) {
        memmove(data + 12 + TAG, data + 12, len - 12);
        data[12] = 0x81;
        data[13] = 0;
        memcpy(data + 14, &tag, 2);
        len += TAG;
    }
    emit(data, len);
}
