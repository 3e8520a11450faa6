/* SPDX-License-Identifier: BSD-2-Clause */
/* See intel_mac.h: the transmit ring, with checksums and TCP segments that the MAC makes. */
#include "intel_tx.h"

#include "chip.h"
#include "intel_mac.h"

#include <string.h>

enum { TDBAL = 0x3800, TDBAH = 0x3804, TDT = 0x3818, GPTC = 0x4080, GOTC = 0x4090, TPT = 0x40d4 };
enum { TCTL_ENABLE = 2, TCTL_PAD = 8, CAUSE_TX = 1, CAUSE_TX_EMPTY = 2, DESCRIPTOR = 16 };
enum { END = 1 << 24, ADD_CRC = 1 << 25, ADD_CHECKSUM = 1 << 26, SEGMENT = 1 << 26 };
enum { REPORT = 1 << 27, EXTENDED = 1 << 29, SEGMENT_ADVANCED = 1u << 31, DONE = 1 };
enum { ADD_IP = 1 << 8, ADD_TCP = 2 << 8, TYPE = 0xf << 20, DATA = 1 << 20 };
enum { CONTEXT_ADVANCED = 2 << 20, DATA_ADVANCED = 3 << 20, FRAME_MIN = 60, CRC_SIZE = 4 };
enum { ROOM = 96 * 1024, TCP_SEQUENCE = 4, TCP_FLAGS = 13, TCP_LAST = 0x09, IP_LENGTH = 2 };
enum { IP_ID = 4, IP6_LENGTH = 4, IP6_HEADER = 40 };
/* A full frame at 1 Gbit/s takes 12 us, a short one less: the longest time between two steps. */
enum { STEP_TIME = 12 * MICROSECOND };

static uint8_t packet[ROOM];
static size_t filled;
static uint32_t first[4]; /* the descriptor that its packet began with */

static uint32_t reg(uint32_t number)
{
    return mac.regs[number / 4];
}

static void step(void *argument);

void tx_reset(void)
{
    not_after(step, NULL);
    filled = 0;
}

bool tx_runs(void)
{
    return reg(TCTL) & TCTL_ENABLE && (!mac.advanced || reg(TXDCTL) & QUEUE_ENABLE) &&
           reg(TDH) != reg(TDT);
}

void tx_kick(void)
{
    if (!tx_runs())
        return;
    not_after(step, NULL);
    after(STEP_TIME, step, NULL);
}

static uint16_t get16(const uint8_t *from)
{
    return from[0] << 8 | from[1];
}

static void put16(uint8_t *to, uint32_t value)
{
    to[0] = value >> 8;
    to[1] = value;
}

static uint32_t sum(const uint8_t *data, size_t len)
{
    uint32_t total = 0;

    for (size_t i = 0; i < len; i++)
        total += i % 2 ? data[i] : data[i] << 8;
    return total;
}

static uint16_t folded(uint32_t total)
{
    while (total >> 16)
        total = (total & 0xffff) + (total >> 16);
    return ~total;
}

/* Put a checksum over what lies from `from` on; what is at its place counts: a driver has put the
 * pseudo header's there. */
static void checksum(uint8_t *frame, size_t len, unsigned from, unsigned to, uint32_t more)
{
    if (from >= len || to + 2 > len || to < from) {
        fault("the checksum of bytes %u on would go to byte %u of %zu", from, to, len);
        return;
    }
    put16(frame + to, folded(sum(frame + from, len - from) + more));
}

static void put_on_wire(uint8_t *frame, size_t len, uint32_t command)
{
    if (!(command & ADD_CRC) && len > CRC_SIZE)
        len -= CRC_SIZE; /* the driver brings it */
    if (len < FRAME_MIN && reg(TCTL) & TCTL_PAD) {
        memset(frame + len, 0, FRAME_MIN - len);
        len = FRAME_MIN;
    } else if (len < FRAME_MIN)
        fault("a frame of %zu bytes is sent, and padding is off", len);
    if (mac.link())
        wire_send(frame, len);
    mac.regs[GPTC / 4]++;
    mac.regs[GOTC / 4] += len + CRC_SIZE;
    mac.regs[TPT / 4]++;
}

/* One packet of many TCP segments, with the header in front. */
static void send_segments(uint32_t command)
{
    const struct offload *o = &mac.offload;
    const uint8_t *first_sequence = packet + o->checksum_from + TCP_SEQUENCE;
    uint32_t sequence = (uint32_t)get16(first_sequence) << 16 | get16(first_sequence + 2);
    uint16_t id = get16(packet + o->ip_from + IP_ID);
    size_t left = filled - o->header, size;

    for (uint8_t *data = packet + o->header; left; data += size, left -= size) {
        static uint8_t frame[FRAME_MAX];
        uint8_t *tcp = frame + o->checksum_from, *ip = frame + o->ip_from;
        size_t len;

        size = left < o->mss ? left : o->mss;
        len = o->header + size;
        memcpy(frame, packet, o->header);
        memcpy(frame + o->header, data, size);
        if (left > size)
            tcp[TCP_FLAGS] &= ~TCP_LAST;
        put16(tcp + TCP_SEQUENCE, sequence >> 16);
        put16(tcp + TCP_SEQUENCE + 2, sequence);
        sequence += size;
        if (o->ip) {
            put16(ip + IP_LENGTH, len - o->ip_from);
            put16(ip + IP_ID, id++);
            put16(frame + o->ip_at, 0);
            put16(frame + o->ip_at, folded(sum(frame + o->ip_from, o->checksum_from - o->ip_from)));
        } else
            put16(ip + IP6_LENGTH, len - o->ip_from - IP6_HEADER);
        /* The pseudo header's sum in it has no length. */
        checksum(frame, len, o->checksum_from, o->checksum_at, len - o->checksum_from);
        put_on_wire(frame, len, command);
    }
}

static void send_packet(void)
{
    const struct offload *o = &mac.offload;
    bool advanced = (first[2] & TYPE) == DATA_ADVANCED, extended = first[2] & EXTENDED;
    uint32_t options = extended ? first[3] : 0;

    if (extended && first[2] & (advanced ? SEGMENT_ADVANCED : SEGMENT)) {
        if (o->mss == 0 || o->header < o->checksum_from + 20 || o->header >= filled ||
            o->header + o->mss > FRAME_MAX)
            fault("segments of %u bytes behind a header of %u", o->mss, o->header);
        else
            send_segments(first[2]);
        return;
    }
    if (options & ADD_IP) {
        put16(packet + o->ip_at, 0);
        put16(packet + o->ip_at, folded(sum(packet + o->ip_from, o->checksum_from - o->ip_from)));
    }
    if (options & ADD_TCP)
        checksum(packet, filled, o->checksum_from, o->checksum_at, 0);
    if (!extended && first[2] & ADD_CHECKSUM)
        checksum(packet, filled, first[3] >> 8 & 0xff, first[2] >> 16 & 0xff, 0);
    put_on_wire(packet, filled, first[2]);
}

static void take_context(const uint32_t *word)
{
    struct offload *o = &mac.offload;

    if ((word[2] & TYPE) == CONTEXT_ADVANCED) {
        o->ip_from = word[0] >> 9 & 0x7f;
        o->ip_at = o->ip_from + 10;
        o->checksum_from = o->ip_from + (word[0] & 0x1ff);
        o->ip = word[2] & 1 << 10;
        o->tcp = word[2] & 1 << 11;
        o->checksum_at = o->checksum_from + (o->tcp ? 16 : 6);
        o->header = o->checksum_from + (word[3] >> 8 & 0xff);
        o->mss = word[3] >> 16;
        return;
    }
    o->ip_from = word[0] & 0xff;
    o->ip_at = word[0] >> 8 & 0xff;
    o->checksum_from = word[1] & 0xff;
    o->checksum_at = word[1] >> 8 & 0xff;
    o->tcp = word[2] & END;
    o->ip = word[2] & ADD_CRC;
    o->header = word[3] >> 8 & 0xff;
    o->mss = word[3] >> 16;
}

/* One descriptor of data. True when the packet went. */
static bool take_data(const uint32_t *word, uint64_t buffer)
{
    bool extended = word[2] & EXTENDED;
    size_t len = word[2] & (extended && !mac.advanced ? 0xfffff : 0xffff);

    if (filled == 0)
        memcpy(first, word, sizeof(first));
    if (filled + len > ROOM - FRAME_MIN) {
        fault("a packet of more than %d bytes is sent", ROOM);
        filled = 0;
        return true;
    }
    if (!dma_read(buffer, packet + filled, len))
        return true;
    filled += len;
    if (!(word[2] & END))
        return false;
    if (filled < 14)
        fault("a packet of %zu bytes is sent", filled);
    else
        send_packet();
    filled = 0;
    return true;
}

/* One descriptor. Whether a packet ended with it. */
static bool take(uint64_t address)
{
    uint32_t word[4], type;
    bool sent = false;

    if (!dma_read(address, word, sizeof(word)))
        return true;
    type = word[2] & TYPE;
    if (word[2] & EXTENDED && type != DATA && type != DATA_ADVANCED)
        take_context(word);
    else
        sent = take_data(word, word[0] | (uint64_t)word[1] << 32);
    if (word[2] & REPORT) {
        word[3] |= DONE;
        dma_write(address + 12, word + 3, 4);
    }
    return sent;
}

static void step(void *argument)
{
    uint64_t ring = reg(TDBAL) | (uint64_t)reg(TDBAH) << 32;
    unsigned count = reg(TDLEN) / DESCRIPTOR;
    bool sent = false;

    if (!tx_runs() || reg(CTRL) & CTRL_NO_MASTER)
        return;
    if (!mac.pci && !(reg(TXDCTL) & COUNT_DESCRIPTORS) && !mac.advanced)
        fault("TXDCTL bit 22 is clear: the ring counts cache lines");
    if (count == 0 || reg(TDH) >= count) {
        fault("the transmit ring has %u descriptors, and its head is %u", count, reg(TDH));
        return;
    }
    while (!sent && reg(TDH) != reg(TDT)) {
        sent = take(ring + reg(TDH) * DESCRIPTOR);
        mac.regs[TDH / 4] = (reg(TDH) + 1) % count;
        mac.moved = true;
    }
    mac_interrupt(CAUSE_TX | (reg(TDH) == reg(TDT) ? CAUSE_TX_EMPTY : 0));
    tx_kick();
}
