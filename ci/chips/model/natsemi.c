/* SPDX-License-Identifier: BSD-2-Clause */
/* National Semiconductor DP83815 and DP83816 (MacPhyter), with their PHY.
 *
 * Registers and descriptors are those of the datasheets (sections 4 and 5), the order of bits in
 * the EEPROM and page 1 of the PHY's registers as drivers use them: Linux's natsemi, Etherboot's.
 */
#include "natsemi.h"

#include <string.h>

enum { IHR = 0x1c, CCSR = 0x3c, WCSR = 0x40, PCR = 0x44 };
enum { BRAR = 0x50, BRDR = 0x54, SRR = 0x58, MIBC = 0x5c };
enum { MIB = 0x60, MIB_END = 0x7c, PHY = 0x80, PHY_END = 0x100 };
enum { CFG_ANEG_DONE = 1u << 27, CFG_FULL = 1u << 29, CFG_100 = 1u << 30, CFG_LINK = 1u << 31 };
enum { CFG_WRITABLE = 0x00ffe7a9, CFG_DEFAULT = 0x0000e000, PTSCR_LOAD = 4 };
enum { RFCR_PERFECT = 1 << 27, RFCR_HASH = 1 << 21, RFCR_ADDRESS = 0x3ff, HASH_TABLE = 0x200 };
enum { PHYSTS = 0x10, MICR, MISR, PGSEL };
enum { MICR_ENABLE = 2, MISR_MASK_LINK = 0x4000, MISR_INT = 0x8000, MAGIC_FIRST = 0x19 };
enum { RESET_TIME = 1000 * MICROSECOND, LOAD_TIME = 1500 * MICROSECOND };

#define s natsemi_state

static void link_changed(void)
{
    uint16_t *misr = &s.phy.regs[MISR];

    if (s.phy.regs[MICR] & MICR_ENABLE && !(*misr & MISR_MASK_LINK)) {
        *misr |= MISR_INT;
        natsemi_interrupt(INT_PHY);
    }
}

static void load_address(void)
{
    for (unsigned i = 0; i < 3; i++)
        s.filter[i] = card_mac[2 * i] | card_mac[2 * i + 1] << 8;
}

static void defaults(void)
{
    s.cfg = CFG_DEFAULT;
    s.other[SRR / 4] = 0x0505;
}

static uint32_t accepts(const uint8_t *frame)
{
    static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};
    uint32_t bit = natsemi_hash(frame);

    if (!(s.rfcr & RFCR_ON))
        return 0;
    if (memcmp(frame, broadcast, 6) == 0)
        return s.rfcr & RFCR_BROADCAST ? DEST_BROADCAST : 0;
    if (frame[0] & 1) {
        if (s.rfcr & RFCR_MULTICAST ||
            (s.rfcr & RFCR_HASH && s.filter[HASH_TABLE / 2 + bit / 16] >> bit % 16 & 1))
            return DEST_GROUP;
        return 0;
    }
    if (s.rfcr & RFCR_UNICAST || (s.rfcr & RFCR_PERFECT && memcmp(frame, s.filter, 6) == 0))
        return DEST_UNICAST;
    return 0;
}

static void natsemi_reset(void)
{
    static const struct natsemi_chip is = {RESET_TIME, defaults, accepts};

    natsemi_start(&is);
    load_address();
    /* Words 6 to 9 have the address from its lowest bit on, one bit late, and the highest bit of a
     * word first. */
    s.eeprom.address_bits = 6;
    for (unsigned i = 0, at = 15; i < 48; i++, at++)
        if (card_mac[i / 8] >> i % 8 & 1)
            s.eeprom.words[6 + at / 16] |= 0x8000 >> at % 16;
    s.phy.id1 = 0x2000;
    s.phy.id2 = 0x5c21;
    s.phy.changed = link_changed;
    phy_reset(&s.phy);
}

/* --- registers */
static void loaded(void *argument)
{
    s.ptscr &= ~PTSCR_LOAD;
    load_address();
}

static uint32_t read_phy(unsigned reg)
{
    uint32_t value;

    if (s.phy.regs[PGSEL] & 1 && reg >= MAGIC_FIRST)
        return s.page1[reg];
    if (reg == PHYSTS)
        return s.phy.link | (s.phy.speed == 10) << 1 | s.phy.full << 2 |
               !!(s.phy.regs[MII_BMSR] & BMSR_AN_DONE) << 4;
    value = phy_read(&s.phy, reg);
    if (reg == MISR)
        s.phy.regs[reg] &= ~MISR_INT;
    return value;
}

static void write_phy(unsigned reg, uint16_t value)
{
    if (s.phy.regs[PGSEL] & 1 && reg >= MAGIC_FIRST)
        s.page1[reg] = value;
    else if (reg >= MICR)
        s.phy.regs[reg] = value;
    else
        phy_write(&s.phy, reg, value);
}

static uint32_t read_cfg(void)
{
    return s.cfg | (s.phy.link ? CFG_LINK : 0) | (s.phy.link && s.phy.full ? CFG_FULL : 0) |
           (s.phy.link && s.phy.speed == 100 ? CFG_100 : 0) |
           (s.phy.regs[MII_BMSR] & BMSR_AN_DONE ? CFG_ANEG_DONE : 0);
}

static uint32_t read_register(uint32_t reg)
{
    uint32_t value;

    if (natsemi_core_read(reg, &value))
        return value;
    switch (reg) {
    case CFG:
        return read_cfg();
    case MEAR:
        return eeprom_out(&s.eeprom) ? EEDO : 0;
    case PTSCR:
        return s.ptscr;
    case RFDR:
        return s.filter[(s.rfcr & RFCR_ADDRESS) / 2];
    }
    return s.other[reg / 4];
}

static uint32_t natsemi_read(unsigned bar, uint32_t reg, unsigned size)
{
    reg &= 0xff; /* a page of memory has them again and again */
    if (reg % size)
        fault("register %#x is read across a border", reg);
    if (reg >= PHY)
        return read_phy((reg - PHY) / 4) >> 8 * (reg % 4);
    if (size != 4 && reg != MEAR && reg != RFDR)
        fault("register %#x is read with %u bytes", reg, size);
    return read_register(reg & ~3u) >> 8 * (reg % 4);
}

static void write_register(uint32_t reg, uint32_t value)
{
    if (natsemi_core_write(reg, value))
        return;
    switch (reg) {
    case CFG:
        s.cfg = value & CFG_WRITABLE;
        break;
    case MEAR:
        eeprom_pins(&s.eeprom, value & EESEL, value & EECLK, value & EEDI);
        break;
    case PTSCR:
        s.ptscr = value & PTSCR_LOAD;
        if (s.ptscr)
            after(LOAD_TIME, loaded, NULL);
        break;
    case SRR: /* only for reading */
        break;
    case RFDR:
        s.filter[(s.rfcr & RFCR_ADDRESS) / 2] = value;
        break;
    default:
        s.other[reg / 4] = value;
    }
}

static void natsemi_write(unsigned bar, uint32_t reg, uint32_t value, unsigned size)
{
    reg &= 0xff;
    if (s.cr & CR_RST) {
        fault("register %#x is written while the chip is in reset", reg);
        return;
    }
    if (reg >= PHY && reg % 4 == 0)
        write_phy((reg - PHY) / 4, value);
    else if ((size != 4 && reg != RFDR) || reg % 4)
        fault("register %#x is written with %u bytes", reg, size);
    else
        write_register(reg, value);
}

/* Power management (section 4.1), D0 to D3. */
static const uint8_t capabilities[] = {1, 0, 0x02, 0xff, 0, 0, 0, 0};
static const uint8_t writable[] = {0, 0, 0, 0, 0x03, 0x01, 0, 0};

static const struct chip natsemi = {
    .name = "dp83816",
    .vendor = 0x100b,
    .device = 0x0020,
    .sub_vendor = 0x1385,
    .sub_device = 0xf311,
    .speed = 100,
    .bars = {{256, true}, {4096, false}},
    .capabilities = capabilities,
    .writable = writable,
    .capabilities_size = sizeof(capabilities),
    .reset = natsemi_reset,
    .read = natsemi_read,
    .write = natsemi_write,
    .receive = natsemi_receive,
    .ready = natsemi_ready,
    .cable = natsemi_cable,
};
CHIP(natsemi);
