/* SPDX-License-Identifier: BSD-2-Clause */
/* The CRC of Ethernet (IEEE 802.3 section 3.2.9): of a frame it is the FCS. */
#ifndef CRC_H
#define CRC_H

#include <stddef.h>
#include <stdint.h>

static inline uint32_t ethernet_crc(const uint8_t *data, size_t len)
{
    uint32_t crc = ~0u;

    while (len--) {
        crc ^= *data++;
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

/* The upper six bits of the same CRC of an address, most significant first: what many chips choose
 * a bit of their hash filter with. */
static inline unsigned hash_bit(const uint8_t *address)
{
    uint32_t crc = ~ethernet_crc(address, 6);
    unsigned bit = 0;

    for (unsigned i = 0; i < 6; i++)
        bit = bit << 1 | (crc >> i & 1);
    return bit;
}

#endif
