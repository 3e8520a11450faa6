/* SPDX-License-Identifier: BSD-2-Clause */
/* Management frames of IEEE 802.3 clause 22.2.4.5, for chips whose drivers move the two pins. */
#ifndef MDIO_H
#define MDIO_H

#include "phy.h"

#include <stdbool.h>
#include <stdint.h>

enum { MAY_LACK_PREAMBLE = 0x40 }; /* of register 1: a frame may follow the last at once */

struct mdio {
    /* Set by the model. */
    struct phy *phys[32]; /* what is at an address; NULL: nothing */
    unsigned preamble;    /* bits that must come before a frame; 0: one, which ends the last one */

    bool clock, reads;
    struct phy *phy;
    unsigned bits, ones; /* bits of a frame that came so far; of the preamble before it */
    uint32_t shift;
    uint16_t out;
};

/* MDC has this level now; the station drives MDIO with `data`, or leaves it to the PHY. Call it at
 * each write to the register they are in. */
void mdio_pins(struct mdio *mdio, bool clock, bool driven, bool data);
/* The level of MDIO while the station does not drive it: high unless a PHY pulls it down. */
bool mdio_in(const struct mdio *mdio);

#endif
