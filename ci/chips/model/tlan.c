/* SPDX-License-Identifier: BSD-2-Clause */
/* Texas Instruments ThunderLAN (TNETE100A, TNETE110A and later), as on Compaq's Netelligent cards.
 *
 * Facts are from drivers that quote TI's Programmer's Guide (SPWU013A): Linux's tlan, FreeBSD's tl,
 * iPXE's. What an adapter check would be on the chip is a fault here. Not modelled: chips before
 * revision 3.0, whose lists do not show the end of a channel (Linux's driver may stall on them),
 * access to the RAM, the priority channels, interrupts of the PHY, interrupt pacing and bit-rate
 * PHYs. */
#include "tlan.h"

#include <string.h>

enum { HOST_CMD = 0x00, CH_PARM = 0x04, DIO_ADR = 0x08, HOST_INT = 0x0a, DIO_DATA = 0x0c };
#define GO (1u << 31)
enum { STOP = 1 << 30, ACK = 1 << 29, CHANNELS = 0x1fe00000, RT = 1 << 19, TYPE_SHIFT = 18 };
enum { AD_RST = 0x8000, LD_TMR = 0x4000, LD_THR = 0x2000, REQ_INT = 0x1000 };
enum { INTS_OFF = 0x0800, INTS_ON = 0x0400, COUNT = 0xff };
enum { ADR_INC = 0x8000, ADR_RAM = 0x4000, INT_TYPE_SHIFT = 2 };
enum { EEPROM_COMPAQ = 0x83, EEPROM_OLICOM = 0xf8, MOST_EOFS = 255 };
enum { RESET_TIME = 500 * MICROSECOND, ADDRESS_SIZE = 6, REVISION = 0x30 };

struct tlan tlan;

uint16_t tlan_config(void)
{
    return tlan.dio[NET_CONFIG] | tlan.dio[NET_CONFIG + 1] << 8;
}

bool tlan_link(void)
{
    if (tlan.ten_only)
        return tlan.inner.link && tlan_config() & CONFIG_PHY_ENABLE;
    return tlan.outer.link;
}

/* --- interrupts */
static unsigned type(void)
{
    if (tlan.rx_eofs)
        return RX_EOF;
    if (tlan.rx_eoc)
        return RX_EOC;
    if (tlan.tx_eofs && (tlan.tx_eofs >= tlan.threshold || !tlan.tx_runs))
        return TX_EOF;
    if (tlan.tx_eoc)
        return TX_EOC;
    return tlan.test ? TEST : 0;
}

void tlan_drive(void)
{
    if (tlan.rx_eofs > MOST_EOFS || tlan.tx_eofs > MOST_EOFS) {
        fault("more than %d frames are done, and none is acknowledged", MOST_EOFS);
        tlan.rx_eofs = tlan.tx_eofs = 0;
    }
    irq(tlan.enabled && !tlan.masked && type());
}

static void acknowledge(unsigned which, unsigned count)
{
    unsigned *eofs = which == TX_EOF ? &tlan.tx_eofs : &tlan.rx_eofs;

    tlan.masked = false;
    switch (which) {
    case TX_EOF:
    case RX_EOF:
        if (count > *eofs && (which == RX_EOF || tlan.threshold))
            fault("%u frames are acknowledged, and %u are done", count, *eofs);
        *eofs -= count < *eofs ? count : *eofs;
        break;
    case TX_EOC:
        tlan.tx_eoc = false;
        break;
    case RX_EOC:
        tlan.rx_eoc = false;
        break;
    case TEST:
        tlan.test = false;
        break;
    }
}

/* --- resets */
static void reset_done(void *argument)
{
    tlan.resetting = false;
}

static void adapter_reset(void)
{
    tlan_stop_all();
    memset(tlan.dio, 0, sizeof(tlan.dio));
    tlan.dio[DEF_REVISION] = REVISION;
    tlan.enabled = tlan.masked = tlan.tx_eoc = tlan.rx_eoc = tlan.test = false;
    tlan.tx_eofs = tlan.rx_eofs = tlan.threshold = tlan.locked = 0;
    tlan.ch_parm = 0;
    tlan_serial_reset();
    tlan_drive();
}

static bool no_cable(struct phy *phy, unsigned reg, uint16_t *value)
{
    *value = phy->regs[reg] & ~(BMSR_LINK | BMSR_AN_DONE);
    return reg == MII_BMSR;
}

static void power_on(bool ten_only)
{
    memset(&tlan, 0, sizeof(tlan));
    tlan.ten_only = ten_only;
    for (unsigned i = 0; i < ADDRESS_SIZE; i++) {
        tlan.eeprom.bytes[EEPROM_COMPAQ + i] = card_mac[i];
        tlan.eeprom.bytes[EEPROM_OLICOM + i] = card_mac[i ^ 1]; /* in words */
    }
    tlan.inner.id1 = 0x4000;
    tlan.inner.id2 = 0x5015;
    if (ten_only)
        tlan.inner.lacks = 0x0180;
    else
        tlan.inner.vendor_read = no_cable; /* the other one has it */
    tlan.outer.id1 = 0x2000;               /* National's DP83840A */
    tlan.outer.id2 = 0x5c01;
    adapter_reset();
}

/* --- internal registers */
static uint8_t read_dio(unsigned reg)
{
    uint8_t value = tlan.dio[reg];

    if (reg == NET_SIO)
        return tlan_serial_read();
    if (reg >= STATS && reg < LED - 1) /* reading clears it */
        tlan.dio[reg] = 0;
    return value;
}

static void write_dio(unsigned reg, uint8_t value)
{
    unsigned which = (reg - AREG) / ADDRESS_SIZE, byte = (reg - AREG) % ADDRESS_SIZE;

    if (reg == NET_STS)
        value = tlan.dio[reg] & ~value;
    if ((reg == NET_CONFIG || reg == NET_CONFIG + 1) && tlan.dio[NET_CMD] & NRESET)
        fault("NetConfig is written while the network side is not in reset");
    if ((reg >= STATS && reg < LED - 1) || (reg >= 0x08 && reg < AREG)) {
        fault("internal register %#x, which is only for reading, is written", reg);
        return;
    }
    if (reg == NET_SIO) {
        tlan_serial_write(value);
        return;
    }
    tlan.dio[reg] = value;
    if (reg == NET_CMD && !(value & NRESET))
        tlan_stop_all();
    if (reg == NET_CONFIG)
        tlan_serial_write(tlan.dio[NET_SIO]); /* the inner PHY comes or goes */
    if (reg >= AREG && reg < HASH && byte == 0)
        tlan.locked |= 1 << which;
    if (reg >= AREG && reg < HASH && byte == ADDRESS_SIZE - 1)
        tlan.locked &= ~(1 << which);
}

/* Where an access through DIO_DATA goes; false: nowhere. */
static bool dio_register(uint32_t reg, unsigned size, unsigned *internal)
{
    *internal = (tlan.dio_adr & 0x3ffc) + (reg - DIO_DATA);
    if (tlan.dio_adr & (ADR_INC | ADR_RAM)) {
        fault("DIO_ADR has %#x: RAM and increments are not modelled", tlan.dio_adr);
        return false;
    }
    if (*internal + size <= DIO_REGS)
        return true;
    fault("there is no internal register %#x", *internal);
    return false;
}

/* --- host registers */
static void write_command(uint32_t value)
{
    unsigned which = value >> TYPE_SHIFT & 7;

    if (value & AD_RST) {
        adapter_reset();
        tlan.resetting = true;
        not_after(reset_done, NULL);
        after(RESET_TIME, reset_done, NULL);
        return;
    }
    if (value & CHANNELS)
        fault("HOST_CMD selects a channel that does not exist");
    if (value & INTS_OFF)
        tlan.enabled = false;
    if (value & INTS_ON)
        tlan.enabled = true;
    if (value & REQ_INT)
        tlan.test = true;
    if (value & ACK)
        acknowledge(which, value & COUNT);
    else if (value & LD_THR)
        tlan.threshold = value & COUNT;
    if (value & STOP)
        tlan_stop(value & RT);
    if (value & GO) {
        if (!(tlan.dio[NET_CMD] & NRESET))
            fault("a channel is started while the network side is in reset");
        else
            tlan_go(value & RT, tlan.ch_parm);
    }
    tlan_drive();
}

static uint32_t tlan_read(unsigned bar, uint32_t reg, unsigned size)
{
    uint32_t value = 0;
    unsigned internal;

    if (reg % size)
        fault("register %#x is read across a border", reg);
    if (tlan.resetting && reg >= CH_PARM)
        fault("register %#x is read while the adapter is in reset", reg);
    if (reg >= DIO_DATA) {
        if (dio_register(reg, size, &internal))
            for (unsigned i = 0; i < size; i++)
                value |= (uint32_t)read_dio(internal + i) << 8 * i;
        return value;
    }
    if (reg < CH_PARM)
        return 0; /* commands leave nothing behind */
    if (reg < DIO_ADR)
        value = tlan.ch_parm;
    else
        value = tlan.dio_adr | type() << INT_TYPE_SHIFT << 16;
    return value >> 8 * (reg % 4);
}

static void tlan_write(unsigned bar, uint32_t reg, uint32_t value, unsigned size)
{
    unsigned internal;

    if (tlan.resetting && reg >= CH_PARM) {
        fault("register %#x is written while the adapter is in reset", reg);
        return;
    }
    if (reg >= DIO_DATA) {
        if (reg % size)
            fault("DIO_DATA is written across a border");
        else if (dio_register(reg, size, &internal))
            for (unsigned i = 0; i < size; i++)
                write_dio(internal + i, value >> 8 * i);
    } else if (reg < CH_PARM) {
        value <<= 8 * reg;
        if (tlan.resetting && value & ~(AD_RST | INTS_OFF))
            fault("a command is given while the adapter is in reset");
        else
            write_command(value);
    } else if (reg == CH_PARM && size == 4) {
        tlan.ch_parm = value;
    } else if (reg == DIO_ADR && size == 2) {
        tlan.dio_adr = value;
    } else if (reg == HOST_INT && size == 2) {
        tlan.masked = true;
        tlan_drive();
    } else {
        fault("register %#x is written with %u bytes", reg, size);
    }
}

static void tlan_cable(void)
{
    phy_cable(tlan.ten_only ? &tlan.inner : &tlan.outer);
}

#define THUNDERLAN                                                              \
    .sub_vendor = 0x0e11, .bars = {{16, true}, {16, false}}, .read = tlan_read, \
    .write = tlan_write, .receive = tlan_receive, .ready = tlan_ready, .cable = tlan_cable

/* Linux's driver cannot be asked for speed and duplex. */
static void thunderlan_reset(void)
{
    power_on(false);
}

static const struct chip thunderlan = {
    .name = "thunderlan",
    .vendor = 0x0e11,
    .device = 0xae32,
    .sub_device = 0xae32,
    .revision = 0x10,
    .reset = thunderlan_reset,
    THUNDERLAN,
};
CHIP(thunderlan);

static void thunderlan10_reset(void)
{
    power_on(true);
}

static const struct chip thunderlan10 = {
    .name = "thunderlan10",
    .vendor = 0x0e11,
    .device = 0xae34,
    .sub_device = 0xae34,
    .revision = 0x10,
    .reset = thunderlan10_reset,
    THUNDERLAN,
};
CHIP(thunderlan10);
