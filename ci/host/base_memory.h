/* SPDX-License-Identifier: BSD-2-Clause */
/* Base memory that a test has mapped where a PC has it, but for page 0, which is at LOW_MEMORY. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include "platform/bios/realmode.h"

static inline void *at(uint32_t address)
{
    return (void *)(uintptr_t)address;
}

/* The far pointer with an offset below 16. */
static inline struct far_pointer far_to(uint32_t address)
{
    return rm_far(at(address));
}

/* KiB of base memory that the BIOS reports (40:13). */
static inline uint16_t *base_kb(void)
{
    return at(LOW_MEMORY + 0x413);
}

/* An entry of the interrupt table. */
static inline uint32_t *vector(unsigned number)
{
    return at(LOW_MEMORY + 4 * number);
}

#endif
