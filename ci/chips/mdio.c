/* SPDX-License-Identifier: BSD-2-Clause */
/* See mdio.h. */
#include "mdio.h"

#include "chip.h"

enum { HEADER = 14, TURNAROUND = 15, FRAME = 32, READ = 2, WRITE = 1 };

static void idle(struct mdio *mdio)
{
    mdio->bits = mdio->ones = 0;
}

static void header(struct mdio *mdio)
{
    unsigned operation = mdio->shift >> 10 & 3;

    mdio->phy = mdio->phys[mdio->shift >> 5 & 31];
    mdio->reads = operation == READ;
    if (operation != READ && operation != WRITE)
        idle(mdio);
    else if (mdio->reads && mdio->phy)
        mdio->out = phy_read(mdio->phy, mdio->shift & 31);
}

/* A rising edge of MDC. */
static void take_bit(struct mdio *mdio, bool driven, bool level)
{
    if (!mdio->bits) {
        if (level)
            mdio->ones++;
        else if (mdio->ones >= (mdio->preamble ? mdio->preamble : 1))
            mdio->bits = 1, mdio->shift = 0;
        return;
    }
    /* The PHY's part of the turnaround is a 0, which some drivers drive as well. Who looks after
     * the edge has the last bit before the frame is over. */
    if (mdio->bits > HEADER && mdio->bits < FRAME - 1 && mdio->reads && mdio->phy && driven &&
        (mdio->bits > TURNAROUND || level))
        fault("MDIO is driven while the PHY answers");
    mdio->shift = mdio->shift << 1 | level;
    mdio->bits++;
    if (mdio->bits == 2 && !(mdio->shift & 1))
        idle(mdio); /* no start of a frame */
    else if (mdio->bits == HEADER)
        header(mdio);
    else if (mdio->bits == FRAME) {
        if (!mdio->reads && mdio->phy)
            phy_write(mdio->phy, mdio->shift >> 18 & 31, mdio->shift);
        idle(mdio);
    }
}

void mdio_pins(struct mdio *mdio, bool clock, bool driven, bool data)
{
    if (clock && !mdio->clock)
        take_bit(mdio, driven, driven ? data : mdio_in(mdio));
    mdio->clock = clock;
}

bool mdio_in(const struct mdio *mdio)
{
    if (mdio->bits <= HEADER || !mdio->reads || !mdio->phy)
        return true;
    /* The second bit of the turnaround is low. */
    return mdio->bits > TURNAROUND && mdio->out >> (FRAME - 1 - mdio->bits) & 1;
}
