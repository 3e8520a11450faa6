/* SPDX-License-Identifier: BSD-2-Clause */
/* VIA Rhine: single accesses to the PHY, and the chip's own polling of the PHY's status. */
#include <string.h>

#include "rhine.h"

enum { MII_WRITE = 0x20, MII_READ = 0x40, MII_AUTO = 0x80, MII_PINS = 0x10 };
enum { MII_DONE = 0x20, MII_WATCH = 0x40, MII_IDLE = 0x80 };
enum { SPEED_10 = 1, LINK_FAIL = 2 };

enum {
    /* Longest times. */
    MII_NS = 64 * 400,         /* 64 bits at 2.5 MHz */
    MII_AGAIN_NS = 1024 * 400, /* between two polls of the PHY */
};

static uint64_t polling_since;

static void look_at_phy(void)
{
    uint8_t old = rhine.regs[MIISR];

    if ((rhine.regs[MIIAD] & 0x1f) != MII_BMSR ||
        (rhine.regs[MPHY] & 0x1f) != rhine.kind->phy_address)
        return;
    rhine.regs[MIISR] &= (uint8_t) ~(LINK_FAIL | SPEED_10);
    if (!(phy_read(&rhine.phy, MII_BMSR) & BMSR_LINK))
        rhine.regs[MIISR] |= LINK_FAIL;
    else if (rhine.phy.speed == 10)
        rhine.regs[MIISR] |= SPEED_10;
    if ((old ^ rhine.regs[MIISR]) & LINK_FAIL && rhine.regs[MIIAD] & MII_WATCH)
        rhine_raise(PORT_CHANGE);
}

/* The next poll would bring the same again, unless the PHY remembered that the link was down. */
static void polled(void *unused)
{
    (void)unused;
    if (!(rhine.regs[MIICR] & MII_AUTO)) {
        rhine.regs[MIIAD] |= MII_IDLE;
        return;
    }
    look_at_phy();
    if (rhine.phy.link && rhine.regs[MIISR] & LINK_FAIL)
        after(MII_AGAIN_NS, polled, NULL);
}

/* MII_DONE is clear while a poll is under way. One driver waits for it to be set, one to be clear.
 */
void rhine_mii_look(void)
{
    uint64_t cycle = (card_now() - polling_since) % (MII_NS + MII_AGAIN_NS);

    rhine.regs[MIIAD] &= (uint8_t)~MII_DONE;
    if (rhine.regs[MIICR] & MII_AUTO && cycle >= MII_NS)
        rhine.regs[MIIAD] |= MII_DONE;
}

static void phy_changed(void)
{
    if (!(rhine.regs[MIICR] & MII_AUTO))
        return;
    not_after(polled, NULL);
    after(MII_AGAIN_NS, polled, NULL);
}

static void mii_done(void *unused)
{
    bool ours = (rhine.regs[MPHY] & 0x1f) == rhine.kind->phy_address;
    unsigned reg = rhine.regs[MIIAD] & 0x1f;
    uint16_t value = (uint16_t)rhine_get(MIIDATA, 2);

    (void)unused;
    if (rhine.regs[MIICR] & MII_WRITE && ours)
        phy_write(&rhine.phy, reg, value);
    if (rhine.regs[MIICR] & MII_READ) {
        value = ours ? phy_read(&rhine.phy, reg) : 0xffff;
        memcpy(rhine.regs + MIIDATA, &value, sizeof value);
    }
    rhine.regs[MIICR] &= (uint8_t) ~(MII_READ | MII_WRITE);
}

static void command(uint8_t value)
{
    uint8_t old = rhine.regs[MIICR];

    if (value & MII_PINS)
        fault("MDIO by single pins is not modelled");
    rhine.regs[MIICR] = value;
    if ((old ^ value) & MII_AUTO) {
        rhine.regs[MIIAD] &= (uint8_t)~MII_IDLE;
        polling_since = card_now();
        not_after(polled, NULL);
        after(MII_NS, polled, NULL);
    }
    if (!(value & (MII_READ | MII_WRITE)))
        return;
    if (value & MII_AUTO)
        fault("access to the PHY while the chip polls it");
    else if (rhine.kind->says_idle && !(rhine.regs[MIIAD] & MII_IDLE))
        fault("access to the PHY before the polling has ended");
    after(2 * MII_NS, mii_done, NULL);
}

void rhine_mii_write(unsigned reg, uint8_t value)
{
    const uint8_t fixed = MII_DONE | MII_IDLE;

    if (rhine.regs[MIICR] & (MII_READ | MII_WRITE))
        fault("register %02x written during an access to the PHY", reg);
    else if (reg == MIICR)
        command(value);
    else if (reg == MIIAD)
        rhine.regs[reg] = (value & (uint8_t)~fixed) | (rhine.regs[reg] & fixed);
    else
        rhine.regs[reg] = value;
}

void rhine_mii_reset(void)
{
    not_after(mii_done, NULL);
    not_after(polled, NULL);
    rhine.regs[MIIAD] = MII_IDLE;
    rhine.regs[MIISR] = LINK_FAIL;
}

void rhine_mii_start(void)
{
    rhine.phy = (struct phy){.id1 = 0x0101, .id2 = 0x8f20, .changed = phy_changed};
    phy_reset(&rhine.phy);
}
