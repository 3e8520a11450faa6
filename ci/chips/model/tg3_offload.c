/* SPDX-License-Identifier: BSD-2-Clause */
/* BCM57xx: VLAN tags, checksums of IPv4, TCP and UDP, and TCP's segments, which the chip makes. */
#include "offload.h"

#include "tg3.h"

#include <string.h>

enum { ETHERNET = 14, TAG = 4, VLAN_TYPE = 0x8100, IPV4 = 0x0800 };
enum { SEGMENTS_ENABLED = 1 << 27 }; /* RDMAC */

static unsigned get16(const uint8_t *at)
{
    return at[0] << 8 | at[1];
}

static void put16(uint8_t *at, unsigned value)
{
    at[0] = value >> 8;
    at[1] = value;
}

/* Length of the headers of IP and TCP, as the descriptor has it. */
static size_t header_length(uint32_t flags, uint32_t mss)
{
    size_t dwords = mss >> 11 & 31;

    if (t.variant->generation >= G57765)
        return (mss >> 14) << 2 | (flags & SEND_HEADER_16) | (flags >> 5 & 0x3e0);
    return 4 * (later_than_5750() ? dwords : dwords + 10);
}

/* Of a packet that has nothing but them and data. */
static bool has_headers(const uint8_t *frame, size_t len, size_t header)
{
    size_t ip = (frame[ETHERNET] & 15) * 4;

    return len >= ETHERNET + header && header >= 40 && header >= ip + 20 &&
           get16(frame + 12) == IPV4 && header == ip + (frame[ETHERNET + ip + 12] >> 4) * 4u;
}

static void segment(uint8_t *frame, size_t len, uint32_t flags, uint32_t mss)
{
    size_t header = header_length(flags, mss);
    size_t size = mss & (t.variant->generation >= G57765 ? 0x3fff : 0x7ff);

    if (!(*reg(RDMAC) & SEGMENTS_ENABLED))
        fault("segments are to be made, and RDMAC does not allow that");
    if (size == 0 || !has_headers(frame, len, header)) {
        fault("%zu bytes are to be sent in segments of %zu with headers of %zu", len, size, header);
        return;
    }
    put16(frame + ETHERNET + 2, len - ETHERNET); /* the driver has put a segment's length there */
    sums_segment(frame, len, size, transmit);
}

void offload(uint8_t *frame, size_t len, uint32_t flags, uint32_t vlan_mss)
{
    if (flags & SEND_SEGMENTS) {
        segment(frame, len, flags, vlan_mss >> 16);
        return;
    }
    sums_fill(frame, len,
              (flags & SEND_CHECKSUM ? SUM_TCP | SUM_UDP : 0) |
                  (flags & SEND_IP_CHECKSUM ? SUM_IP : 0));
    if (flags & SEND_VLAN) {
        memmove(frame + 12 + TAG, frame + 12, len - 12);
        put16(frame + 12, VLAN_TYPE);
        put16(frame + 14, vlan_mss & 0xffff);
        len += TAG;
    }
    transmit(frame, len);
}
