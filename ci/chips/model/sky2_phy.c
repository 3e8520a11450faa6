/* SPDX-License-Identifier: BSD-2-Clause */
/* Yukon 2: the PHY, and the serial interface that reaches it. Its registers from 16 on have pages.
 */
#include <string.h>

#include "phy.h"
#include "sky2.h"

enum { SMI_READ = 0x20, SMI_VALID = 0x10, SMI_BUSY = 8, SMI_DATA = 0x2884, DEV_REG1 = 0x1c40 };
/* A slow clock of the interface, so that whoever does not wait is seen on any machine. */
enum { POWERED_DOWN = 1 << 26, SMI_TIME = 200 * MICROSECOND };
enum { PHY_STATUS = 17, PHY_MASK, PHY_EVENTS, PHY_PAGE = 22, PAGES = 256 };
enum {
    EVENT_NEGOTIATED = 0x0800,
    EVENT_LINK = 0x0400,
    EVENT_SPEED = 0x4000,
    EVENT_DUPLEX = 0x2000
};
enum { STATUS_FULL = 0x2000, STATUS_RESOLVED = 0x0800, STATUS_LINK = 0x0400 };

static uint16_t paged[PAGES][MII_REGS], events;
static uint8_t page;
static bool busy, valid;
static uint16_t smi;

static void changed(void);
static bool marvell_read(struct phy *phy, unsigned reg, uint16_t *value);
static bool marvell_write(struct phy *phy, unsigned reg, uint16_t value);

static struct phy phy = {
    .id1 = 0x0141,
    .changed = changed,
    .vendor_read = marvell_read,
    .vendor_write = marvell_write,
};

static void update(void)
{
    sky2_interrupt(IRQ_PHY, events & paged[0][PHY_MASK]);
}

static void changed(void)
{
    events |= EVENT_LINK | (phy.link ? EVENT_NEGOTIATED | EVENT_SPEED | EVENT_DUPLEX : 0);
    update();
}

static uint16_t specific_status(void)
{
    if (!phy.link)
        return 0;
    return STATUS_LINK | STATUS_RESOLVED | (phy.full ? STATUS_FULL : 0) |
           (phy.speed == 1000  ? 0x8000
            : phy.speed == 100 ? 0x4000
                               : 0);
}

static bool marvell_read(struct phy *unused, unsigned reg, uint16_t *value)
{
    (void)unused;
    if (reg < 16 && !page)
        return false;
    *value = paged[page][reg];
    if (reg == PHY_PAGE)
        *value = page;
    if (page || reg == PHY_PAGE)
        return true;
    if (reg == PHY_STATUS)
        *value = specific_status();
    if (reg == PHY_EVENTS) {
        *value = events;
        events = 0;
        update();
    }
    return true;
}

static bool marvell_write(struct phy *it, unsigned reg, uint16_t value)
{
    if (reg == PHY_PAGE && sky2.is->pages) {
        page = value;
        return true;
    }
    if (reg < 16 && !page) {
        if (reg != MII_BMCR || !(value & BMCR_RESET))
            return false;
        /* A reset by software keeps what was set, and applies it. */
        phy_write(it, reg, (value & ~BMCR_RESET) | BMCR_RESTART);
        return true;
    }
    if (page || (reg != PHY_STATUS && reg != PHY_EVENTS))
        paged[page][reg] = value;
    update();
    return true;
}

void sky2_phy_reset(void)
{
    phy.id2 = sky2.is->phy_id2;
    phy.gigabit = sky2.is->gigabit;
    memset(paged, 0, sizeof paged);
    page = 0;
    busy = valid = false;
    phy_reset(&phy);
    events = 0;
    update();
}

static void smi_done(void *unused)
{
    unsigned reg = smi >> 6 & 31;
    bool there = !(smi >> 11) && sky2.gphy_ready && !(sky2_get32(DEV_REG1) & POWERED_DOWN);

    (void)unused;
    busy = false;
    valid = smi & SMI_READ;
    if (smi & SMI_READ)
        sky2_put32(SMI_DATA, there ? phy_read(&phy, reg) : 0xffff);
    else if (there)
        phy_write(&phy, reg, sky2_get16(SMI_DATA));
}

void sky2_smi(uint16_t control)
{
    if (busy)
        fault("SMI control is written while an access is in progress");
    if (!sky2.gmac_ready)
        fault("the PHY is accessed while the GMAC is in reset");
    smi = control;
    busy = true;
    valid = false;
    after(SMI_TIME, smi_done, NULL);
}

uint16_t sky2_smi_control(void)
{
    return (smi & ~(SMI_BUSY | SMI_VALID)) | (busy ? SMI_BUSY : 0) | (valid ? SMI_VALID : 0);
}

bool sky2_link(void)
{
    return phy.link && sky2.gphy_ready && !(sky2_get32(DEV_REG1) & POWERED_DOWN);
}

unsigned sky2_speed(void)
{
    return phy.link ? phy.speed : 10;
}

bool sky2_full(void)
{
    return phy.full;
}

void sky2_cable(void)
{
    phy_cable(&phy);
}
