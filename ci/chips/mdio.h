/* SPDX-License-Identifier: BSD-2-Clause */
/* The management interface of a PHY (IEEE 802.3 clause 22.2.4.5), where the driver moves each bit:
 * a clock that it makes, and a data line that either end may drive. */
#ifndef MDIO_H
#define MDIO_H

#include "phy.h"

struct mdio {
    /* Set by the model. */
    struct phy *phy;  /* NULL: nobody answers */
    unsigned address; /* of the PHY, below 32 */

    bool clock, reads, mine; /* the frame is a read; it is for the PHY */
    unsigned bits, ones;     /* bits of a frame that came so far, or of its preamble */
    uint32_t shift;          /* these bits */
    uint16_t out;            /* what the PHY answers */
};

/* The pins have these levels now; call it at each write to the register they are in. */
void mdio_pins(struct mdio *mdio, bool clock, bool data, bool driven);
/* The data line, as long as the driver does not drive it. It is pulled up. */
bool mdio_in(const struct mdio *mdio);

#endif
