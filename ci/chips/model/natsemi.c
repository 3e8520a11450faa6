/* SPDX-License-Identifier: BSD-2-Clause */
/* National Semiconductor DP83815 and DP83816 (MacPhyter), with their PHY.
 *
 * From the datasheets of both (DP83815 of 2005, DP83816 of 2004): registers in section 4,
 * descriptors and their queues in section 5. Page 1 of the PHY's registers, which these leave out,
 * is as drivers use it. */
#include "chip.h"
#include "eeprom.h"
#include "phy.h"

#include <string.h>

enum { CR = 0x00, CFG = 0x04, MEAR = 0x08, PTSCR = 0x0c, ISR = 0x10, IMR = 0x14, IER = 0x18 };
enum { IHR = 0x1c, TXDP = 0x20, TXCFG = 0x24, RXDP = 0x30, RXCFG = 0x34, CCSR = 0x3c, WCSR = 0x40 };
enum { PCR = 0x44, RFCR = 0x48, RFDR = 0x4c, BRAR = 0x50, BRDR = 0x54, SRR = 0x58, MIBC = 0x5c };
enum { MIB = 0x60, MIB_END = 0x7c, PHY = 0x80, PHY_END = 0x100 };
enum { CR_TXE = 1, CR_TXD = 2, CR_RXE = 4, CR_RXD = 8, CR_TXR = 0x10, CR_RXR = 0x20 };
enum { CR_SWI = 0x80, CR_RST = 0x100 };
enum { CFG_ANEG_DONE = 1u << 27, CFG_FULL = 1u << 29, CFG_100 = 1u << 30, CFG_LINK = 1u << 31 };
enum { CFG_WRITABLE = 0x00ffe7a9, CFG_DEFAULT = 0x0000e000 };
enum { EEDI = 1, EEDO = 2, EECLK = 4, EESEL = 8, PTSCR_LOAD = 4 };
enum { RX_OK = 1, RX_DESC = 2, RX_IDLE = 0x10, RX_OVERRUN = 0x20, TX_OK = 0x40, TX_DESC = 0x80 };
enum {
    TX_IDLE = 0x200,
    INT_PHY = 0x4000,
    RX_RESET = 1 << 24,
    TX_RESET = 1 << 25,
    INT_SWI = 0x1000
};
enum { RFCR_ON = 1u << 31, RFCR_BROADCAST = 1 << 30, RFCR_MULTICAST = 1 << 29 };
enum { RFCR_UNICAST = 1 << 28, RFCR_PERFECT = 1 << 27, RFCR_HASH = 1 << 21, RFCR_ADDRESS = 0x3ff };
enum { HASH_TABLE = 0x200, TXCFG_PAD = 1 << 28, RXCFG_RUNT = 1 << 30 };
enum {
    OWN = 1u << 31,
    MORE = 1 << 30,
    INTR = 1 << 29,
    NO_CRC = 1 << 28,
    OK = 1 << 27,
    SIZE = 0xfff
};
enum { DEST_UNICAST = 1 << 23, DEST_GROUP = 2 << 23, DEST_BROADCAST = 3 << 23 };
enum { CRC_SIZE = 4, FRAME_MIN = 60, FRAME_LONG = 1518, TX_ROOM = 2048 };
enum { PHYSTS = 0x10, MICR, MISR, PGSEL, PHY_REGS = 32 };
enum { MICR_ENABLE = 2, MISR_MASK_LINK = 0x4000, MISR_INT = 0x8000, MAGIC_FIRST = 0x19 };
enum {
    RESET_TIME = 1000 * MICROSECOND,
    LOAD_TIME = 1500 * MICROSECOND,
    STOP_TIME = 5 * MICROSECOND
};
enum { TX_TIME = 120 * MICROSECOND };

struct descriptor {
    uint32_t link, status, buffer;
};

static struct {
    uint32_t cr, cfg, ptscr, isr, imr, ier, txdp, txcfg, rxdp, rxcfg, rfcr, other[64];
    uint16_t filter[512];               /* the receive filter's memory */
    uint16_t page1[PHY_REGS];           /* of the PHY */
    bool rx_idle, tx_at_end, rx_at_end; /* the descriptor was done, and has no next one */
    struct eeprom eeprom;
    struct phy phy;
} s;

static void drive(void)
{
    irq(s.ier & 1 && s.isr & s.imr);
}

static void interrupt(uint32_t bits)
{
    s.isr |= bits;
    drive();
}

static void link_changed(void)
{
    uint16_t *misr = &s.phy.regs[MISR];

    if (s.phy.regs[MICR] & MICR_ENABLE && !(*misr & MISR_MASK_LINK)) {
        *misr |= MISR_INT;
        interrupt(INT_PHY);
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

static bool take(uint32_t address, struct descriptor *d, const char *which)
{
    if (address & 3)
        fault("%s descriptor at %#x is not aligned to 4 bytes", which, address);
    return address && dma_read(address, d, sizeof(*d));
}

/* --- transmission */
static void tx_step(void *argument);

static void tx_next(void)
{
    not_after(tx_step, NULL);
    after(TX_TIME, tx_step, NULL);
}

static void tx_stop(uint32_t bits)
{
    s.cr &= ~CR_TXE;
    interrupt(bits);
}

/* Gathers a packet from its descriptors. 0: it is not complete yet. */
static size_t gather(uint8_t *frame, struct descriptor *d)
{
    size_t len = 0;

    for (;;) {
        size_t part = d->status & SIZE;

        if (len + part > TX_ROOM) {
            fault("a packet of more than %d bytes is sent", TX_ROOM);
            return 0;
        }
        if (!dma_read(d->buffer, frame + len, part))
            return 0;
        len += part;
        if (!(d->status & MORE))
            return len;
        d->status = (d->status & ~OWN) | OK;
        dma_write(s.txdp + 4, &d->status, 4);
        s.txdp = d->link;
        if (!take(s.txdp, d, "transmit") || !(d->status & OWN))
            return 0;
    }
}

static void tx_step(void *argument)
{
    uint8_t frame[TX_ROOM + FRAME_MIN] = {0};
    struct descriptor d;
    size_t len;

    if (!(s.cr & CR_TXE))
        return;
    if (!take(s.txdp, &d, "transmit")) {
        tx_stop(TX_IDLE);
        return;
    }
    if (s.tx_at_end) { /* started again: there may be a next one by now */
        if (d.link == 0) {
            tx_stop(TX_IDLE);
            return;
        }
        s.tx_at_end = false;
        s.txdp = d.link;
        if (!take(s.txdp, &d, "transmit"))
            return;
    }
    if (!(d.status & OWN)) {
        tx_stop(TX_IDLE);
        return;
    }
    len = gather(frame, &d);
    if (len == 0) {
        tx_stop(TX_IDLE);
        return;
    }
    if (d.status & NO_CRC && len > CRC_SIZE)
        len -= CRC_SIZE; /* the driver brings it */
    if (s.txcfg & TXCFG_PAD && len < FRAME_MIN)
        len = FRAME_MIN;
    else if (len < FRAME_MIN)
        fault("a frame of %zu bytes is sent, and padding is off", len);
    if (s.phy.link)
        wire_send(frame, len);
    d.status = (d.status & ~(OWN | MORE)) | OK;
    dma_write(s.txdp + 4, &d.status, 4);
    interrupt(TX_OK | (d.status & INTR ? TX_DESC : 0));
    if (d.link)
        s.txdp = d.link;
    else
        s.tx_at_end = true;
    tx_next();
}

/* --- reception */
static uint32_t hash(const uint8_t *address)
{
    uint32_t crc = ~0u;

    for (unsigned i = 0; i < 48; i++)
        crc = crc << 1 ^ ((crc >> 31 ^ (address[i / 8] >> i % 8)) & 1 ? 0x04c11db7 : 0);
    return crc >> 23;
}

/* Kind of destination, as the descriptor has it; 0: the filter lets it not through. */
static uint32_t accepted(const uint8_t *frame)
{
    static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};
    uint32_t bit = hash(frame);

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

/* The descriptor that the next part of a frame goes into; false: there is none that is free. */
static bool rx_descriptor(struct descriptor *d)
{
    if (!(s.cr & CR_RXE) || s.rx_idle || !take(s.rxdp, d, "receive"))
        return false;
    if (s.rx_at_end) {
        if (d->link == 0)
            return false;
        s.rx_at_end = false;
        s.rxdp = d->link;
        if (!take(s.rxdp, d, "receive"))
            return false;
    }
    return !(d->status & OWN);
}

static bool natsemi_ready(void)
{
    struct descriptor d;

    /* The FIFO keeps nothing once the machine is idle. */
    return !(s.cr & CR_RXE) || s.rx_idle || rx_descriptor(&d);
}

static void natsemi_receive(const uint8_t *data, size_t len)
{
    uint8_t frame[FRAME_MAX + FRAME_MIN + CRC_SIZE] = {0};
    struct descriptor d;
    uint32_t destination = len >= 14 && s.phy.link ? accepted(data) : 0;
    size_t at = 0;

    if (!destination || !(s.cr & CR_RXE))
        return;
    memcpy(frame, data, len);
    len = (len < FRAME_MIN ? FRAME_MIN : len) + CRC_SIZE; /* the other end padded it */
    if (len > FRAME_LONG + CRC_SIZE)
        return;
    do {
        size_t part;

        if (!rx_descriptor(&d)) {
            s.rx_idle = true;
            interrupt(RX_IDLE | RX_OVERRUN);
            return;
        }
        part = d.status & SIZE;
        if (part == 0) {
            fault("a receive buffer has no room");
            return;
        }
        if (d.buffer & 3)
            fault("receive buffer at %#x is not aligned to 4 bytes", d.buffer);
        if (part > len - at)
            part = len - at;
        dma_write(d.buffer, frame + at, part);
        at += part;
        d.status = OWN | (d.status & INTR) | destination | (at < len ? MORE : OK) | part;
        dma_write(s.rxdp + 4, &d.status, 4);
        if (d.link)
            s.rxdp = d.link;
        else
            s.rx_at_end = true;
    } while (at < len);
    interrupt(RX_OK | (d.status & INTR ? RX_DESC : 0));
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
        not_after(tx_step, NULL);
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
        interrupt((value & CR_TXR ? TX_RESET : 0) | (value & CR_RXR ? RX_RESET : 0));
    }
    if (value & CR_TXD)
        after(STOP_TIME, stopped, (void *)CR_TXE);
    else if (value & CR_TXE) {
        s.cr |= CR_TXE;
        tx_next();
    }
    if (value & CR_RXD)
        after(STOP_TIME, stopped, (void *)CR_RXE);
    else if (value & CR_RXE) {
        s.cr |= CR_RXE;
        s.rx_idle = false;
    }
    if (value & CR_SWI)
        interrupt(INT_SWI);
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
