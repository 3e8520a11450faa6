/* SPDX-License-Identifier: BSD-2-Clause */
/* See dmfe.c. The serial EEPROM and the PHY, whose pins CR9 has, and the pins of CR12. A DM9132 has
 * the PHY's registers and its address filter from 80h on. */
#include "dmfe.h"

#include <string.h>

enum { ROM_SELECT = 1, ROM_CLOCK = 2, ROM_IN = 4, ROM_OUT = 8, ROM_ACCESS = 0x4800 };
enum { MDC = 1 << 16, MDO = 1 << 17, MII_READS = 1 << 18, MDI = 1 << 19 };
enum { PIN_DIRECTIONS = 0x100, PIN_PHY_RESET = 0x80 };
enum { LINK_100 = 1, LINK_10 = 2, NO_LINK = 2 };
enum {
    PREAMBLE = 32,
    PHY_ADDRESS = 1,
    PHY_STATUS = 17,
    PHY_STATUS_9132 = 7,
    PHY_FIRST_VENDOR = 16
};
enum { MODE_10 = 0x1000, MODE_10_FULL = 0x2000, MODE_100 = 0x4000, MODE_100_FULL = 0x8000 };
enum { ABLE_10 = 0x0061, ABLE_ALL = 0xffff, BMSR_100 = 0x6000 };
enum { VERSION_4_01 = 0x14, PHY_REGISTERS = 0x80, TABLES = 0xc0, TABLES_END = 0xdc };

static uint16_t media(void)
{
    if (!dmfe.phy.link || !(dmfe.phy.regs[MII_BMSR] & BMSR_AN_DONE))
        return 0;
    if (dmfe.phy.speed == 100)
        return dmfe.phy.full ? MODE_100_FULL : MODE_100;
    return dmfe.phy.full ? MODE_10_FULL : MODE_10;
}

static bool vendor_read(struct phy *phy, unsigned reg, uint16_t *value)
{
    if (reg != (dmfe.is->address_registers ? PHY_STATUS_9132 : PHY_STATUS))
        return false;
    *value = media() | PHY_ADDRESS << 4 | (phy->link ? 8 : 0);
    return true;
}

static bool vendor_write(struct phy *phy, unsigned reg, uint16_t value)
{
    if (reg == MII_ANAR && dmfe.is->ten && value & ~ABLE_10) {
        phy->regs[reg] = value & ABLE_10;
        return true;
    }
    if (reg < PHY_FIRST_VENDOR)
        return false;
    phy->regs[reg] = value;
    return true;
}

static void fill_eeprom(void)
{
    uint16_t *words = dmfe.eeprom.words;

    memset(&dmfe.eeprom, 0, sizeof(dmfe.eeprom));
    dmfe.eeprom.address_bits = 6;
    words[0] = config_get(0x2c, 2);
    words[1] = config_get(0x2e, 2);
    words[9] = 1 << 8 | VERSION_4_01;
    for (unsigned i = 0; i < 3; i++)
        words[10 + i] = card_mac[2 * i] | card_mac[2 * i + 1] << 8;
    words[17] = dmfe.is->ten ? 0x3 : 0xf; /* 10 half and full, 100 half and full */
}

static void reset_phy(void)
{
    phy_reset(&dmfe.phy);
    if (dmfe.is->ten) {
        dmfe.phy.regs[MII_ANAR] &= ABLE_10;
        dmfe.phy.regs[MII_BMSR] &= ~BMSR_100;
    }
}

void dmfe_ports_reset(void)
{
    fill_eeprom();
    dmfe.phy.id1 = 0x0181;
    dmfe.phy.id2 = 0xb840;
    dmfe.phy.vendor_read = vendor_read;
    dmfe.phy.vendor_write = vendor_write;
    dmfe.mdio.phys[PHY_ADDRESS] = &dmfe.phy;
    dmfe.mdio.preamble = PREAMBLE;
    reset_phy();
}

bool dmfe_link(void)
{
    return dmfe.phy.link && !(dmfe.regs[6] & CR6_EXTERNAL) && !dmfe.phy_in_reset;
}

/* The byte that has the link: CR12, in a DM9132 the highest one of CR9. */
static uint8_t link_byte(void)
{
    if (dmfe.is->no_link_bit)
        return dmfe.phy.link ? 0 : NO_LINK;
    if (!dmfe.phy.link)
        return 0;
    return dmfe.phy.speed == 100 ? LINK_100 : LINK_10;
}

/* While the external port is chosen, or the PHY is in reset, nobody answers. */
static bool phy_answers(void)
{
    return !(dmfe.regs[6] & CR6_EXTERNAL) && !dmfe.phy_in_reset;
}

uint32_t dmfe_read_cr9(void)
{
    uint32_t value = dmfe.regs[9] & ~(uint32_t)(ROM_OUT | MDI);

    if (eeprom_out(&dmfe.eeprom))
        value |= ROM_OUT;
    if (!phy_answers() || mdio_in(&dmfe.mdio))
        value |= MDI;
    if (dmfe.is->address_registers)
        value = (value & 0xffffff) | (uint32_t)link_byte() << 24;
    return value;
}

void dmfe_write_cr9(uint32_t value)
{
    bool rom = (value & ROM_ACCESS) == ROM_ACCESS;

    dmfe.regs[9] = value;
    eeprom_pins(&dmfe.eeprom, rom && value & ROM_SELECT, value & ROM_CLOCK, value & ROM_IN);
    if (dmfe.is->address_registers || rom)
        return;
    if (phy_answers())
        mdio_pins(&dmfe.mdio, value & MDC, !(value & MII_READS), value & MDO);
}

uint8_t dmfe_pins(void)
{
    uint8_t inputs = dmfe.is->address_registers ? 0 : link_byte();

    return (dmfe.regs[12] & dmfe.pins) | (inputs & ~dmfe.pins & 0x7f);
}

void dmfe_write_cr12(uint32_t value)
{
    bool reset;

    if (value & PIN_DIRECTIONS)
        dmfe.pins = value & 0xff;
    else
        dmfe.regs[12] = value & 0xff;
    reset = dmfe.regs[12] & dmfe.pins & PIN_PHY_RESET;
    if (dmfe.phy_in_reset && !reset)
        reset_phy();
    dmfe.phy_in_reset = reset;
}

/* --- DM9132 */
static bool is_high(uint32_t reg, unsigned size)
{
    if (size == 2 && reg % 4 == 0 && dmfe.is->address_registers && reg < TABLES_END)
        return true;
    fault("register %#x is accessed with %u bytes", reg, size);
    return false;
}

uint32_t dmfe_read_high(uint32_t reg, unsigned size)
{
    if (!is_high(reg, size))
        return ~0u;
    if (reg >= TABLES)
        return dmfe.tables[(reg - TABLES) / 4];
    return dmfe.phy_in_reset ? 0xffff : phy_read(&dmfe.phy, (reg - PHY_REGISTERS) / 4);
}

static void take_tables(void)
{
    memcpy(dmfe.addresses[0], dmfe.tables, 6);
    memcpy(dmfe.hash, dmfe.tables + 3, 8);
    dmfe.filter = dmfe.hashed = true;
}

void dmfe_write_high(uint32_t reg, uint32_t value, unsigned size)
{
    if (!is_high(reg, size))
        return;
    if (reg >= TABLES) {
        dmfe.tables[(reg - TABLES) / 4] = value;
        take_tables();
    } else if (!dmfe.phy_in_reset)
        phy_write(&dmfe.phy, (reg - PHY_REGISTERS) / 4, value);
}
