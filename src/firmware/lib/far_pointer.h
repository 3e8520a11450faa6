/* SPDX-License-Identifier: BSD-2-Clause */
/* Real-mode addresses. */
#ifndef LIB_FAR_POINTER_H
#define LIB_FAR_POINTER_H

#include <stdint.h>

struct far_pointer {
    uint16_t offset, segment;
};

/* The one with an offset below 16, for what lies below 1 MiB. */
static inline struct far_pointer rm_far(const void *p)
{
    uint32_t a = (uint32_t)(uintptr_t)p;
    return (struct far_pointer){(uint16_t)(a & 15), (uint16_t)(a >> 4)};
}

#endif
