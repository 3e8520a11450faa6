/* SPDX-License-Identifier: BSD-2-Clause */
/* Checksums of IPv4, TCP and UDP (RFC 791, 793, 768), as chips fill them in and look at them. */
#ifndef OFFLOAD_H
#define OFFLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "chip.h"

enum { OFFLOAD_TCP = 6, OFFLOAD_UDP = 17 };

/* Where the headers of an IPv4 packet are. */
struct offload {
    unsigned ip, payload, end; /* offsets in the frame: headers, and behind the packet */
    unsigned protocol;         /* 0 for a fragment, which has no checksum of its own */
};

/* One's complement sum of big-endian words, added to `sum`, not folded. */
static inline uint32_t offload_add(uint32_t sum, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        sum += i % 2 ? data[i] : data[i] << 8;
    return sum;
}

static inline uint16_t offload_fold(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    return sum + (sum >> 16);
}

/* False when the frame has no whole IPv4 packet, maybe behind a VLAN tag. */
static inline bool offload_find(const uint8_t *frame, size_t len, struct offload *at)
{
    at->ip = len > 18 && frame[12] == 0x81 && frame[13] == 0 ? 18 : 14;
    if (len < at->ip + 20 || frame[at->ip - 2] != 8 || frame[at->ip - 1] || frame[at->ip] >> 4 != 4)
        return false;
    at->payload = at->ip + (frame[at->ip] & 15) * 4;
    at->end = at->ip + (frame[at->ip + 2] << 8 | frame[at->ip + 3]);
    at->protocol = frame[at->ip + 9];
    if ((frame[at->ip + 6] & 0x3f) || frame[at->ip + 7])
        at->protocol = 0;
    return at->payload >= at->ip + 20 && at->payload <= at->end && at->end <= len;
}

/* Sum of the pseudo header and of all that the checksum covers: FFFFh when it is right. */
static inline uint16_t offload_sum(const uint8_t *frame, const struct offload *at)
{
    uint32_t sum = offload_add(at->protocol + at->end - at->payload, frame + at->ip + 12, 8);

    return offload_fold(offload_add(sum, frame + at->payload, at->end - at->payload));
}

/* Where TCP's or UDP's checksum is; 0 when the packet is of neither or too short. */
static inline unsigned offload_field(const struct offload *at)
{
    unsigned field = at->payload + (at->protocol == OFFLOAD_TCP ? 16 : 6);

    return (at->protocol == OFFLOAD_TCP || at->protocol == OFFLOAD_UDP) && field + 2 <= at->end
               ? field
               : 0;
}

static inline void offload_put(uint8_t *field, uint16_t sum)
{
    field[0] = sum >> 8;
    field[1] = sum;
}

/* Bytes in front of TCP's data. */
static inline unsigned offload_headers(const uint8_t *frame, const struct offload *at)
{
    return at->payload + (at->payload + 12 < at->end ? (frame[at->payload + 12] >> 4) * 4 : 20);
}

/* Cut a TCP packet into segments with `mss` bytes of data, each with its own lengths, numbers,
 * flags and checksums, and hand them to `send`. */
static inline void offload_segment(const uint8_t *frame, size_t len, const struct offload *whole,
                                   unsigned mss, void (*send)(uint8_t *data, unsigned len))
{
    enum { FIN_AND_PUSH = 9 };
    unsigned headers = offload_headers(frame, whole), tcp = whole->payload, ip = whole->ip;
    uint32_t sequence = (uint32_t)frame[tcp + 4] << 24 | frame[tcp + 5] << 16 |
                        frame[tcp + 6] << 8 | frame[tcp + 7];
    uint16_t id = frame[ip + 4] << 8 | frame[ip + 5];
    static uint8_t part[16384];

    if (mss - 1 >= sizeof part - headers - 64 || headers > whole->end) {
        fault("TCP is to be cut into segments of %u bytes behind %u of headers", mss, headers);
        return;
    }
    for (unsigned done = headers; done < whole->end || done == headers; done += mss) {
        unsigned size = whole->end - done < mss ? whole->end - done : mss;
        struct offload at = *whole;

        memcpy(part, frame, headers);
        memcpy(part + headers, frame + done, size);
        at.end = headers + size;
        offload_put(part + ip + 2, at.end - ip);
        offload_put(part + ip + 4, id++);
        offload_put(part + ip + 10, 0);
        offload_put(part + ip + 10, ~offload_fold(offload_add(0, part + ip, tcp - ip)));
        offload_put(part + tcp + 4, (sequence + done - headers) >> 16);
        offload_put(part + tcp + 6, sequence + done - headers);
        if (done + size < whole->end)
            part[tcp + 13] &= ~FIN_AND_PUSH;
        offload_put(part + tcp + 16, 0);
        offload_put(part + tcp + 16, ~offload_sum(part, &at));
        send(part, at.end);
    }
}

#endif
