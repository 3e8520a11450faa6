/* SPDX-License-Identifier: BSD-2-Clause */
/* Velocity: the PHY, and the management interface. By itself it reads the PHY's status again and
 * again; a driver that wants to read or write a register has to stop that first, and wait until it
 * is idle. */
#include "phy.h"
#include "velocity.h"

enum { MAUTO = 0x80, RCMD = 0x40, WCMD = 0x20, MIDLE = 0x80, ADDRESS = 0x1f, PHY_AT = 1 };
enum { LINK_GOOD = 0x40, FULL_DUPLEX = 0x10, SPEED_1000 = 8, SPEED_10 = 4, PAUSE = 0x400 };
enum {
    STOP_TIME = 60 * MICROSECOND,
    ACCESS_TIME = 60 * MICROSECOND,
    POLL_TIME = 500 * MICROSECOND
};

static bool idle, polling, poll_soon, spoilt;
static uint8_t seen; /* PHYSR0, as the polling found it last */

static void changed(void);
static bool vendor_read(struct phy *phy, unsigned reg, uint16_t *value);
static bool vendor_write(struct phy *phy, unsigned reg, uint16_t value);

static struct phy phy = {
    .gigabit = true,
    .changed = changed,
    .vendor_read = vendor_read,
    .vendor_write = vendor_write,
};

static bool vendor_read(struct phy *it, unsigned reg, uint16_t *value)
{
    *value = it->regs[reg];
    return reg >= 16;
}

static bool vendor_write(struct phy *it, unsigned reg, uint16_t value)
{
    if (reg < 16)
        return false;
    it->regs[reg] = value;
    return true;
}

/* Without a link, speed and duplex stay as they were. */
static uint8_t now(void)
{
    uint8_t status;

    if (!phy.link)
        return seen & ~LINK_GOOD;
    status = LINK_GOOD | (phy.full ? FULL_DUPLEX : 0);
    status |= phy.speed == 1000 ? SPEED_1000 : phy.speed == 10 ? SPEED_10 : 0;
    if (phy.regs[MII_ANAR] & phy.regs[MII_ANLPAR] & PAUSE)
        status |= 3; /* both directions */
    return status;
}

/* A change is reported, and polling is off until the driver turns it on again. */
static void poll(void *unused)
{
    (void)unused;
    poll_soon = false;
    if (!polling || seen == now())
        return;
    seen = now();
    polling = false;
    idle = true;
    velocity.regs[MIICR] &= ~MAUTO;
    velocity_interrupt(ISR_SRC);
    velocity_run();
}

static void look(void)
{
    if (!polling || poll_soon || seen == now())
        return;
    poll_soon = true;
    after(POLL_TIME, poll, NULL);
}

static void changed(void)
{
    look();
}

static void stopped(void *unused)
{
    (void)unused;
    idle = true;
}

static void started(void *unused)
{
    (void)unused;
    idle = false;
    polling = true;
    look();
}

static void accessed(void *unused)
{
    unsigned reg = velocity.regs[MIIADR] & ADDRESS;
    bool there = (velocity.regs[MIICFG] & ADDRESS) == PHY_AT && !spoilt;
    uint16_t value = 0xffff;

    (void)unused;
    if (velocity.regs[MIICR] & RCMD) {
        if (there)
            value = phy_read(&phy, reg);
        velocity.regs[MIIDATA] = value;
        velocity.regs[MIIDATA + 1] = value >> 8;
    } else if (there) {
        phy_write(&phy, reg, velocity_get16(MIIDATA));
    }
    velocity.regs[MIICR] &= ~(RCMD | WCMD);
    idle = true;
}

void velocity_mii_command(uint8_t value)
{
    bool was_polling = polling;

    not_after(stopped, NULL);
    not_after(started, NULL);
    if (value & (RCMD | WCMD)) {
        /* Linux does so when an interrupt comes at the wrong moment: nothing comes of it. */
        spoilt = !idle || polling;
        if (spoilt)
            note("a PHY register is accessed while the management interface is not idle");
        idle = false;
        not_after(accessed, NULL);
        after(ACCESS_TIME, accessed, NULL);
        return;
    }
    polling = false;
    if (value & MAUTO)
        after(STOP_TIME, started, NULL);
    else if (was_polling || !idle)
        after(STOP_TIME, stopped, NULL);
}

uint8_t velocity_mii_status(void)
{
    return idle ? MIDLE : 0;
}

uint8_t velocity_phy_status(void)
{
    return seen;
}

void velocity_mii_reset(void)
{
    not_after(stopped, NULL);
    not_after(started, NULL);
    not_after(accessed, NULL);
    idle = true;
    polling = false;
}

void velocity_phy_reset(void)
{
    phy.id1 = velocity.is->phy_id1;
    phy.id2 = velocity.is->phy_id2;
    seen = SPEED_10;
    poll_soon = false;
    phy_reset(&phy);
}

bool velocity_link(void)
{
    return phy.link;
}

bool velocity_full(void)
{
    return phy.full;
}

unsigned velocity_speed(void)
{
    return phy.speed;
}

void velocity_cable(void)
{
    phy_cable(&phy);
}
