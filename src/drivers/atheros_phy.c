/* SPDX-License-Identifier: BSD-2-Clause */
/* Atheros's gigabit families, see atheros.h: the PHY, the address, the link. There is no public
 * datasheet: registers, their order and times are as in Linux's alx, atl1c and atl1e, and in
 * FreeBSD's alc and ale. */
#include "atheros.h"

#include "lib/string.h"
#include "mii.h"
#include "platform/bios/timer.h"

enum {
    EFLD = 0x204, /* load the address from flash or EEPROM, ... */
    SLD = 0x218,  /* ... from fuses, or of earlier chips from the EEPROM */
    PHY_CTRL = 0x140c,
    MDIO = 0x1414,
    MDIO_EXTN = 0x1448,
    STAD0 = 0x1488,
    STAD1 = 0x148c,
    WOL = 0x14a0,
};
enum { PHY_RUNS = 1, PHY_DEFAULT = 0x1c00 /* reset with its analog part, may hibernate */ };
enum { MDIO_EXT = 1 << 30, MDIO_BUSY = 1 << 27, MDIO_SLOW = 7 << 24, MDIO_START = 1 << 23 };
enum { MDIO_NO_PREAMBLE = 1 << 22, MDIO_READ = 1 << 21 };
enum { LOAD_START = 1 << 11, LOAD_BUSY = 1 << 12, EFLD_START = 1, EFLD_BUSY = 1 << 5 };
enum { PHY_STATUS = 0x11, STATUS_1000 = 0x8000, STATUS_RESOLVED = 0x0800 };
enum { DEBUG_ADDRESS = 0x1d, DEBUG_DATA = 0x1e, MII_1000_CONTROL = 9, ABLE_1000_FULL = 0x0200 };
enum { BMCR_RESET = 0x8000, ANAR = 0x01e1 };
/* MAC: broadcast, all groups, preamble of 7 bytes, pad, FCS. The duplex bit is where the PHY's
 * status has it, 8 bits higher. */
enum { MAC_COMMON = 1 << 26 | 1 << 25 | 7 << 10 | 1 << 7 | 1 << 6, MAC_FULL = 1 << 5 };
enum { MAC_1000 = 2 << 20, MAC_10_100 = 1 << 20, MAC_ENABLE = 3 };

struct atheros atheros;

/* One transaction with the PHY. The clock is one that it follows in hibernation, too. */
static uint16_t mdio(uint32_t command)
{
    atheros_write(MDIO, command | MDIO_START | MDIO_SLOW | MDIO_NO_PREAMBLE);
    wait_until(!(atheros_read(MDIO) & (MDIO_BUSY | MDIO_START)), 200, 10);
    return atheros_read(MDIO);
}

static uint16_t phy_read(unsigned reg)
{
    return mdio(MDIO_READ | reg << 16);
}

static void phy_write(unsigned reg, uint32_t value)
{
    mdio(reg << 16 | value);
}

static uint32_t changed(const struct atheros_setting *set, uint32_t value)
{
    if (set->at & ATHEROS_SET)
        return value | set->value;
    return set->at & ATHEROS_CLEAR ? value & ~set->value : set->value;
}

void atheros_apply(const struct atheros_setting *set)
{
    for (; set && set->at != ATHEROS_END; set++)
        atheros_write((uint16_t)set->at, changed(set, atheros_read((uint16_t)set->at)));
}

static void apply_phy(const struct atheros_setting *set)
{
    for (; set && set->at != ATHEROS_END; set++) {
        if (set->at & ATHEROS_MMD(31)) {
            atheros_write(MDIO_EXTN, set->at);
            mdio(MDIO_EXT | set->value);
        } else {
            phy_write(DEBUG_ADDRESS, (uint16_t)set->at);
            phy_write(DEBUG_DATA, changed(set, phy_read(DEBUG_DATA)));
        }
    }
}

void atheros_start_phy(bool gigabit)
{
    uint32_t control = PHY_DEFAULT | atheros.chip->phy_control;

    atheros_write(PHY_CTRL, control);
    delay_us(2000);
    atheros_write(PHY_CTRL, control | PHY_RUNS);
    delay_us(2000);
    apply_phy(atheros.chip->phy_more);
    apply_phy(atheros.chip->phy);
    phy_write(MII_ANAR, ANAR);
    phy_write(MII_1000_CONTROL, gigabit ? ABLE_1000_FULL : 0);
    phy_write(MII_BMCR, BMCR_RESET | BMCR_AUTONEG | BMCR_RESTART);
}

/* The card has it the other way round. */
static bool read_address(uint8_t *mac)
{
    uint32_t address[2] = {atheros_read(STAD0), atheros_read(STAD1)};

    for (unsigned i = 0; i < 6; i++)
        mac[i] = ((uint8_t *)address)[5 - i];
    return (address[0] | address[1]) && !(mac[0] & 1);
}

static void load_address(unsigned reg, uint32_t start, uint32_t busy)
{
    wait_until(!(atheros_read(reg) & (start | busy)), 100, 1000);
    atheros_write(reg, atheros_read(reg) | start);
    wait_until(!(atheros_read(reg) & start), 100, 1000);
}

int atheros_read_address(uint8_t *mac)
{
    if (read_address(mac))
        return 0;
    load_address(SLD, LOAD_START, LOAD_BUSY);
    if (!read_address(mac) && atheros.chip->has_flash)
        load_address(EFLD, EFLD_START, EFLD_BUSY);
    return read_address(mac) ? 0 : E_NO_NIC;
}

void atheros_write_address(const uint8_t *mac)
{
    atheros_write(STAD0, (uint32_t)mac[2] << 24 | mac[3] << 16 | mac[4] << 8 | mac[5]);
    atheros_write(STAD1, mac[0] << 8 | mac[1]);
}

bool atheros_map(struct nic *nic, const struct atheros_chip *chip)
{
    atheros.chip = chip;
    atheros.mmio = nic->mmio = (volatile uint8_t *)pci_find_bar(&nic->pci, false);
    if (!nic->mmio)
        return false;
    pci_enable(&nic->pci, PCI_COMMAND_MEMORY);
    atheros_write(WOL, 0);
    atheros_apply(chip->start);
    return true;
}

/* The MAC does not follow the PHY: it runs once it is known how fast. */
bool atheros_link(struct nic *nic)
{
    uint16_t status;

    (void)nic;
    phy_read(MII_BMSR);
    if (!(phy_read(MII_BMSR) & BMSR_LINK))
        return false;
    status = phy_read(PHY_STATUS);
    if (!(status & STATUS_RESOLVED))
        return false;
    atheros_write(ATHEROS_MAC, atheros.chip->mac_control | MAC_COMMON | (status >> 8 & MAC_FULL) |
                                   (status & STATUS_1000 ? MAC_1000 : MAC_10_100) | MAC_ENABLE);
    return true;
}

bool atheros_interrupt(struct nic *nic, enum nic_interrupt action)
{
    uint32_t status = atheros_read(ATHEROS_ISR) & ATHEROS_ISR_RX;

    (void)nic;
    atheros_write(ATHEROS_ISR, status);
    if (action == INTERRUPT_ACKNOWLEDGE)
        return status;
    atheros_write(ATHEROS_IMR, action == INTERRUPT_ON ? ATHEROS_ISR_RX : 0);
    return false;
}
