/* SPDX-License-Identifier: BSD-2-Clause */
/* JMC2x0: the PHY, how it is reached, its power, and what the MAC knows of the link. */
#include "jme.h"

#include <string.h>

enum { SMI_WRITE = 0x20, SMI_REQUEST = 0x10, PHY_ADDRESS = 1 };
enum { LINK_1000 = 0x8000, LINK_100 = 0x4000, LINK_FULL = 0x2000, LINK_RESOLVED = 0x0800 };
enum { LINK_UP = 0x0400, LINK_AN_DONE = 0x0200 };
enum { PE1_PHY_OFF = 0xc000, PHY_PWR_OFF = 0x0f000000 };
enum { PHY_STATUS = 17, PHY_SPEC_ADDRESS = 30, PHY_SPEC_DATA = 31, PHY_VENDOR_FIRST = 16 };
enum { SPEC_READ = 0x4000, SPEC_WRITE = 0x8000, SPEC_REGS = 256, TEST_MODE = 0xe000 };
enum { SMI_TIME = 200 * MICROSECOND, RESOLVE_TIME = 200 * MICROSECOND };

static uint16_t spec[SPEC_REGS];
static bool has_power;

static bool powered(void)
{
    return jme.is->revision % 16 < 5 ||
           (!(REG(PHY_PWR) & PHY_PWR_OFF) && !(config_get(PE1, 4) & PE1_PHY_OFF));
}

bool jme_link(void)
{
    return jme.phy.link && powered() && !(jme.phy.regs[MII_CTRL1000] & TEST_MODE);
}

uint32_t jme_link_status(void)
{
    uint32_t status = 0;

    if (!jme_link())
        return 0;
    if (jme.resolved)
        status = LINK_RESOLVED | (jme.phy.full ? LINK_FULL : 0) |
                 (jme.phy.speed == 1000  ? LINK_1000
                  : jme.phy.speed == 100 ? LINK_100
                                         : 0);
    return status | LINK_UP | (jme.phy.regs[MII_BMSR] & BMSR_AN_DONE ? LINK_AN_DONE : 0);
}

static void resolved(void *argument)
{
    jme.resolved = true;
    jme_rings_run();
}

static void link_changed(void)
{
    jme.resolved = false;
    not_after(resolved, NULL);
    if (jme.phy.link)
        after(RESOLVE_TIME, resolved, NULL);
    jme_event(INT_LINK);
}

void jme_phy_power(void)
{
    if (has_power != powered())
        phy_cable(&jme.phy); /* it begins anew */
    has_power = powered();
}

static bool vendor_read(struct phy *phy, unsigned reg, uint16_t *value)
{
    if (reg < PHY_VENDOR_FIRST)
        return false;
    *value = reg == PHY_STATUS ? jme_link_status() & ~LINK_AN_DONE : phy->regs[reg];
    return true;
}

static bool vendor_write(struct phy *phy, unsigned reg, uint16_t value)
{
    if (reg == MII_CTRL1000 && (phy->regs[reg] ^ value) & TEST_MODE) {
        phy->regs[reg] = value & 0xff00;
        phy_cable(phy); /* a test ends the link, and after it there is another one */
        return true;
    }
    if (reg < PHY_VENDOR_FIRST)
        return false;
    if (reg == PHY_SPEC_ADDRESS && value & SPEC_READ)
        phy->regs[PHY_SPEC_DATA] = spec[value % SPEC_REGS];
    else if (reg == PHY_SPEC_ADDRESS && value & SPEC_WRITE)
        spec[value % SPEC_REGS] = phy->regs[PHY_SPEC_DATA];
    phy->regs[reg] = value;
    return true;
}

static void smi_done(void *argument)
{
    uint32_t smi = REG(SMI);
    unsigned reg = smi >> 11 & 31;
    bool mine = (smi >> 6 & 31) == PHY_ADDRESS;

    smi &= ~SMI_REQUEST;
    if (smi & SMI_WRITE) {
        if (mine)
            phy_write(&jme.phy, reg, smi >> 16);
    } else {
        smi = (smi & 0xffff) | (uint32_t)(mine ? phy_read(&jme.phy, reg) : 0xffff) << 16;
    }
    REG(SMI) = smi;
}

void jme_smi_write(uint32_t value)
{
    if (REG(SMI) & SMI_REQUEST) {
        fault("the PHY is accessed before the last access is over");
        return;
    }
    REG(SMI) = value;
    if (value & SMI_REQUEST)
        after(SMI_TIME, smi_done, NULL);
}

void jme_phy_start(void)
{
    memset(spec, 0, sizeof(spec));
    has_power = powered();
    REG(GPREG0) = PHY_ADDRESS;
    jme.phy.id1 = 0x0363; /* JMicron's JMP211 */
    jme.phy.id2 = 0x2f31;
    jme.phy.gigabit = jme.is->gigabit;
    jme.phy.reset_ns = 10 * MICROSECOND; /* Linux writes to it right after a reset */
    jme.phy.vendor_read = vendor_read;
    jme.phy.vendor_write = vendor_write;
    phy_reset(&jme.phy);
    jme.phy.changed = link_changed;
}
