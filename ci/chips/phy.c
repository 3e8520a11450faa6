/* SPDX-License-Identifier: BSD-2-Clause */
/* See phy.h. IEEE 802.3: clause 22.2.4 (registers), 28 (autonegotiation), 40.5 (1000BASE-T). */
#include "phy.h"

#include "chip.h"

#include <string.h>

enum { ABILITY_10 = 0x0020, ABILITY_10_FULL = 0x0040, ABILITY_100 = 0x0080 };
enum { ABILITY_100_FULL = 0x0100, ABILITIES = 0x01e0, SELECTOR = 1, ACKNOWLEDGED = 0x4000 };
enum { PAUSE = 0x0400, NEXT_PAGE = 0x8000, ANAR_WRITABLE = 0xbfff };
enum { ABILITY_1000 = 0x0100, ABILITY_1000_FULL = 0x0200, CTRL1000_WRITABLE = 0xff00 };
enum { PARTNER_1000 = 0x0400, PARTNER_1000_FULL = 0x0800, RECEIVERS_OK = 0x3000, MASTER = 0x4000 };
enum { ESTATUS_1000 = 0x3000, PARTNER_AN_ABLE = 1, PAGE_RECEIVED = 2, NEXT_PAGE_ABLE = 4 };
/* 10 and 100 Mbit/s, both duplexes; preamble may be left out */
enum { BMSR_FIXED = 0x7840 | BMSR_AN_ABLE | BMSR_EXTENDED, BMSR_HAS_ESTATUS = 0x0100 };
enum { BMSR_ABILITIES = 6 }; /* register 4 has them so many bits lower */
enum { BMCR_WRITABLE = 0x7dc0, BMCR_DEFAULT = BMCR_AN | BMCR_SPEED100 | BMCR_FULL };
/* Parallel detection of 100BASE-TX's idle pattern, or a link pulse of 10BASE-T, needs less. */
enum { RESET_TIME = 500 * MICROSECOND, AUTONEG_TIME = 1500, FORCED_TIME = 300 * MILLISECOND };

static void link_is(struct phy *phy, bool link, unsigned speed, bool full)
{
    bool same = phy->link == link && (!link || (phy->speed == speed && phy->full == full));

    phy->link = link;
    phy->speed = speed;
    phy->full = full;
    phy->was_down |= !link;
    if (!same && phy->changed)
        phy->changed();
}

static void negotiated(void *argument)
{
    struct phy *phy = argument;
    uint16_t common = phy->regs[MII_ANAR] & ABILITIES & ~phy->lacks;

    phy->regs[MII_BMSR] |= BMSR_AN_DONE;
    phy->regs[MII_ANLPAR] = ABILITIES | PAUSE | SELECTOR | ACKNOWLEDGED;
    phy->regs[MII_ANER] |= PARTNER_AN_ABLE | PAGE_RECEIVED;
    if (phy->gigabit) {
        phy->regs[MII_STAT1000] = PARTNER_1000 | PARTNER_1000_FULL | RECEIVERS_OK | MASTER;
        if (phy->faster) {
            link_is(phy, true, phy->faster, true);
            return;
        }
        if (phy->regs[MII_CTRL1000] & (ABILITY_1000 | ABILITY_1000_FULL)) {
            link_is(phy, true, 1000, phy->regs[MII_CTRL1000] & ABILITY_1000_FULL);
            return;
        }
    }
    if (common & (ABILITY_100 | ABILITY_100_FULL))
        link_is(phy, true, 100, common & ABILITY_100_FULL);
    else if (common)
        link_is(phy, true, 10, common & ABILITY_10_FULL);
}

/* The partner goes on to negotiate: it detects the speed, and takes half duplex. */
static void forced(void *argument)
{
    struct phy *phy = argument;
    uint16_t control = phy->regs[MII_BMCR];

    link_is(phy, true, control & BMCR_SPEED100 ? 100 : 10, control & BMCR_FULL);
}

/* Begin anew, as the control register says now. */
static void begin(struct phy *phy)
{
    uint16_t control = phy->regs[MII_BMCR];

    not_after(negotiated, phy);
    not_after(forced, phy);
    phy->regs[MII_BMSR] &= ~BMSR_AN_DONE;
    phy->regs[MII_ANLPAR] = phy->regs[MII_STAT1000] = 0;
    phy->regs[MII_ANER] &= ~(PARTNER_AN_ABLE | PAGE_RECEIVED);
    link_is(phy, false, 0, false);
    if (!cable_plugged() || control & (BMCR_DOWN | BMCR_ISOLATE | BMCR_LOOPBACK | BMCR_RESET))
        return;
    if (control & BMCR_AN)
        after(phy->autoneg_ns ? phy->autoneg_ns : AUTONEG_TIME * (uint64_t)MILLISECOND, negotiated,
              phy);
    else
        after(FORCED_TIME, forced, phy);
}

static void defaults(struct phy *phy)
{
    memset(phy->regs, 0, sizeof(phy->regs));
    phy->regs[MII_BMCR] = BMCR_DEFAULT;
    phy->regs[MII_BMSR] = BMSR_FIXED & ~(phy->lacks << BMSR_ABILITIES);
    phy->regs[MII_ID1] = phy->id1;
    phy->regs[MII_ID2] = phy->id2;
    phy->regs[MII_ANAR] = (ABILITIES & ~phy->lacks) | SELECTOR;
    if (phy->gigabit) {
        phy->regs[MII_BMCR] = BMCR_AN | BMCR_FULL | BMCR_SPEED1000;
        phy->regs[MII_BMSR] |= BMSR_HAS_ESTATUS;
        phy->regs[MII_CTRL1000] = ABILITY_1000_FULL;
        phy->regs[MII_ESTATUS] = ESTATUS_1000;
        phy->regs[MII_ANER] = NEXT_PAGE_ABLE;
    }
}

static void reset_done(void *argument)
{
    struct phy *phy = argument;

    defaults(phy);
    begin(phy);
}

void phy_reset(struct phy *phy)
{
    not_after(reset_done, phy);
    reset_done(phy);
}

uint16_t phy_read(struct phy *phy, unsigned reg)
{
    uint16_t value;

    if (phy->vendor_read && phy->vendor_read(phy, reg, &value))
        return value;
    value = phy->regs[reg];
    if (reg == MII_BMSR) { /* a link that was down shows as that once (22.2.4.2.13) */
        value |= phy->link && !phy->was_down ? BMSR_LINK : 0;
        phy->was_down = !phy->link;
    }
    if (reg == MII_ANER)
        phy->regs[reg] &= ~PAGE_RECEIVED;
    return value;
}

static void write_control(struct phy *phy, uint16_t value)
{
    enum { BEGINS = BMCR_AN | BMCR_DOWN | BMCR_ISOLATE | BMCR_LOOPBACK };
    enum { FORCES = BMCR_SPEED100 | BMCR_SPEED1000 | BMCR_FULL };
    uint16_t before = phy->regs[MII_BMCR];

    if (value & BMCR_RESET) {
        phy->regs[MII_BMCR] = before | BMCR_RESET;
        begin(phy); /* the link goes */
        not_after(reset_done, phy);
        after(phy->reset_ns ? phy->reset_ns : RESET_TIME, reset_done, phy);
        return;
    }
    phy->regs[MII_BMCR] = value & BMCR_WRITABLE;
    if ((value & BMCR_AN && value & BMCR_RESTART) || (value ^ before) & BEGINS ||
        (!(value & BMCR_AN) && (value ^ before) & FORCES))
        begin(phy);
}

void phy_write(struct phy *phy, unsigned reg, uint16_t value)
{
    if (phy->vendor_write && phy->vendor_write(phy, reg, value))
        return;
    if (phy->regs[MII_BMCR] & BMCR_RESET) { /* 22.2.4.1.1: writes have no effect until it is done */
        if (reg == MII_BMCR || reg == MII_ANAR || reg == MII_CTRL1000)
            fault("PHY register %u is written while the PHY is in reset", reg);
        return;
    }
    if (reg == MII_BMCR)
        write_control(phy, value);
    else if (reg == MII_ANAR)
        phy->regs[reg] = value & ANAR_WRITABLE;
    else if (reg == MII_CTRL1000 && phy->gigabit)
        phy->regs[reg] = value & CTRL1000_WRITABLE;
}

void phy_cable(struct phy *phy)
{
    begin(phy);
}
