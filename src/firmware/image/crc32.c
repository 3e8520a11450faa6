/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/crc32.h"

enum { POLYNOMIAL = 0xedb88320u };

uint32_t crc32(const uint8_t *data, size_t length)
{
    static uint32_t table[256];
    uint32_t crc = 0xffffffff;

    for (unsigned i = 0; i < 256; i++) {
        uint32_t value = i;

        for (unsigned bit = 0; bit < 8; bit++)
            value = value >> 1 ^ (value & 1 ? POLYNOMIAL : 0);
        table[i] = value;
    }
    for (; length; length--)
        crc = crc >> 8 ^ table[(uint8_t)crc ^ *data++];
    return ~crc;
}
