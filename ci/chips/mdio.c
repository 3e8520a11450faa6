/* SPDX-License-Identifier: BSD-2-Clause */
/* See mdio.h. A frame is 32 ones, start, operation, PHY, register, turnaround, and 16 bits. */
#include "mdio.h"

#include "chip.h"

enum { HEADER = 14, TURNAROUND = 15, FRAME = 32, NO_PREAMBLE = 0x40 /* of register 1 */ };
enum { OP_WRITE = 1, OP_READ = 2 };

/* The start, operation, PHY and register are in. */
static void header(struct mdio *mdio)
{
    unsigned operation = mdio->shift >> 10 & 3;

    mdio->reads = operation == OP_READ;
    mdio->mine = mdio->phy && (mdio->shift >> 5 & 31) == mdio->address;
    if (operation != OP_WRITE && operation != OP_READ)
        mdio->bits = mdio->ones = 0;
    else if (mdio->mine && mdio->reads)
        mdio->out = phy_read(mdio->phy, mdio->shift & 31);
}

static void take_bit(struct mdio *mdio, bool bit, bool driven)
{
    bool needs_preamble = !mdio->phy || !(mdio->phy->regs[MII_BMSR] & NO_PREAMBLE);

    if (!mdio->bits) { /* idle or preamble; the line is high when nobody drives it */
        if (bit || !driven)
            mdio->ones++;
        else if (mdio->ones >= (needs_preamble ? 32 : 1))
            mdio->bits = 1, mdio->shift = 0;
        return;
    }
    /* The PHY's part of the turnaround is a 0, which some drivers drive as well. */
    if (mdio->reads && mdio->mine && driven && (mdio->bits > TURNAROUND || bit) &&
        mdio->bits > HEADER)
        fault("MDIO is driven while the PHY answers");
    mdio->shift = mdio->shift << 1 | (bit && driven);
    mdio->bits++;
    if (mdio->bits == 2 && !(mdio->shift & 1))
        mdio->bits = mdio->ones = 0; /* no start */
    if (mdio->bits == HEADER)
        header(mdio);
    if (mdio->bits < FRAME)
        return;
    if (mdio->mine && !mdio->reads)
        phy_write(mdio->phy, mdio->shift >> 18 & 31, mdio->shift);
    mdio->bits = mdio->ones = 0;
}

void mdio_pins(struct mdio *mdio, bool clock, bool data, bool driven)
{
    if (clock && !mdio->clock)
        take_bit(mdio, data, driven);
    mdio->clock = clock;
}

bool mdio_in(const struct mdio *mdio)
{
    if (!mdio->reads || !mdio->mine || mdio->bits < TURNAROUND)
        return true;
    return mdio->bits > TURNAROUND && mdio->out >> (FRAME - 1 - mdio->bits) & 1;
}
