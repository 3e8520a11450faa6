/* SPDX-License-Identifier: BSD-2-Clause */
/* SMC EPIC/100: 83C170 and 83C175, with a PHY of the board.
 *
 * Registers and descriptors as Linux's epic100, FreeBSD's tx and iPXE's epic100 use them, with the
 * names of SMC's data sheet of the 83C171. That the management interface needs bit 3 of TEST1 is
 * from SMC's application note 7.15, as these quote it.
 */
#include "chip.h"
#include "crc.h"
#include "eeprom.h"
#include "phy.h"

#include <string.h>

enum { COMMAND = 0x00, INTSTAT = 0x04, INTMASK = 0x08, GENCTL = 0x0c, NVCTL = 0x10, EECTL = 0x14 };
enum { TEST1 = 0x1c, CRCCNT = 0x20, MPCNT = 0x28, MIICTRL = 0x30, MIIDATA = 0x34, MIICFG = 0x38 };
enum { LAN0 = 0x40, LAN_END = 0x4c, MC0 = 0x50, MC_END = 0x60, RXCTRL = 0x60, TXCTRL = 0x70 };
enum { TXSTAT = 0x74, PRXCDAR = 0x84, RXSTAT = 0xa4, EARLYRX = 0xb0, PTXCDAR = 0xc4 };
enum { TXTHRESH = 0xdc, REGISTERS = 0x100 };
enum { STOP_RX = 1, START_RX = 2, TX_QUEUED = 4, RX_QUEUED = 8, STOP_TX_DMA = 0x20 };
enum { STOP_RX_DMA = 0x40, RESTART_TX = 0x80 };
enum { RX_DONE = 1, RX_HEADER = 2, RX_EMPTY = 4, RX_OVERFLOW = 8, TX_DONE = 0x20, TX_EMPTY = 0x80 };
enum { SUMMARY = 0x10000, RX_IDLE = 0x20000, TX_IDLE = 0x40000, EVENTS = 0x7fff };
enum { RESET = 1, ENABLE = 2, POWER_DOWN = 8, PHY_RESET = 0x4000, TEST1_CLOCK = 8 };
enum { EE_ENABLE = 1, EE_SELECT = 2, EE_CLOCK = 4, EE_IN = 8, EE_OUT = 0x10, EE_SMALL = 0x40 };
enum { MII_READ = 1, MII_WRITE = 2, PHY_ADDRESS = 3, MII_TIME = 30 * MICROSECOND };
enum { RX_BROADCAST = 4, RX_GROUPS = 8, RX_ALL = 0x20, TX_MODE = 6, TX_FULL = 6 };
/* Descriptors. */
enum {
    OWN = 0x8000,
    GOOD = 1,
    LAST = 1 << 20,
    MARKED = 1 << 18,
    NO_FCS = 1 << 19,
    LISTS = 3 << 16
};
enum { FCS = 4, FRAME_MIN = 60, FRAME_LONG = 1518, TX_ROOM = 2048, PARTS = 64, RX_SPANS = 0x2000 };
enum { TX_TIME = 123 * MICROSECOND, SLOW = 10 };

struct descriptor {
    uint32_t status, buffer, length, next;
};

static struct {
    uint32_t regs[REGISTERS / 4];
    bool phy_in_reset, receives, sending, stuck;
    struct eeprom eeprom;
    struct phy phy;
} s;

static uint32_t *at(uint32_t reg)
{
    return &s.regs[reg / 4];
}

static void interrupt(uint32_t bits)
{
    *at(INTSTAT) |= bits;
    irq(*at(GENCTL) & ENABLE && *at(INTSTAT) & *at(INTMASK) & EVENTS);
}

static bool powered(void)
{
    return !(*at(GENCTL) & (POWER_DOWN | RESET));
}

static bool take(uint32_t address, struct descriptor *d)
{
    if (address & 3)
        fault("the descriptor at %#x is not aligned to 4 bytes", address);
    return address && dma_read(address, d, sizeof(*d));
}

/* --- transmission */
static void tx_step(void *argument);

static void transmit(void)
{
    if (s.sending || !powered())
        return;
    s.sending = true;
    after(s.phy.link && s.phy.speed == 10 ? SLOW * TX_TIME : TX_TIME, tx_step, NULL);
}

/* The descriptor is done; on to the next. */
static void tx_next(const struct descriptor *d, uint32_t status)
{
    dma_write(*at(PTXCDAR), &status, sizeof(status));
    *at(PTXCDAR) = d->next;
}

/* Gathers a frame; `d` is its last descriptor then, which the chip still has. 0: there is none. */
static size_t gather(uint8_t *frame, struct descriptor *d)
{
    size_t len = 0;

    for (unsigned part = 0; part < PARTS; part++) {
        size_t size = d->length & 0xffff;

        if (d->length & LISTS || !size || len + size > TX_ROOM) {
            fault("a part of a frame has the control word %#x", d->length);
            return 0;
        }
        if (!dma_read(d->buffer, frame + len, size))
            return 0;
        len += size;
        if (d->length & LAST)
            return len;
        tx_next(d, d->status & ~OWN);
        if (!take(*at(PTXCDAR), d) || !(d->status & OWN))
            break;
    }
    fault("a frame has no last part");
    return 0;
}

static void tx_step(void *argument)
{
    uint8_t frame[TX_ROOM + FRAME_MIN] = {0};
    struct descriptor d;
    size_t len;

    s.sending = false;
    if (!powered())
        return;
    if (!take(*at(PTXCDAR), &d) || !(d.status & OWN)) {
        interrupt(TX_EMPTY);
        return;
    }
    len = gather(frame, &d);
    if (!len)
        return;
    if (d.length & NO_FCS && len > FCS)
        len -= FCS;           /* the driver brings it */
    if (d.status >> 16 > len) /* the chip pads to the length of the frame */
        len = d.status >> 16 < TX_ROOM ? d.status >> 16 : TX_ROOM;
    if (len < FRAME_MIN)
        fault("a frame of %zu bytes is sent", len);
    if (s.phy.link && !s.phy_in_reset)
        wire_send(frame, len);
    tx_next(&d, (d.status & 0xffff0000) | GOOD);
    interrupt(d.length & MARKED ? TX_DONE : 0);
    transmit();
}

/* --- reception */
static bool accepted(const uint8_t *frame)
{
    static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};
    uint32_t mode = *at(RXCTRL);
    unsigned bit = hash_bit(frame);

    if (mode & RX_ALL)
        return true;
    if (memcmp(frame, broadcast, 6) == 0)
        return mode & RX_BROADCAST;
    if (frame[0] & 1)
        return mode & RX_GROUPS && at(MC0)[bit / 16] >> bit % 16 & 1;
    for (unsigned i = 0; i < 6; i++)
        if (frame[i] != (at(LAN0)[i / 2] >> 8 * (i % 2) & 0xff))
            return false;
    return true;
}

static bool rx_free(struct descriptor *d)
{
    return s.receives && !s.stuck && take(*at(PRXCDAR), d) && d->status & OWN;
}

static bool epic100_ready(void)
{
    struct descriptor d;

    return !s.receives || rx_free(&d);
}

static void deliver(const uint8_t *frame, size_t len)
{
    struct descriptor d;
    uint32_t status;
    size_t room, part;

    if (!rx_free(&d)) {
        s.stuck = true;
        *at(MPCNT) += *at(MPCNT) < 0xff;
        interrupt(RX_EMPTY | RX_OVERFLOW);
        return;
    }
    room = d.length & 0xffff;
    if (d.length & LISTS || !room) {
        fault("a receive descriptor has the control word %#x", d.length);
        return;
    }
    part = room < len ? room : len;
    if (!dma_write(d.buffer, frame, part))
        return;
    status =
        len << 16 | GOOD | (part < len ? RX_SPANS : 0); /* of what it spans, the rest is lost */
    dma_write(*at(PRXCDAR), &status, sizeof(status));
    *at(PRXCDAR) = d.next;
    interrupt(RX_DONE | RX_HEADER);
}

static void epic100_receive(const uint8_t *data, size_t len)
{
    uint8_t frame[FRAME_LONG + FCS] = {0};
    uint32_t fcs;

    if (!s.receives || !powered() || !s.phy.link || s.phy_in_reset || len < 14 || len > FRAME_LONG)
        return;
    if (!accepted(data))
        return;
    memcpy(frame, data, len);
    len = len < FRAME_MIN ? FRAME_MIN : len; /* the other end padded it */
    fcs = ethernet_crc(frame, len);
    memcpy(frame + len, &fcs, FCS);
    deliver(frame, len + FCS);
}

/* --- registers */
static void stop(void)
{
    not_after(tx_step, NULL);
    s.sending = s.receives = s.stuck = false;
}

static void command(uint32_t value)
{
    if (!powered())
        fault("COMMAND is written while the chip is powered down or in reset");
    if (value & (STOP_RX | STOP_RX_DMA))
        s.receives = false;
    else if (value & START_RX)
        s.receives = true;
    if (value & RX_QUEUED)
        s.stuck = false;
    if (value & STOP_TX_DMA) {
        not_after(tx_step, NULL);
        s.sending = false;
    } else if (value & (TX_QUEUED | RESTART_TX))
        transmit();
}

static void load_address(void)
{
    for (unsigned i = 0; i < 3; i++)
        at(LAN0)[i] = card_mac[2 * i] | card_mac[2 * i + 1] << 8;
}

static void write_genctl(uint32_t value)
{
    bool was = s.phy_in_reset;

    if (value & RESET) {
        stop();
        not_after(tx_step, NULL);
        memset(s.regs, 0, sizeof(s.regs));
        load_address();
    }
    if (value & POWER_DOWN)
        stop();
    *at(GENCTL) = value & ~(uint32_t)RESET; /* it lasts 15 clocks of PCI, less than an access */
    s.phy_in_reset = value & PHY_RESET;
    if (was && !s.phy_in_reset)
        phy_reset(&s.phy);
}

static void mii_done(void *argument)
{
    uint32_t value = *at(MIICTRL);
    bool mine = (value >> 9 & 31) == PHY_ADDRESS && !s.phy_in_reset;
    unsigned reg = value >> 4 & 31;

    *at(MIICTRL) = value & ~(uint32_t)(MII_READ | MII_WRITE);
    if (value & MII_READ)
        *at(MIIDATA) = mine ? phy_read(&s.phy, reg) : 0xffff;
    else if (mine)
        phy_write(&s.phy, reg, *at(MIIDATA));
}

static void write_mii(uint32_t value)
{
    if (*at(MIICTRL) & (MII_READ | MII_WRITE))
        fault("MIICTRL is written while it is busy");
    else if (!powered())
        fault("MIICTRL is written while the chip is powered down");
    else if (!(*at(TEST1) & TEST1_CLOCK))
        fault("MIICTRL is written without the clock that TEST1 turns on");
    else {
        *at(MIICTRL) = value & 0x3ff3;
        if (value & (MII_READ | MII_WRITE))
            after(MII_TIME, mii_done, NULL);
    }
}

static uint32_t read_register(uint32_t reg)
{
    uint32_t value = *at(reg);

    if (reg == INTSTAT)
        return value | (value & *at(INTMASK) & EVENTS ? SUMMARY : 0) |
               (s.receives && !s.stuck ? 0 : RX_IDLE) | (s.sending ? 0 : TX_IDLE);
    if (reg == EECTL)
        return value | EE_SMALL | (eeprom_out(&s.eeprom) ? EE_OUT : 0);
    if (reg >= CRCCNT && reg <= MPCNT)
        *at(reg) = 0; /* reading clears the counters of errors */
    return value;
}

static uint32_t epic100_read(unsigned bar, uint32_t reg, unsigned size)
{
    reg %= REGISTERS; /* a page of memory has them again and again */
    if (reg % 4) {
        fault("register %#x is read, which is none", reg);
        return ~0u;
    }
    return read_register(reg);
}

static void write_register(uint32_t reg, uint32_t value)
{
    if (reg == COMMAND)
        command(value);
    else if (reg == INTSTAT)
        *at(reg) &= ~value;
    else if (reg == GENCTL)
        write_genctl(value);
    else if (reg == MIICTRL)
        write_mii(value);
    else
        *at(reg) = value;
    if (reg == EECTL)
        eeprom_pins(&s.eeprom, value & EE_ENABLE && value & EE_SELECT, value & EE_CLOCK,
                    value & EE_IN);
    if ((reg == PRXCDAR && s.receives) || (reg == PTXCDAR && s.sending))
        fault("register %#x is written while its queue runs", reg);
    interrupt(0);
}

static void epic100_write(unsigned bar, uint32_t reg, uint32_t value, unsigned size)
{
    reg %= REGISTERS;
    if (reg % 4 || size == 1)
        fault("register %#x is written with %u bytes", reg, size);
    else
        write_register(reg, value);
}

static void epic100_cable(void)
{
    phy_cable(&s.phy);
}

static void epic100_reset(void)
{
    memset(&s, 0, sizeof(s));
    load_address();
    s.eeprom.address_bits = 6;
    for (unsigned i = 0; i < 3; i++)
        s.eeprom.words[i] = at(LAN0)[i];
    s.phy.id1 = 0x0181; /* QS6612 */
    s.phy.id2 = 0x4401;
    phy_reset(&s.phy);
    interrupt(0);
}

#define EPIC(name_, device_, id_revision)                            \
    static const struct chip name_ = {                               \
        .name = #name_,                                              \
        .vendor = 0x10b8,                                            \
        .device = device_,                                           \
        .sub_vendor = 0x10b8,                                        \
        .sub_device = 0xa011,                                        \
        .revision = id_revision,                                     \
        .speed = 100,                                                \
        .bars = {{.size = REGISTERS, .io = true}, {.size = 0x1000}}, \
        .reset = epic100_reset,                                      \
        .read = epic100_read,                                        \
        .write = epic100_write,                                      \
        .receive = epic100_receive,                                  \
        .ready = epic100_ready,                                      \
        .cable = epic100_cable,                                      \
    };                                                               \
    CHIP(name_)

EPIC(epic100, 0x0005, 0x06);
EPIC(epic175, 0x0006, 0x08);
