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
static const uint16_t pch_1[] = {0x10ea, 0x10eb, 0x10ef, 0x10f0, 0}; /* 82577, 82578 */
enum { I217_FIRST = 0x153a, I218_ULP_FIRST = 0x1559, I219_FIRST = 0x156f };

enum { PAGE_SELECT = 31, PAGE_SHIFT = 5, SMBUS_PAGE = 769, SMBUS_CONTROL = 23, SMBUS_FORCED = 1 };
enum { POWER_PAGE = 770, POWER_CONTROL = 17, POWER_K1 = 0x4000 };
/* Ultra low power: settings that keep it on (779.16), and how they are committed. */
enum { ULP_PAGE = 779, ULP_CONFIG = 16, ULP_SETTINGS = 0x1d74, ULP_START = 1 };
static bool listed(const uint16_t *list, uint16_t device)
{
    while (*list && *list != device)
        list++;
    return *list;
}

/* All IDs from the first of a chip on are it or newer, and those below 1000h, but ICH9's 294Ch. */
static bool since(uint16_t device, uint16_t first)
{
    return (device < 0x1000 || device >= first) && device != 0x294c;
}

static bool is_82579(uint16_t device)
{
    return (device | 1) == 0x1503;
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

/* 90 ms: longer than a PHY needs after its power has come back, and the MAC to turn to SMBus. */
static void rest(void)
{
    wait_until(false, 10, 10000);
}

/* Set a bit of CTRL for a moment, with the PHY's power off, where that bit lets it through. */
static void pulse(struct nic *nic, uint32_t bit)
{
    reg_change(nic, INTEL_CTRL, CTRL_PHY_ON, bit);
    delay_us(1000);
    reg_change(nic, INTEL_CTRL, bit, 0);
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
    pulse(nic, CTRL_PHY_POWER);
    rest();
    /* It comes up listening to SMBus, if ultra low power was set so. */
    reg_change(nic, INTEL_CTRL_EXT, 0, CTRL_EXT_SMBUS);
    rest();
    phy_change(nic, SMBUS_PAGE, SMBUS_CONTROL, SMBUS_FORCED, 0);
    reg_change(nic, INTEL_CTRL_EXT, CTRL_EXT_SMBUS, 0);
    if (!since(nic->pci.device, I218_ULP_FIRST))
        return; /* knows no ultra low power */
    phy_change(nic, ULP_PAGE, ULP_CONFIG, ULP_SETTINGS, ULP_START);
    pulse(nic, CTRL_PHY_RESET);
}

/* K1 off in the MAC, which takes it when its clock changes. */
static void stop_k1(struct nic *nic)
{
    mmio_write32(nic->mmio, INTEL_KMRN, KMRN_K1 | KMRN_READ);
    delay_us(20);
    reg_change(nic, INTEL_KMRN, KMRN_READ | KMRN_K1_ENABLE, KMRN_K1);
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
        else if (is_82579(nic->pci.device))
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
    if (since(device, I219_FIRST) && (device & 0xfffc) != 0x15a0) /* a group of I218s */
        quirks |= INTEL_KEEP_RINGS;
    intel_prepare(nic, quirks);
    int error = intel_start(nic);
    if (!error && (first || is_82579(device) || since(device, I217_FIRST)))
        set_up_pch(nic, first);
    /* Fiber and SerDes ports of 82571, 82572 and 80003ES2LAN have no PHY: the MAC negotiates. */
    if (!error && !(~reg_read(nic, INTEL_CTRL_EXT) & CTRL_EXT_LINK_MODE))
        mmio_write32(nic->mmio, INTEL_TXCW, TXCW_AUTONEG);
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
