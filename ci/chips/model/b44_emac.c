/* SPDX-License-Identifier: BSD-2-Clause */
/* See b44.c. The Ethernet MAC: the PHY and how it is reached, the table of addresses, counters. */
#include "b44.h"

#include <string.h>

enum { INTERNAL_PHY = 0x400, PHY_RESET = 0x8000, PHY_ADDRESS = 1 };
enum { AUXILIARY = 24, AUX_FULL = 1, AUX_100 = 2, AUX_FIRST = 16 };
enum { MDIO_READ = 2, MDIO_WRITE = 1, MDIO_START = 1, MDIO_TURN = 2, MDC_DIVISOR = 0x7f };
enum { EMAC_MII = 1, CAM_ENABLE = 1, CAM_READ = 4, CAM_WRITE = 8, CAM_VALID = 0x10000 };
enum { ENET_ENABLE = 1, ENET_DISABLE = 2, ENET_EXTERNAL = 8 };
enum { NO_BROADCAST = 1, ALL_GROUPS = 2, PROMISCUOUS = 8, CLEAR_ON_READ = 1 };
enum { HEADER_LAST = 0x800, HEADER_GROUP = 0x20, HEADER_BROADCAST = 0x40, HEADER_MISS = 0x80 };
enum { LONGEST = 1518, SIZES = 6 };
#define CAM_BUSY 0x80000000u
enum { MDIO_TIME = 30 * MICROSECOND, CAM_TIME = 10 * MICROSECOND };
enum { DISABLE_TIME = 130 * MICROSECOND, PHY_RESET_TIME = 90 * MICROSECOND };

static uint32_t *at(uint32_t reg)
{
    return &b44.regs[reg / 4];
}

/* --- the PHY */
static bool vendor_read(struct phy *phy, unsigned reg, uint16_t *value)
{
    if (b44.phy_down && reg == MII_BMSR)
        *value = phy->regs[MII_BMSR] & ~BMSR_AN_DONE;
    else if (reg == AUXILIARY)
        *value = (phy->link && phy->full ? AUX_FULL : 0) |
                 (phy->link && phy->speed == 100 ? AUX_100 : 0);
    else
        return false;
    return true;
}

static bool vendor_write(struct phy *phy, unsigned reg, uint16_t value)
{
    if (reg < AUX_FIRST)
        return false;
    phy->regs[reg] = value;
    return true;
}

static void link_changed(void)
{
    b44_interrupt(ISTAT_LINK);
}

void b44_phy_power(bool down)
{
    if (b44.phy_down && !down)
        phy_cable(&b44.phy); /* it negotiates anew */
    b44.phy_down = down;
}

bool b44_link(void)
{
    return b44.phy.link && !b44.phy_down && !(*at(DEVCTRL) & PHY_RESET);
}

static void mdio_done(void *argument)
{
    uint32_t frame = *at(MDIO_DATA);
    bool mine = (frame >> 23 & 31) == PHY_ADDRESS && !(*at(DEVCTRL) & PHY_RESET) &&
                !(*at(ENET_CTRL) & ENET_EXTERNAL);
    unsigned reg = frame >> 18 & 31;

    b44.mdio_busy = false;
    if ((frame >> 28 & 3) == MDIO_READ)
        *at(MDIO_DATA) = (frame & 0xffff0000) | (mine ? phy_read(&b44.phy, reg) : 0xffff);
    else if (mine)
        phy_write(&b44.phy, reg, frame);
    *at(EMAC_ISTAT) |= EMAC_MII;
}

static void start_mdio(uint32_t frame)
{
    unsigned operation = frame >> 28 & 3;

    if (b44.mdio_busy)
        fault("MDIO_DATA is written while a frame is on its way to the PHY");
    else if (!(*at(MDIO_CTRL) & MDC_DIVISOR))
        fault("MDIO_DATA is written while MDC has no clock");
    else if (frame >> 30 != MDIO_START || (frame >> 16 & 3) != MDIO_TURN ||
             (operation != MDIO_READ && operation != MDIO_WRITE))
        fault("MDIO_DATA is written with %#x, which is no frame", frame);
    else {
        *at(MDIO_DATA) = frame;
        b44.mdio_busy = true;
        after(MDIO_TIME, mdio_done, NULL);
    }
}

static void write_devctrl(uint32_t value)
{
    bool was_reset = *at(DEVCTRL) & PHY_RESET;

    *at(DEVCTRL) = value | INTERNAL_PHY;
    if (was_reset && !(value & PHY_RESET))
        phy_reset(&b44.phy);
}

/* --- the table of addresses */
static void cam_done(void *argument)
{
    uint32_t control = *at(CAM_CTRL), low = *at(CAM_DATA_LO), high = *at(CAM_DATA_HI);
    unsigned index = control >> 16 & 63;
    uint8_t *entry = b44.cam[index];

    b44.cam_busy = false;
    if (control & CAM_WRITE) {
        const uint8_t address[6] = {high >> 8, high, low >> 24, low >> 16, low >> 8, low};

        memcpy(entry, address, sizeof(address));
        b44.cam_valid[index] = high & CAM_VALID;
    } else {
        *at(CAM_DATA_HI) = entry[0] << 8 | entry[1] | (b44.cam_valid[index] ? CAM_VALID : 0);
        *at(CAM_DATA_LO) = (uint32_t)entry[2] << 24 | entry[3] << 16 | entry[4] << 8 | entry[5];
    }
}

static void write_cam(uint32_t reg, uint32_t value)
{
    if (b44.cam_busy) {
        fault("register %#x is written while the table of addresses is busy", reg);
        return;
    }
    *at(reg) = value & ~CAM_BUSY;
    if (reg == CAM_CTRL && value & (CAM_READ | CAM_WRITE)) {
        b44.cam_busy = true;
        after(CAM_TIME, cam_done, NULL);
    }
}

static bool in_cam(const uint8_t *address)
{
    if (*at(CAM_CTRL) & CAM_ENABLE)
        for (unsigned i = 0; i < 64; i++)
            if (b44.cam_valid[i] && memcmp(b44.cam[i], address, 6) == 0)
                return true;
    return false;
}

uint32_t b44_accepted(const uint8_t *frame)
{
    static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};
    uint32_t config = *at(RXCONFIG);

    if (!b44.enabled)
        return 0;
    if (memcmp(frame, broadcast, 6) == 0 && !(config & NO_BROADCAST))
        return HEADER_LAST | HEADER_BROADCAST;
    if (in_cam(frame))
        return HEADER_LAST | (frame[0] & 1 ? HEADER_GROUP : 0);
    if (frame[0] & 1 && config & ALL_GROUPS)
        return HEADER_LAST | HEADER_GROUP;
    return config & PROMISCUOUS ? HEADER_LAST | HEADER_MISS : 0;
}

/* --- counters */
void b44_count(uint32_t base, const uint8_t *frame, size_t len)
{
    uint32_t *counts = at(base);
    unsigned bin = 0;

    while (bin < SIZES - 1 && len > 64 && len >= 64u << bin)
        bin++;
    counts[GOOD_OCTETS] += len;
    counts[GOOD_FRAMES]++;
    counts[OCTETS] += len;
    counts[FRAMES]++;
    if (frame[0] & 1)
        counts[frame[0] == 0xff ? BROADCASTS : GROUPS]++;
    counts[UP_TO_64 + bin]++;
}

void b44_missed(void)
{
    at(MIB_RX)[RX_MISSED]++;
}

/* --- on and off */
static void disabled(void *argument)
{
    *at(ENET_CTRL) &= ~(uint32_t)ENET_DISABLE;
    b44.enabled = false;
}

static void write_enet(uint32_t value)
{
    if (*at(ENET_CTRL) & ENET_DISABLE)
        fault("ENET_CTRL is written while the MAC comes to an end");
    *at(ENET_CTRL) = value & (ENET_EXTERNAL | ENET_DISABLE);
    if (value & ENET_DISABLE)
        after(DISABLE_TIME, disabled, NULL);
    else if (value & ENET_ENABLE)
        b44.enabled = true;
}

void b44_emac_reset(bool power_on)
{
    uint32_t devctrl = *at(DEVCTRL);

    not_after(mdio_done, NULL);
    not_after(cam_done, NULL);
    not_after(disabled, NULL);
    memset(b44.regs, 0, sizeof(b44.regs));
    b44.mdio_busy = b44.cam_busy = b44.enabled = false;
    *at(RXMAXLEN) = *at(TXMAXLEN) = LONGEST;
    *at(DEVCTRL) = devctrl; /* the PHY is not part of the core */
    if (!power_on)
        return;
    *at(DEVCTRL) = INTERNAL_PHY | PHY_RESET;
    b44.phy.id1 = 0x0040; /* as a BCM5221; nobody looks */
    b44.phy.id2 = 0x61e4;
    b44.phy.reset_ns = PHY_RESET_TIME;
    b44.phy.vendor_read = vendor_read;
    b44.phy.vendor_write = vendor_write;
    b44.phy.changed = link_changed;
    phy_reset(&b44.phy);
}

uint32_t b44_emac_read(uint32_t reg)
{
    uint32_t value = *at(reg);

    if (reg == CAM_CTRL)
        return value | (b44.cam_busy ? CAM_BUSY : 0);
    if (reg == ENET_CTRL)
        return value | (b44.enabled ? ENET_ENABLE : 0);
    if (reg == MDIO_DATA && b44.mdio_busy)
        fault("MDIO_DATA is read while a frame is on its way to the PHY");
    if (reg >= MIB_TX && *at(MIB_CTRL) & CLEAR_ON_READ)
        *at(reg) = 0;
    return value;
}

void b44_emac_write(uint32_t reg, uint32_t value)
{
    if (reg == DEVCTRL)
        write_devctrl(value);
    else if (reg == MDIO_DATA)
        start_mdio(value);
    else if (reg == EMAC_ISTAT)
        *at(reg) &= ~value;
    else if (reg >= CAM_DATA_LO && reg <= CAM_CTRL)
        write_cam(reg, value);
    else if (reg == ENET_CTRL)
        write_enet(value);
    else if (reg < MIB_TX)
        *at(reg) = value;
}
