/* SPDX-License-Identifier: BSD-2-Clause */
/* BCM57xx: VLAN tags, checksums of IPv4, TCP and UDP, and TCP's segments, which the chip makes. */
#include "tg3.h"

#include <string.h>

enum { ETHERNET = 14, TAG = 4, VLAN_TYPE = 0x8100, IPV4 = 0x0800, IPV6 = 0x86dd };
enum { SEGMENTS_ENABLED = 1 << 27 }; /* RDMAC */
enum { PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, TCP_FIN = 1, TCP_PUSH = 8, SEGMENT_MAX = 2048 };

static uint32_t get16(const uint8_t *at)
{
    return at[0] << 8 | at[1];
}

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = value >> 8;
    at[1] = value;
}

static void add32(uint8_t *at, uint32_t by)
{
    uint32_t value = (get16(at) << 16 | get16(at + 2)) + by;

    put16(at, value >> 16);
    put16(at + 2, value);
}

static uint32_t sum(const uint8_t *data, size_t len, uint32_t start)
{
    uint64_t total = start;

    for (size_t i = 0; i < len; i++)
        total += (uint32_t)data[i] << (i % 2 ? 0 : 8);
    while (total >> 16)
        total = (total & 0xffff) + (total >> 16);
    return total;
}

/* Where the parts of a packet begin. */
struct parts {
    uint8_t *ip, *transport;
    size_t len; /* from `transport` on */
    unsigned protocol;
    uint32_t pseudo; /* sum of the pseudo-header */
};

static bool parse(uint8_t *frame, size_t len, struct parts *p)
{
    size_t head;

    p->ip = frame + ETHERNET;
    if (len >= ETHERNET + 20 && get16(frame + 12) == IPV4) {
        head = (p->ip[0] & 15) * 4;
        if (get16(p->ip + 2) < head || get16(p->ip + 2) > len - ETHERNET)
            return false;
        p->len = get16(p->ip + 2) - head;
        p->protocol = p->ip[9];
        p->pseudo = sum(p->ip + 12, 8, p->protocol + p->len);
    } else if (len >= ETHERNET + 40 && get16(frame + 12) == IPV6) {
        head = 40;
        p->len = get16(p->ip + 4);
        if (p->len > len - ETHERNET - head)
            return false;
        p->protocol = p->ip[6];
        p->pseudo = sum(p->ip + 8, 32, p->protocol + p->len);
    } else {
        return false;
    }
    p->transport = p->ip + head;
    return p->len >= (p->protocol == PROTOCOL_TCP ? 20u : 8u);
}

static void ip_checksum(uint8_t *ip)
{
    put16(ip + 10, 0);
    put16(ip + 10, ~sum(ip, (ip[0] & 15) * 4, 0));
}

/* The driver has put the sum of the pseudo-header into the field, or leaves that to the chip. */
static void checksum(struct parts *p, bool has_pseudo)
{
    uint8_t *field = p->transport + (p->protocol == PROTOCOL_TCP ? 16 : 6);
    uint32_t result;

    if (p->protocol != PROTOCOL_TCP && p->protocol != PROTOCOL_UDP)
        return;
    if (!has_pseudo)
        put16(field, 0);
    result = ~sum(p->transport, p->len, has_pseudo ? 0 : p->pseudo) & 0xffff;
    put16(field, result || p->protocol == PROTOCOL_TCP ? result : 0xffff);
}

/* Length of the headers of IP and TCP, as the descriptor has it. */
static size_t header_length(uint32_t flags, uint32_t mss)
{
    size_t dwords = mss >> 11 & 31;

    if (t.variant->generation >= G57765)
        return (mss >> 14) << 2 | (flags & SEND_HEADER_16) | (flags >> 5 & 0x3e0);
    return 4 * (t.variant->generation >= G5755 ? dwords : dwords + 10);
}

static void segment(uint8_t *frame, size_t len, uint32_t flags, uint32_t mss)
{
    size_t header = ETHERNET + header_length(flags, mss), part;
    size_t size = mss & (t.variant->generation >= G57765 ? 0x3fff : 0x7ff);
    uint8_t one[SEGMENT_MAX + 64];
    struct parts p;
    uint32_t identifier = get16(frame + ETHERNET + 4);

    if (size == 0 || header + size > SEGMENT_MAX || header > len || get16(frame + 12) != IPV4) {
        fault("%zu bytes are to be sent in segments of %zu with headers of %zu", len, size, header);
        return;
    }
    if (!(*reg(RDMAC) & SEGMENTS_ENABLED))
        fault("segments are to be made, and RDMAC does not allow that");
    for (size_t at = header; at < len; at += part) {
        part = len - at < size ? len - at : size;
        memcpy(one, frame, header);
        memcpy(one + header, frame + at, part);
        put16(one + ETHERNET + 2, header - ETHERNET + part);
        put16(one + ETHERNET + 4, identifier++);
        if (!parse(one, header + part, &p) || p.protocol != PROTOCOL_TCP) {
            fault("what is to be sent in segments is not TCP");
            return;
        }
        add32(p.transport + 4, at - header); /* the sequence number */
        if (at + part < len)
            p.transport[13] &= ~(TCP_FIN | TCP_PUSH);
        checksum(&p, false);
        ip_checksum(p.ip);
        transmit(one, header + part);
    }
}

void offload(uint8_t *frame, size_t len, uint32_t flags, uint32_t vlan_mss)
{
    struct parts p;

    if (flags & SEND_SEGMENTS) {
        segment(frame, len, flags, vlan_mss >> 16);
        return;
    }
    if (flags & (SEND_CHECKSUM | SEND_IP_CHECKSUM) && parse(frame, len, &p)) {
        if (flags & SEND_CHECKSUM)
            checksum(&p, *reg(GRC_MODE) & NO_TX_PSEUDO_HEADER);
        if (flags & SEND_IP_CHECKSUM && get16(frame + 12) == IPV4)
            ip_checksum(p.ip);
    }
    if (flags & SEND_VLAN) {
        memmove(frame + 12 + TAG, frame + 12, len - 12);
        put16(frame + 12, VLAN_TYPE);
        put16(frame + 14, vlan_mss & 0xffff);
        len += TAG;
    }
    transmit(frame, len);
}
