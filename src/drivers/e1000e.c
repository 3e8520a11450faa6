/* SPDX-License-Identifier: BSD-2-Clause */
/* Intel 8257x, 82583, 80003ES2LAN and the gigabit MACs of ICH and PCH chip sets (I217, I218, I219).
 *
 * Platform controller hubs share the PHY with their management engine and hardware, so software
 * asks for it by a flag. The BIOS has set it up, and nothing is reset that works: the link is there
 * sooner. It is helped where the system before left it without link:
 *  - powered down or without autonegotiation;
 *  - listening to SMBus, or in ultra low power (I218, I219), where it hears only its power pin, or
 *    the management engine has to wake it.
 * Errata that lose frames are worked around, as far as they show at full speed: K1, the power
 * saving between MAC and PHY (82577 to 82579), and its beacons (I217 and later). */
#include "intel_gbe.h"
#include "intel_regs.h"
#include "mii.h"
#include "platform/bios/io.h"
#include "platform/bios/timer.h"

/* Chips with a PHY of their own at MDIC address 1: 82571, 82572, 82573, 82574, 82583. */
static const uint16_t own_phy[] = {0x105e, 0x107d, 0x108b, 0x108c, 0x109a, 0x10a4, 0x10b9,
                                   0x10bc, 0x10d3, 0x10d5, 0x10f6, 0x150c, 0};
static const uint16_t ich8[] = {0x1049, 0x104a, 0x104b, 0x104c, 0x104d, 0x10c4, 0x10c5, 0x1501, 0};
/* 82577 and 82578; and those after the 82579's 1502h that have no platform controller hub */
static const uint16_t pch_1[] = {0x10ea, 0x10eb, 0x10ef, 0x10f0, 0};
static const uint16_t later_ich[] = {0x150c, 0x1525, 0x294c, 0};

enum { PAGE_SELECT = 31, PAGE_SHIFT = 5, SMBUS_PAGE = 769, SMBUS_CONTROL = 23, SMBUS_FORCED = 1 };
enum { POWER_PAGE = 770, POWER_CONTROL = 17, POWER_K1 = 0x4000 };
/* Ultra low power: settings that keep it on (779.16), and how they are committed. */
enum { ULP_PAGE = 779, ULP_CONFIG = 16, ULP_SETTINGS = 0x1d74, ULP_START = 1 };
/* 1000BASE-X without PHY: fiber and SerDes ports of 82571, 82572, 80003ES2LAN */
static const uint16_t serdes[] = {0x105f, 0x1060, 0x107e, 0x107f, 0x1098,
                                  0x10a5, 0x10bb, 0x10d9, 0x10da, 0};

static bool listed(const uint16_t *list, uint16_t device)
{
    while (*list && *list != device)
        list++;
    return *list;
}

/* All IDs from 156Fh on are I219s, except for a group of I218s (15A0h to 15A3h) and ICH9's 294Ch.
 * IDs below 1000h are newer I219s. */
static bool is_i219(uint16_t device)
{
    return (device < 0x1000 || device >= 0x156f) && (device & 0xfffc) != 0x15a0 && device != 0x294c;
}

static uint32_t reg_read(const struct nic *nic, unsigned reg)
{
    return mmio_read32(nic->mmio, reg);
}

/* Clear and set bits of a register. Returns what it was. */
static uint32_t reg_change(const struct nic *nic, unsigned reg, uint32_t clear, uint32_t set)
{
    uint32_t value = reg_read(nic, reg);

    mmio_write32(nic->mmio, reg, (value & ~clear) | set);
    return value;
}

/* The same with a PHY register of a page. */
static void phy_change(struct nic *nic, unsigned page, unsigned reg, unsigned clear, unsigned set)
{
    intel_mdic(nic, MDIC_PHY_1 | MDIC_WRITE | PAGE_SELECT << MDIC_REGISTER | page << PAGE_SHIFT);
    int value = intel_mdic(nic, MDIC_PHY_1 | MDIC_READ | reg << MDIC_REGISTER);
    if (value >= 0)
        intel_mdic(nic, MDIC_PHY_1 | MDIC_WRITE | reg << MDIC_REGISTER | (value & ~clear) | set);
}

/* Make a PHY answer that does not: by the management engine, or by taking its power away for a
 * moment. */
static void wake_phy(struct nic *nic)
{
    if (reg_read(nic, INTEL_FWSM) & FWSM_VALID) {
        reg_change(nic, INTEL_H2ME, H2ME_ULP, H2ME_ENFORCE);
        wait_until(!(reg_read(nic, INTEL_FWSM) & FWSM_ULP), 100, 10000);
        reg_change(nic, INTEL_H2ME, H2ME_ENFORCE, 0);
        return;
    }
    reg_change(nic, INTEL_CTRL, CTRL_PHY_ON, CTRL_PHY_POWER);
    delay_us(1000);
    reg_change(nic, INTEL_CTRL, CTRL_PHY_POWER, 0);
    wait_until(reg_read(nic, INTEL_CTRL_EXT) & CTRL_EXT_POWER_CYCLED, 12, 10000);
    delay_us(30000);
    /* It comes up listening to SMBus, if ultra low power was set so. */
    reg_change(nic, INTEL_CTRL_EXT, 0, CTRL_EXT_SMBUS);
    delay_us(50000);
    phy_change(nic, SMBUS_PAGE, SMBUS_CONTROL, SMBUS_FORCED, 0);
    reg_change(nic, INTEL_CTRL_EXT, CTRL_EXT_SMBUS, 0);
    if (nic->pci.device >= 0x1000 && nic->pci.device < 0x1559)
        return; /* knows no ultra low power */
    phy_change(nic, ULP_PAGE, ULP_CONFIG, ULP_SETTINGS, 0);
    phy_change(nic, ULP_PAGE, ULP_CONFIG, 0, ULP_START);
    reg_change(nic, INTEL_FEXTNVM7, FEXTNVM7_KEEP_SMBUS, 0);
    reg_change(nic, INTEL_CTRL, 0, CTRL_PHY_RESET);
    delay_us(100);
    reg_change(nic, INTEL_CTRL, CTRL_PHY_RESET, 0);
}

/* K1 off in the MAC, which takes it when its clock changes. */
static void stop_k1(struct nic *nic)
{
    mmio_write32(nic->mmio, INTEL_KMRN, KMRN_K1 | KMRN_READ);
    delay_us(20);
    reg_change(nic, INTEL_KMRN, KMRN_READ | KMRN_K1_ENABLE, KMRN_K1);
    delay_us(20);
    uint32_t ctrl = reg_change(nic, INTEL_CTRL, CTRL_SPEED, CTRL_FORCE_SPEED);
    uint32_t ext = reg_change(nic, INTEL_CTRL_EXT, 0, CTRL_EXT_SPEED_BYPASS);
    delay_us(20);
    mmio_write32(nic->mmio, INTEL_CTRL, ctrl);
    mmio_write32(nic->mmio, INTEL_CTRL_EXT, ext);
}

/* See to the PHY of a platform controller hub. */
static void set_up_pch(struct nic *nic, bool first)
{
    reg_change(nic, INTEL_EXTCNF, 0, EXTCNF_SOFTWARE);
    if (wait_until(reg_read(nic, INTEL_EXTCNF) & EXTCNF_SOFTWARE, 100, 2000)) {
        int control = intel_mdic(nic, MDIC_PHY_2 | MDIC_READ | MII_BMCR << MDIC_REGISTER);
        if (control < 0)
            wake_phy(nic);
        else if ((control & (BMCR_POWER_DOWN | BMCR_ISOLATE | BMCR_AUTONEG)) != BMCR_AUTONEG)
            intel_mdic(nic, MDIC_PHY_2 | MDIC_WRITE | MII_BMCR << MDIC_REGISTER | BMCR_AUTONEG |
                                BMCR_RESTART);
        if (first)
            stop_k1(nic);
        else if ((nic->pci.device | 1) == 0x1503)
            phy_change(nic, POWER_PAGE, POWER_CONTROL, POWER_K1, 0);
        else
            reg_change(nic, INTEL_FEXTNVM4, 0, FEXTNVM4_BEACON_8US);
    }
    reg_change(nic, INTEL_EXTCNF, EXTCNF_SOFTWARE, 0);
}

static int e1000e_open(struct nic *nic)
{
    uint16_t device = nic->pci.device;
    bool first = listed(pch_1, device);
    unsigned quirks = INTEL_PCIE;

    if (listed(own_phy, device))
        quirks |= INTEL_PHY;
    if (listed(ich8, device))
        quirks |= INTEL_PBS_ICH8;
    if (is_i219(device))
        quirks |= INTEL_KEEP_RINGS;
    int error = intel_open(nic, quirks);
    if (!error && (first || ((device < 0x1000 || device >= 0x1502) && !listed(later_ich, device))))
        set_up_pch(nic, first);
    if (!error && listed(serdes, device)) {
        mmio_write32(nic->mmio, INTEL_SCTL, SCTL_NO_LOOPBACK); /* no reset ends it */
        mmio_write32(nic->mmio, INTEL_TXCW, TXCW_AUTONEG);
    }
    return error;
}

static const struct net_driver e1000e_driver = {
    .name = "e1000e",
    .probe = intel_probe,
    .open = e1000e_open,
    .poll = intel_poll,
    .transmit = intel_transmit,
    .link = intel_link,
    .interrupt = intel_interrupt,
    .close = intel_close,
};

NET_DRIVER(e1000e_driver);
