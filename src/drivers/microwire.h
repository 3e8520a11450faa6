/* SPDX-License-Identifier: BSD-2-Clause */
/* Serial EEPROMs with a Microwire bus: 93C46 and 93C66. */
#ifndef MICROWIRE_H
#define MICROWIRE_H

#include "net_driver.h"

/* Read a word of the selected part. `clock` clocks one bit into it and returns the bit that the
 * part shows. Once an address is complete the part shows a zero: so reading word 0 finds out how
 * many bits an address has, 6 or 8. Start with *width = 8. False when no zero comes. */
static inline __attribute__((always_inline)) bool
microwire_read(const struct nic *nic, unsigned (*clock)(const struct nic *nic, unsigned bit),
               unsigned word, unsigned *width, uint16_t *value)
{
    unsigned command = 6u << *width | word; /* start bit and READ */
    int left = (int)*width + 2;

    while (clock(nic, command >> left & 1))
        if (!left--)
            return false;
    if (left > (int)*width - 6)
        return false;
    *width -= left;
    for (unsigned i = 0; i < 16; i++)
        *value = *value << 1 | clock(nic, 0);
    return true;
}

#endif
