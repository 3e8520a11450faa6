/* SPDX-License-Identifier: BSD-2-Clause */
/* The management interface of a PHY (IEEE 802.3 clause 22.2.4.5) on two pins that the driver moves.
 */
#ifndef MII_PINS_H
#define MII_PINS_H

#include <stdbool.h>
#include <stdint.h>

/* Frames: with the address of a PHY, of a register, and the value to write. */
#define MDIO_READ(phy, reg)  (0x60000000u | (unsigned)(phy) << 23 | (unsigned)(reg) << 18)
#define MDIO_WRITE(phy, reg) (0x50020000u | (unsigned)(phy) << 23 | (unsigned)(reg) << 18)
enum {
    MDIO_WRITES = 1 << 28,
    MDIO_READ_BITS = 18 /* that the PHY drives: turn around, 16 of data */
};

/* Transfer a frame after a preamble. `pins` sets MDC and, while `drive` is set, MDIO, and returns
 * what MDIO has then; each of its calls has to take 200 ns. Returns what the PHY said, all ones
 * when there is none. */
static inline __attribute__((always_inline)) uint16_t
mdio_transfer(uint32_t frame, bool (*pins)(bool clock, bool data, bool drive))
{
    uint16_t value = 0;

    for (int left = 63; left >= 0; left--) {
        bool data = left >= 32 || frame >> left & 1;
        bool drive = frame & MDIO_WRITES || left >= MDIO_READ_BITS;

        value = value << 1 | pins(false, data, drive);
        pins(true, data, drive);
    }
    return value;
}

#endif
