/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers of a PHY (IEEE 802.3 clause 22.2.4), as far as drivers use them. */
#ifndef MII_H
#define MII_H

enum { MII_BMCR = 0, MII_BMSR = 1, MII_PHYID1 = 2, MII_PHYID2 = 3, MII_ANAR = 4, MII_ANLPAR = 5 };
enum {
    BMCR_RESTART = 0x0200, /* autonegotiation */
    BMCR_ISOLATE = 0x0400,
    BMCR_POWER_DOWN = 0x0800,
    BMCR_AUTONEG = 0x1000,
    BMSR_LINK = 0x0004, /* a lost link is remembered until this was read once */
};
/* Abilities, of this side (ANAR) and of the other (ANLPAR). */
enum { ABLE_100 = 0x0380, ABLE_100_FULL = 0x0100, ABLE_10_FULL = 0x0040 };

#endif
