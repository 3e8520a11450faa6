/* SPDX-License-Identifier: BSD-2-Clause */
/* National Semiconductor DP83815 and DP83816 (MacPhyter), with their PHY.
 *
 * Registers and descriptors are those of the datasheets (sections 4 and 5), the order of bits in
 * the EEPROM and page 1 of the PHY's registers as drivers use them: Linux's natsemi, Etherboot's.
 */
#include "natsemi.h"

#include <string.h>

enum { CR = 0x00, CFG = 0x04, MEAR = 0x08, PTSCR = 0x0c, ISR = 0x10, IMR = 0x14, IER = 0x18 };
enum { IHR = 0x1c, TXDP = 0x20, TXCFG = 0x24, RXDP = 0x30, RXCFG = 0x34, CCSR = 0x3c, WCSR = 0x40 };
enum { PCR = 0x44, RFCR = 0x48, RFDR = 0x4c, BRAR = 0x50, BRDR = 0x54, SRR = 0x58, MIBC = 0x5c };
enum { MIB = 0x60, MIB_END = 0x7c, PHY = 0x80, PHY_END = 0x100 };
enum { CFG_ANEG_DONE = 1u << 27, CFG_FULL = 1u << 29, CFG_100 = 1u << 30, CFG_LINK = 1u << 31 };
enum { CFG_WRITABLE = 0x00ffe7a9, CFG_DEFAULT = 0x0000e000 };
enum { EEDI = 1, EEDO = 2, EECLK = 4, EESEL = 8, PTSCR_LOAD = 4 };
enum { PHYSTS = 0x10, MICR, MISR, PGSEL };
enum { MICR_ENABLE = 2, MISR_MASK_LINK = 0x4000, MISR_INT = 0x8000, MAGIC_FIRST = 0x19 };
enum { RESET_TIME = 1000 * MICROSECOND, LOAD_TIME = 1500 * MICROSECOND };
enum { STOP_TIME = 5 * MICROSECOND };

struct natsemi natsemi_state;
#define s natsemi_state

static void drive(void)
{
    irq(s.ier & 1 && s.isr & s.imr);
}

void natsemi_interrupt(uint32_t bits)
{
    s.isr |= bits;
    drive();
}

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

/* Registers as a reset by CR leaves them; the filter's memory and the PHY stay. */
static void defaults(void)
{
    s.cr = s.imr = s.ier = s.txdp = s.rxdp = s.ptscr = 0;
    s.cfg = CFG_DEFAULT;
    s.isr = RX_RESET | TX_RESET;
    s.txcfg = 0x00040102;
    s.rxcfg = 0x00000002;
    s.rfcr = 0;
    s.rx_idle = true;
    s.tx_at_end = s.rx_at_end = false;
    memset(s.other, 0, sizeof(s.other));
    s.other[SRR / 4] = 0x0505;
}

static void natsemi_reset(void)
{
    memset(&s, 0, sizeof(s));
    defaults();
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
    drive();
}

/* --- registers */
static void reset_done(void *argument)
{
    defaults();
    drive();
}

static void loaded(void *argument)
{
    s.ptscr &= ~PTSCR_LOAD;
    load_address();
}

static void stopped(void *argument)
{
    s.cr &= ~(uint32_t)(uintptr_t)argument;
}

static void write_cr(uint32_t value)
{
    if (value & CR_RST) {
        s.cr = CR_RST;
        s.isr = s.imr = s.ier = 0;
        natsemi_stop_transmit();
        not_after(stopped, (void *)CR_TXE);
        not_after(stopped, (void *)CR_RXE);
        after(RESET_TIME, reset_done, NULL);
        drive();
        return;
    }
    if (value & (CR_TXR | CR_RXR)) {
        if (value & CR_TXR)
            s.cr &= ~CR_TXE, s.txdp = 0, s.tx_at_end = false;
        if (value & CR_RXR)
            s.cr &= ~CR_RXE, s.rxdp = 0, s.rx_at_end = false;
        natsemi_interrupt((value & CR_TXR ? TX_RESET : 0) | (value & CR_RXR ? RX_RESET : 0));
    }
    if (value & CR_TXD)
        after(STOP_TIME, stopped, (void *)CR_TXE);
    else if (value & CR_TXE) {
        s.cr |= CR_TXE;
        natsemi_transmit();
    }
    if (value & CR_RXD)
        after(STOP_TIME, stopped, (void *)CR_RXE);
    else if (value & CR_RXE) {
        s.cr |= CR_RXE;
        s.rx_idle = false;
    }
    if (value & CR_SWI)
        natsemi_interrupt(INT_SWI);
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

    switch (reg) {
    case CR:
        return s.cr & (CR_TXE | CR_RXE | CR_RST);
    case CFG:
        return read_cfg();
    case MEAR:
        return eeprom_out(&s.eeprom) ? EEDO : 0;
    case PTSCR:
        return s.ptscr;
    case ISR: /* reading clears it */
        value = s.isr;
        s.isr = 0;
        drive();
        return value;
    case IMR:
        return s.imr;
    case IER:
        return s.ier;
    case TXDP:
        return s.txdp;
    case TXCFG:
        return s.txcfg;
    case RXDP:
        return s.rxdp;
    case RXCFG:
        return s.rxcfg;
    case RFCR:
        return s.rfcr;
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

static void write_queue(uint32_t reg, uint32_t value)
{
    bool tx = reg == TXDP;

    if (s.cr & (tx ? CR_TXE : CR_RXE))
        fault("%s is written while the machine runs", tx ? "TXDP" : "RXDP");
    if (tx)
        s.txdp = value, s.tx_at_end = false;
    else
        s.rxdp = value, s.rx_at_end = false;
}

static void write_register(uint32_t reg, uint32_t value)
{
    switch (reg) {
    case CR:
        write_cr(value);
        break;
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
    case ISR:
    case SRR: /* only for reading */
        break;
    case IMR:
        s.imr = value;
        drive();
        break;
    case IER:
        s.ier = value;
        drive();
        break;
    case TXDP:
    case RXDP:
        write_queue(reg, value);
        break;
    case TXCFG:
        s.txcfg = value;
        break;
    case RXCFG:
        s.rxcfg = value;
        break;
    case RFCR:
        s.rfcr = value;
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

static void natsemi_cable(void)
{
    phy_cable(&s.phy);
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
