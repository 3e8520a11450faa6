/* SPDX-License-Identifier: BSD-2-Clause */
/* See sundance.c. The registers: what is where, and what an access does. */
#include "sundance.h"

#include <string.h>

enum { DMA_CTRL = 0x00, TX_LIST = 0x04, TX_POLL = 0x0a, RX_STATUS = 0x0c, RX_LIST = 0x10 };
enum { RX_POLL = 0x16, ASIC_CTRL = 0x30, EE_DATA = 0x34, EE_CTRL = 0x36, TX_STATUS = 0x46 };
enum { FRAME_ID = 0x47, INT_ACK = 0x4a, INT_ENABLE = 0x4c, INT_STATUS = 0x4e, MAC0 = 0x50 };
enum {
    MAC1 = 0x52,
    STATION = 0x54,
    MAX_FRAME = 0x5a,
    RX_MODE = 0x5c,
    PHY_CTRL = 0x5e,
    HASH = 0x60
};
enum { STATS = 0x68, REGS = 0x80 };
enum { RX_HALTED = 1, TX_HALTED = 4, RX_HALT = 0x100, RX_RESUME = 0x200, TX_HALT = 0x400 };
enum { TX_RESUME = 0x800, TX_IN_PROGRESS = 0x4000, HALT_BUSY = 0x8000 };
enum { REQUEST = 1 << 25, RESET_BUSY = 1 << 26, RESETS = 0x01ff0000 };
enum { ASIC_WRITABLE = 0xe01e };
enum { EE_BUSY = 0x8000, EE_OPCODE = 0x0300, EE_READ = 0x0200, EE_STATION = 0x10 };
enum { STATS_ON = 0x20, STATS_OFF = 0x40, TX_ON = 0x100, TX_OFF = 0x200, RX_ON = 0x800 };
enum { RX_OFF = 0x1000, MDC = 1, MDIO = 2, MDIR = 4 };
enum { EE_TIME = 100 * MICROSECOND, HALT_TIME = 2 * MICROSECOND };

/* Widths that an access to a register may have, as the sum of them. */
static const uint8_t widths[REGS] = {
    [0x00] = 4, [0x04] = 4, [0x08] = 1, [0x09] = 1, [0x0a] = 1, [0x0c] = 4, [0x10] = 4, [0x14] = 1,
    [0x15] = 1, [0x16] = 1, [0x18] = 2, [0x1a] = 3, [0x1c] = 1, [0x30] = 6, [0x32] = 2, [0x34] = 2,
    [0x36] = 2, [0x3a] = 2, [0x3c] = 2, [0x3e] = 2, [0x40] = 4, [0x44] = 1, [0x45] = 1, [0x46] = 3,
    [0x47] = 1, [0x48] = 2, [0x4a] = 2, [0x4c] = 2, [0x4e] = 2, [0x50] = 2, [0x52] = 2, [0x54] = 2,
    [0x56] = 2, [0x58] = 2, [0x5a] = 2, [0x5c] = 1, [0x5d] = 1, [0x5e] = 1, [0x60] = 2, [0x62] = 2,
    [0x64] = 2, [0x66] = 2, [0x68] = 2, [0x6a] = 2, [0x6c] = 2, [0x6e] = 2, [0x70] = 2, [0x72] = 2,
    [0x74] = 1, [0x75] = 1, [0x76] = 1, [0x77] = 1, [0x78] = 1, [0x79] = 1, [0x7a] = 1, [0x7b] = 1,
    [0x7c] = 1, [0x7d] = 1, [0x7e] = 1, [0x7f] = 1,
};

#define s sundance_state

static void halted(void *argument)
{
    s.halting = false;
    if (!s.tx_halt)
        sundance_transmit();
}

static void write_dma_ctrl(uint32_t value)
{
    if (value & RX_HALT)
        s.rx_halt = true;
    else if (value & RX_RESUME)
        s.rx_halt = false;
    if (value & TX_HALT)
        s.tx_halt = true;
    else if (value & TX_RESUME)
        s.tx_halt = false;
    if (value & (RX_HALT | RX_RESUME | TX_HALT | TX_RESUME)) {
        s.halting = true;
        not_after(halted, NULL);
        after(HALT_TIME, halted, NULL);
    }
}

static void write_list(uint32_t reg, uint32_t value)
{
    bool tx = reg == TX_LIST;
    uint32_t *list = tx ? &s.tx_list : &s.rx_list;

    if (value & 7)
        fault("%s list at %#x is not aligned to 8 bytes", tx ? "transmit" : "receive", value);
    if (*list && (!(tx ? s.tx_halt : s.rx_halt) || s.halting)) {
        fault("the pointer to the %s list is written while it is not zero, and DMA is not halted",
              tx ? "transmit" : "receive");
        return;
    }
    *list = value;
    if (tx) {
        s.tx_done = false;
        sundance_transmit();
    }
}

static void ee_done(void *argument)
{
    unsigned at = s.ee_ctrl & 0xff;

    s.ee_busy = false;
    if ((s.ee_ctrl & EE_OPCODE) == EE_READ)
        s.ee_data = at - EE_STATION < 3
                        ? card_mac[2 * (at - EE_STATION)] | card_mac[2 * (at - EE_STATION) + 1] << 8
                        : 0;
}

static void write_mac1(uint16_t value)
{
    if (value & STATS_OFF)
        s.mac1 &= ~STATISTICS;
    else if (value & STATS_ON)
        s.mac1 |= STATISTICS;
    if (value & RX_OFF)
        s.mac1 &= ~RX_ENABLED;
    else if (value & RX_ON)
        s.mac1 |= RX_ENABLED;
    if (value & TX_OFF)
        s.mac1 &= ~TX_ENABLED;
    else if (value & TX_ON) {
        s.mac1 |= TX_ENABLED;
        sundance_send();
    }
}

static void next_status(void)
{
    if (s.queued)
        memmove(s.queue, s.queue + 1, --s.queued);
    sundance_drive();
}

/* Reading IntStatusAck acknowledges everything, and masks it. */
static uint16_t acknowledge_all(void)
{
    uint16_t status = sundance_int_status();

    s.int_status &= INT_STATISTICS;
    s.int_enable = 0;
    sundance_drive();
    return status;
}

static uint8_t read_phy_ctrl(void)
{
    uint8_t value = s.other[PHY_CTRL];

    if (!(value & MDIR))
        value = (value & ~MDIO) | (mdio_in(&s.mdio) ? MDIO : 0);
    return value;
}

static uint32_t read_register(uint32_t reg, unsigned size)
{
    uint32_t value = 0;

    switch (reg) {
    case DMA_CTRL:
        return (s.rx_halt ? RX_HALTED : 0) | (s.tx_halt ? TX_HALTED : 0) |
               (s.halting ? HALT_BUSY : 0) |
               (s.tx_list && !s.tx_done && !s.tx_halt ? TX_IN_PROGRESS : 0);
    case TX_LIST:
        if (s.tx_done) /* it looks at once for a next one */
            sundance_transmit();
        return s.tx_list;
    case RX_STATUS:
        return s.rx_status;
    case RX_LIST:
        return s.rx_list;
    case ASIC_CTRL:
        return s.asic | (s.resetting ? RESET_BUSY : 0);
    case ASIC_CTRL + 2:
        return s.resetting ? RESET_BUSY >> 16 : 0;
    case EE_DATA:
        if (s.ee_busy)
            fault("EepromData is read while the EEPROM is busy");
        return s.ee_data;
    case EE_CTRL:
        return s.ee_ctrl | (s.ee_busy ? EE_BUSY : 0);
    case TX_STATUS:
        return (s.queued ? s.queue[0] : 0) | (size == 2 ? s.frame_id << 8 : 0);
    case FRAME_ID:
        return s.frame_id;
    case INT_ACK:
        return acknowledge_all();
    case INT_ENABLE:
        return s.int_enable;
    case INT_STATUS:
        return sundance_int_status();
    case MAC0:
        return s.mac0;
    case MAC1:
        return s.mac1;
    case MAX_FRAME:
        return s.max_frame;
    case RX_MODE:
        return s.rx_mode;
    case PHY_CTRL:
        return read_phy_ctrl();
    }
    if (reg >= STATION && reg < MAX_FRAME)
        return s.station[(reg - STATION) / 2];
    if (reg >= HASH && reg < STATS)
        return s.hash[(reg - HASH) / 2];
    if (reg >= STATS)
        return sundance_read_statistic(reg, size);
    memcpy(&value, s.other + reg, size);
    return value;
}

uint32_t sundance_read(unsigned bar, uint32_t reg, unsigned size)
{
    bool delay = reg == EE_CTRL && size == 4; /* Linux's, to pass time */

    if (!(widths[reg] & size) && !delay)
        fault("register %#x is read with %u bytes", reg, size);
    if (s.resetting && reg != ASIC_CTRL && reg != ASIC_CTRL + 2)
        fault("register %#x is read while the chip is in reset", reg);
    return read_register(reg, size);
}

static void write_asic(uint32_t value)
{
    s.asic = (s.asic & ~ASIC_WRITABLE) | (value & ASIC_WRITABLE);
    if (value & REQUEST)
        sundance_interrupt(INT_REQUESTED);
    if (value & RESETS)
        sundance_reset_parts(value);
}

static void write_eeprom(uint16_t value)
{
    if (s.ee_busy)
        fault("EepromCtrl is written while the EEPROM is busy");
    s.ee_ctrl = value & ~EE_BUSY;
    s.ee_busy = true;
    not_after(ee_done, NULL);
    after(EE_TIME, ee_done, NULL);
}

static void write_control(uint32_t reg, uint32_t value, unsigned size)
{
    switch (reg) {
    case EE_DATA:
        s.ee_data = value;
        break;
    case EE_CTRL:
        write_eeprom(value);
        break;
    case TX_STATUS: /* 8 bits do not advance it, whatever the datasheet says */
        if (size == 2)
            next_status();
        break;
    case INT_ENABLE:
        s.int_enable = value & 0x07fe;
        sundance_drive();
        break;
    case INT_STATUS:
        s.int_status &= ~value | INT_STATISTICS;
        sundance_drive();
        break;
    case MAC0:
        s.mac0 = value;
        break;
    case MAC1:
        write_mac1(value);
        break;
    case MAX_FRAME:
        s.max_frame = value;
        break;
    case RX_MODE:
        s.rx_mode = value;
        break;
    case PHY_CTRL:
        s.other[PHY_CTRL] = value & 0x1f;
        mdio_pins(&s.mdio, value & MDC, value & MDIR, value & MDIO);
        break;
    }
}

static void write_register(uint32_t reg, uint32_t value, unsigned size)
{
    switch (reg) {
    case DMA_CTRL:
        write_dma_ctrl(value);
        return;
    case TX_LIST:
    case RX_LIST:
        write_list(reg, value);
        return;
    case TX_POLL:
        s.tx_poll = value & 0x7f;
        sundance_transmit();
        return;
    case RX_POLL:
        s.rx_poll = value & 0x7f;
        return;
    case RX_STATUS:
    case INT_ACK:
        fault("register %#x, which is only for reading, is written", reg);
        return;
    case ASIC_CTRL:
        write_asic(size == 4 ? value : (s.asic & ~0xffffu) | value);
        return;
    case ASIC_CTRL + 2:
        write_asic((s.asic & 0xffff) | value << 16);
        return;
    }
    if (reg >= STATION && reg < MAX_FRAME)
        s.station[(reg - STATION) / 2] = value;
    else if (reg >= HASH && reg < STATS)
        s.hash[(reg - HASH) / 2] = value;
    else if (reg < EE_DATA || (reg > EE_CTRL && reg < TX_STATUS) || reg == 0x48 || reg == 0x5d)
        memcpy(s.other + reg, &value, size);
    else if (reg < STATS)
        write_control(reg, value, size);
}

void sundance_write(unsigned bar, uint32_t reg, uint32_t value, unsigned size)
{
    if (!(widths[reg] & size))
        fault("register %#x is written with %u bytes", reg, size);
    else if (s.resetting && reg != ASIC_CTRL)
        fault("register %#x is written while the chip is in reset", reg);
    else
        write_register(reg, value, size);
}
