/* SPDX-License-Identifier: BSD-2-Clause */
/* Checksums of IP, TCP and UDP (RFC 791, 768, 9293, 8200). */
#include "offload.h"

#include <stdbool.h>
#include <string.h>

enum { ETHERNET = 14, TAG = 4, TCP = 6, UDP = 17 };
enum { FIN_PUSH = 0x09, CWR = 0x80, WHOLE = 1 << 16 };

struct packet {
    const uint8_t *ip, *transport, *addresses; /* transport: NULL in a fragment */
    size_t ip_len, transport_len, addresses_len;
    unsigned protocol, version;
};

static unsigned get16(const uint8_t *at)
{
    return at[0] << 8 | at[1];
}

static bool find_ipv4(struct packet *p, const uint8_t *ip, size_t len)
{
    size_t header = (ip[0] & 15) * 4, total = get16(ip + 2);

    if (header < 20 || total < header || total > len)
        return false;
    p->ip = ip;
    p->ip_len = header;
    p->protocol = ip[9];
    p->addresses = ip + 12;
    p->addresses_len = 8;
    if (!(get16(ip + 6) & 0x3fff)) {
        p->transport = ip + header;
        p->transport_len = total - header;
    }
    return true;
}

static bool find_ipv6(struct packet *p, const uint8_t *ip, size_t len)
{
    if (len < 40 || get16(ip + 4) > len - 40)
        return false;
    p->protocol = ip[6];
    p->addresses = ip + 8;
    p->addresses_len = 32;
    p->transport = ip + 40;
    p->transport_len = get16(ip + 4);
    return true;
}

static unsigned find(struct packet *p, const uint8_t *frame, size_t len)
{
    size_t at = ETHERNET;
    unsigned found;

    *p = (struct packet){0};
    if (len >= ETHERNET + TAG && get16(frame + 12) == 0x8100)
        at += TAG;
    if (len < at + 20)
        return 0;
    p->version = frame[at] >> 4;
    if (get16(frame + at - 2) == 0x0800 && p->version == 4) {
        if (!find_ipv4(p, frame + at, len - at))
            return 0;
    } else if (get16(frame + at - 2) != 0x86dd || p->version != 6 ||
               !find_ipv6(p, frame + at, len - at)) {
        return 0;
    }
    found = p->ip ? SUM_IP : 0;
    if (p->protocol == TCP && p->transport && p->transport_len >= 20)
        found |= SUM_TCP;
    if (p->protocol == UDP && p->transport && p->transport_len >= 8)
        found |= SUM_UDP;
    return found;
}

static uint32_t add(uint32_t sum, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i + 1 < len; i += 2)
        sum += get16(data + i);
    return len % 2 ? sum + (data[len - 1] << 8) : sum;
}

static unsigned fold(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    return (sum + (sum >> 16)) & 0xffff;
}

/* Over pseudo header and packet, with the checksum that is in it. */
static unsigned transport_sum(const struct packet *p)
{
    uint32_t sum = add(p->protocol + p->transport_len, p->addresses, p->addresses_len);

    return fold(add(sum, p->transport, p->transport_len));
}

unsigned sums_present(const uint8_t *frame, size_t len)
{
    struct packet p;

    return find(&p, frame, len);
}

unsigned sums_wrong(const uint8_t *frame, size_t len)
{
    struct packet p;
    unsigned found = find(&p, frame, len), wrong = 0;

    if (found & SUM_IP && fold(add(0, p.ip, p.ip_len)) != 0xffff)
        wrong = SUM_IP;
    if (found & SUM_UDP && !get16(p.transport + 6) && p.version == 4)
        return wrong;
    if (found & (SUM_TCP | SUM_UDP) && transport_sum(&p) != 0xffff)
        wrong |= found & (SUM_TCP | SUM_UDP);
    return wrong;
}

static void put(uint8_t *frame, const uint8_t *field, unsigned value)
{
    size_t at = (size_t)(field - frame);

    frame[at] = (uint8_t)(value >> 8);
    frame[at + 1] = (uint8_t)value;
}

unsigned sums_fill(uint8_t *frame, size_t len, unsigned which)
{
    struct packet p;
    unsigned found = find(&p, frame, len) & which;

    if (found & SUM_IP) {
        put(frame, p.ip + 10, 0);
        put(frame, p.ip + 10, ~fold(add(0, p.ip, p.ip_len)));
    }
    if (found & (SUM_TCP | SUM_UDP)) {
        const uint8_t *field = p.transport + (found & SUM_TCP ? 16 : 6);
        unsigned sum;

        put(frame, field, 0);
        sum = ~transport_sum(&p) & 0xffff;
        put(frame, field, !sum && found & SUM_UDP ? 0xffff : sum);
    }
    return found;
}

/* One frame of `part` bytes that begin at `at` in the data: lengths, number, flags. */
static void fit_headers(uint8_t *frame, const struct packet *p, size_t header, size_t at,
                        size_t part, bool last, unsigned count)
{
    uint8_t *tcp = frame + header - (p->transport[12] >> 4) * 4;
    const uint8_t *was = p->transport;
    uint32_t sequence = ((uint32_t)get16(was + 4) << 16 | get16(was + 6)) + (uint32_t)at;

    put(frame, tcp + 4, sequence >> 16);
    put(frame, tcp + 6, sequence & 0xffff);
    tcp[13] &= (uint8_t) ~((last ? 0 : FIN_PUSH) | (at ? CWR : 0));
    if (p->version == 4) {
        uint8_t *ip = tcp - p->ip_len;

        put(frame, ip + 2, (unsigned)(frame + header + part - ip));
        put(frame, ip + 4, get16(p->ip + 4) + count);
    } else {
        put(frame, tcp - 36, (unsigned)(frame + header + part - tcp));
    }
}

void sums_segment(const uint8_t *frame, size_t len, size_t mss,
                  void (*emit)(uint8_t *frame, size_t len))
{
    static uint8_t piece[WHOLE];
    struct packet p;
    unsigned found = len <= WHOLE ? find(&p, frame, len) : 0, count = 0;
    size_t header, part;

    if (!(found & SUM_TCP) || !mss || (p.transport[12] >> 4) * 4u > p.transport_len) {
        if (len <= WHOLE) {
            memcpy(piece, frame, len);
            emit(piece, len);
        }
        return;
    }
    header = (size_t)(p.transport - frame) + (p.transport[12] >> 4) * 4u;
    len = (size_t)(p.transport - frame) + p.transport_len;
    for (size_t at = 0; at < len - header; at += part, count++) {
        part = len - header - at < mss ? len - header - at : mss;
        memcpy(piece, frame, header);
        memcpy(piece + header, frame + header + at, part);
        fit_headers(piece, &p, header, at, part, at + part == len - header, count);
        sums_fill(piece, header + part, SUM_IP | SUM_TCP);
        emit(piece, header + part);
    }
}
