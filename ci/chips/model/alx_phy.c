/* SPDX-License-Identifier: BSD-2-Clause */
/* See alx.c. The PHY (Atheros F1 and its successors), and the management interface to it. */
#include <string.h>

#include "alx.h"
#include "phy.h"

enum { MDIO_EXT = 1 << 30, MDIO_BUSY = 1 << 27, MDIO_SLOW = 7 << 24, MDIO_START = 1 << 23 };
enum { MDIO_READ = 1 << 21, MDIO_REG_AT = 16 };
enum { OUT_OF_RESET = 1, POWER_DOWN = 1 << 14, IDDQ = 1 << 7 };
enum { PSSR = 0x11, IER, PHY_ISR, DEBUG_ADDRESS = 0x1d, DEBUG_DATA, VENDOR = 0x10 };
enum { PSSR_LINK = 0x0400, PSSR_RESOLVED = 0x0800, PSSR_FULL = 0x2000, PSSR_SPEED_AT = 14 };
enum { LINK_UP = 0x0400, LINK_DOWN = 0x0800 };
/* Frames of 32 bits at a 4th or a 128th of 25 MHz; drivers wait 0.8 ms after a reset. */
enum { FAST_ACCESS = 15 * MICROSECOND, SLOW_ACCESS = 200 * MICROSECOND };
enum { RESET_TIME = 700 * MICROSECOND, SOFT_RESET_TIME = 500 * MICROSECOND };
enum { DEBUG_REGS = 64, EXTENDED_REGS = 32, MMD_PCS = 3, MMD_DEVICES = 5, MMDS = 0x0088 };

static void changed(void);
static bool vendor_read(struct phy *phy, unsigned reg, uint16_t *value);
static bool vendor_write(struct phy *phy, unsigned reg, uint16_t value);

static struct phy phy = {
    .id1 = 0x004d, .changed = changed, .vendor_read = vendor_read, .vendor_write = vendor_write};
static bool awake; /* the reset by PHY_CTRL is over */
static uint16_t restart;
static uint16_t debug[DEBUG_REGS];
static struct {
    uint32_t address; /* MMD << 16 | register; 0: not used yet */
    uint16_t value;
} extended[EXTENDED_REGS];

static bool powered(void)
{
    uint32_t control = *alx_reg(PHY_CTRL);

    return awake && !(control & (POWER_DOWN | IDDQ));
}

bool alx_link(void)
{
    return powered() && phy.link;
}

bool alx_full(void)
{
    return phy.full;
}

unsigned alx_speed(void)
{
    return phy.speed;
}

bool alx_phy_interrupt(void)
{
    return phy.regs[PHY_ISR] & phy.regs[IER];
}

static void changed(void)
{
    phy.regs[PHY_ISR] |= phy.link ? LINK_UP : LINK_DOWN;
    alx_interrupt(0);
    alx_run();
}

static bool vendor_read(struct phy *it, unsigned reg, uint16_t *value)
{
    *value = it->regs[reg];
    if (reg == PSSR && it->link)
        *value = PSSR_LINK | PSSR_RESOLVED | (it->full ? PSSR_FULL : 0) |
                 (it->speed == 1000  ? 2
                  : it->speed == 100 ? 1
                                     : 0)
                     << PSSR_SPEED_AT;
    if (reg == PHY_ISR)
        it->regs[reg] = 0;
    if (reg == DEBUG_DATA)
        *value = debug[it->regs[DEBUG_ADDRESS] % DEBUG_REGS];
    return reg >= VENDOR;
}

/* A software reset takes over what was advertised before it, and the vendor's registers stay. */
static void soft_reset_done(void *unused)
{
    (void)unused;
    phy.regs[MII_BMCR] &= ~BMCR_RESET;
    phy_write(&phy, MII_BMCR, restart);
}

static bool vendor_write(struct phy *it, unsigned reg, uint16_t value)
{
    if (reg == MII_BMCR && value & BMCR_RESET) {
        restart = (value & ~BMCR_RESET) | BMCR_RESTART;
        it->regs[MII_BMCR] |= BMCR_RESET;
        not_after(soft_reset_done, NULL);
        after(SOFT_RESET_TIME, soft_reset_done, NULL);
        return true;
    }
    if (reg < VENDOR)
        return false;
    if (reg == DEBUG_DATA)
        debug[it->regs[DEBUG_ADDRESS] % DEBUG_REGS] = value;
    else if (reg != PSSR && reg != PHY_ISR)
        it->regs[reg] = value;
    return true;
}

/* Registers of clause 45, of which drivers use a few. */
static uint16_t *find_extended(void)
{
    uint32_t address = *alx_reg(MDIO_EXTN) & 0x1fffff;
    unsigned i = 0;

    while (i < EXTENDED_REGS - 1 && extended[i].address && extended[i].address != address)
        i++;
    if (extended[i].address != address)
        extended[i].value = address == (MMD_PCS << 16 | MMD_DEVICES) ? MMDS : 0;
    extended[i].address = address;
    return &extended[i].value;
}

static void accessed(void *unused)
{
    uint32_t *mdio = alx_reg(MDIO);
    unsigned reg = *mdio >> MDIO_REG_AT & (MII_REGS - 1);
    uint16_t value = *mdio;

    (void)unused;
    *mdio &= ~(MDIO_BUSY | MDIO_START);
    if (!awake) {
        fault("PHY register %u is accessed before the PHY's reset is over", reg);
        value = 0xffff;
    } else if (*mdio & MDIO_EXT) {
        if (*mdio & MDIO_READ)
            value = *find_extended();
        else
            *find_extended() = value;
    } else if (*mdio & MDIO_READ) {
        value = phy_read(&phy, reg);
    } else {
        phy_write(&phy, reg, value);
    }
    *mdio = (*mdio & 0xffff0000) | value;
    alx_interrupt(0);
}

void alx_mdio(uint32_t value)
{
    uint32_t *mdio = alx_reg(MDIO);

    if (*mdio & MDIO_BUSY) {
        fault("MDIO is written while it is busy");
        return;
    }
    *mdio = value & ~MDIO_BUSY;
    if (!(value & MDIO_START))
        return;
    *mdio |= MDIO_BUSY;
    after((value & MDIO_SLOW) == MDIO_SLOW ? SLOW_ACCESS : FAST_ACCESS, accessed, NULL);
}

static void reset_done(void *unused)
{
    (void)unused;
    awake = true;
    memset(debug, 0, sizeof debug);
    memset(extended, 0, sizeof extended);
    phy_reset(&phy);
}

void alx_phy_control(uint32_t before)
{
    uint32_t now = *alx_reg(PHY_CTRL), changes = before ^ now;

    if (!(changes & (OUT_OF_RESET | POWER_DOWN | IDDQ)))
        return;
    if (changes & OUT_OF_RESET) {
        awake = false;
        not_after(reset_done, NULL);
        not_after(soft_reset_done, NULL);
        if (now & OUT_OF_RESET)
            after(RESET_TIME, reset_done, NULL);
    } else if (awake && powered()) {
        phy_cable(&phy); /* negotiates anew */
    }
    alx_run();
}

/* It is held in reset until a driver releases it. */
void alx_phy_power_on(void)
{
    phy.id2 = alx.is->phy_id2;
    phy.gigabit = !(alx.is->flags & FAST);
    awake = false;
    memset(phy.regs, 0, sizeof phy.regs);
    phy.link = false;
}

void alx_cable(void)
{
    if (awake)
        phy_cable(&phy);
}
