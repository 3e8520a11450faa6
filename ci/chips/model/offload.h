/* SPDX-License-Identifier: BSD-2-Clause */
/* Checksums of IPv4, TCP and UDP (RFC 791, 793, 768), as chips fill them in and look at them. */
#ifndef OFFLOAD_H
#define OFFLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

#endif
