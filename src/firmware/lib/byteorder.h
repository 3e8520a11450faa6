/* SPDX-License-Identifier: BSD-2-Clause */
/* Network byte order on a little-endian machine (the firmware, and every host its tests run on). */
#ifndef LIB_BYTEORDER_H
#define LIB_BYTEORDER_H

#include <stdint.h>

/* To and from network order; the same swap both ways. */
static inline uint16_t be16(uint16_t v)
{
    return __builtin_bswap16(v);
}

static inline uint32_t be32(uint32_t v)
{
    return __builtin_bswap32(v);
}

/* A word that stands anywhere. */
struct unaligned32 {
    uint32_t word;
} __attribute__((packed, may_alias));

static inline uint32_t get32(const void *at)
{
    return ((const struct unaligned32 *)at)->word;
}

#endif
