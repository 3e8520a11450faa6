/* SPDX-License-Identifier: BSD-2-Clause */
/* VIA Rhine: VT86C100A (Rhine-I), VT6102 (Rhine-II), VT6105 and VT6105M (Rhine-III).
 *
 * Registers have the names of VIA's datasheets (VT86C100A, VT6102, VT6105). Those say little about
 * order and time; that is from what the drivers of Linux (via-rhine), FreeBSD (vr) and iPXE do and
 * say. Not modelled: wake-up, VLAN tags, checksums, MDIO and EEPROM by single pins, collisions. */
#include <string.h>

#include "rhine.h"

enum { EE_LOAD = 0x20, EE_PINS = 0x10 };
enum { MISC1_FORCE_RESET = 0x40 };
enum { CAM_ENABLE = 1, CAM_VLAN = 2, CAM_WRITE = 4 };

enum {
    /* Longest times. */
    RESET_NS = 100 * MICROSECOND,
    RECOVER_NS = 5 * MILLISECOND, /* VT86C100A: after a reset, until it reads its EEPROM */
    LOAD_NS = 200 * MICROSECOND,
    STOP_NS = 20 * MICROSECOND,
};

static const struct kind kinds[] = {
    {0x90, CFGD, 0x80, 1, true, false, true, true},
    {0x80, CFGD, 0x80, 1, true, false, true, false},
    {0x40, CFGD, 0x80, 1, false, false, true, false},
    {0x00, CFGA, 0x20, 8, false, true, false, false},
};

/* Which registers there are; a VT86C100A ends at 80h. */
enum { NONE, PLAIN, FIXED, SPECIAL };
static const struct {
    uint8_t first, last, access;
} map[] = {
    {PAR, TCR, PLAIN},        {CR0, CR1, SPECIAL},     {0x0a, 0x0a, PLAIN},
    {ISR, ISR + 1, SPECIAL},  {IMR, IMR + 1, PLAIN},   {MAR, MAR + 7, PLAIN},
    {RX_BASE, 0x1f, SPECIAL}, {0x20, 0x6b, FIXED},     {MPHY, MPHY, PLAIN},
    {MIISR, MIISR, FIXED},    {BCR0, BCR0 + 1, PLAIN}, {MIICR, EECSR, SPECIAL},
    {0x75, 0x77, PLAIN},      {CFGA, CFGD, PLAIN},     {TALLY, TALLY + 3, SPECIAL},
    {0x80, 0x87, PLAIN},      {CAMMASK, 0x91, PLAIN},  {CAMC, CAMC, SPECIAL},
    {CAMAD, CAMAD, PLAIN},    {0x96, 0x9b, PLAIN},     {WOL, 0xaf, SPECIAL},
    {0xb0, 0xff, PLAIN},
};

struct rhine rhine;
static uint8_t *const regs = rhine.regs;

void rhine_raise(unsigned events)
{
    regs[ISR] |= (uint8_t)events;
    regs[ISR + 1] |= (uint8_t)(events >> 8);
    irq(rhine_get(ISR, 2) & rhine_get(IMR, 2));
}

static void stopped(void *unused)
{
    (void)unused;
    regs[CR0] &= (uint8_t) ~(RX_ON | TX_ON | START);
}

/* What a software reset leaves. It clears what comes from the EEPROM, too, but not how the chip is
 * reached. */
static void defaults(void)
{
    uint8_t config[4];

    memcpy(config, regs + CFGA, sizeof config);
    memset(regs, 0, REGS);
    memcpy(regs + CFGA, config, sizeof config);
    regs[CR0] = STOP;
    rhine_mii_reset();
    if (rhine.kind->fixed_phy)
        regs[MPHY] = rhine.kind->phy_address;
    rhine_stop_engines();
    irq(false);
}

static void reset_done(void *unused)
{
    (void)unused;
    rhine.resetting = false;
    regs[CR1] &= (uint8_t)~RESET;
    rhine.recovered = card_now() + RECOVER_NS;
}

static void load(void)
{
    memcpy(regs + PAR, card_mac, 6);
    regs[MPHY] = rhine.kind->phy_address;
    memset(regs + CFGA, 0, 4);
    regs[CFGA] = rhine.kind->mmio_reg == CFGA ? 0 : 0x08;
}

static void loaded(void *unused)
{
    (void)unused;
    rhine.loading = false;
    regs[EECSR] &= (uint8_t)~EE_LOAD;
    load();
}

static void write_eecsr(uint8_t value)
{
    uint64_t time = LOAD_NS, now = card_now();

    if (value & EE_PINS)
        fault("EEPROM by single pins is not modelled");
    regs[EECSR] = value;
    if (!(value & EE_LOAD))
        return;
    if (rhine.kind->tx_aligned && rhine.recovered > now)
        time += rhine.recovered - now;
    rhine.loading = true;
    not_after(loaded, NULL);
    after(time, loaded, NULL);
}

static void write_cr0(uint8_t value)
{
    if (value & STOP) {
        rhine_stop_engines();
        regs[CR0] = (regs[CR0] & (RX_ON | TX_ON)) | STOP;
        not_after(stopped, NULL);
        after(STOP_NS, stopped, NULL);
        return;
    }
    if (value & (RX_ON | TX_ON) && !(value & START))
        fault("receiver or transmitter on (%02x), but the chip is not started", value);
    not_after(stopped, NULL);
    regs[CR0] = value & (uint8_t) ~(TX_DEMAND | RX_DEMAND);
    if (!(value & TX_ON))
        rhine.sending = false;
    if (value & TX_DEMAND)
        rhine_send();
}

static void write_cr1(uint8_t value)
{
    if (value & RESET) {
        rhine.resetting = true;
        defaults();
        not_after(stopped, NULL);
        not_after(loaded, NULL);
        rhine.loading = false;
        regs[CR1] = RESET;
        after(RESET_NS, reset_done, NULL);
        return;
    }
    regs[CR1] = value & (uint8_t) ~(TX_DEMAND | RX_DEMAND);
    if (!(value & TX_DEMAND))
        return;
    if (!rhine_on(TX_ON))
        fault("asks to send while the transmitter is off");
    rhine_send();
}

static void write_camc(uint8_t value)
{
    regs[CAMC] = value;
    if (value & CAM_WRITE && value & CAM_ENABLE && !(value & CAM_VLAN))
        memcpy(rhine.cam[regs[CAMAD] & 31], regs + MAR, 6);
}

/* Registers of which one address sets bits, and another, 4 above it, clears them. */
static void write_pair(unsigned reg, uint8_t value)
{
    if (reg & 4)
        regs[reg - 4] &= (uint8_t)~value;
    else
        regs[reg] |= value;
}

static void write_byte(unsigned reg, uint8_t value)
{
    switch (reg) {
    case CR0:
        write_cr0(value);
        break;
    case CR1:
        write_cr1(value);
        break;
    case ISR:
    case ISR + 1:
        regs[reg] &= (uint8_t)~value;
        break;
    case MIICR:
    case MIIAD:
    case MIIDATA:
    case MIIDATA + 1:
        rhine_mii_write(reg, value);
        break;
    case EECSR:
        write_eecsr(value);
        break;
    case CAMC:
        write_camc(value);
        break;
    default:
        regs[reg] = value;
    }
}

static void write_ring(unsigned reg, uint32_t value)
{
    if (rhine_on(reg == RX_BASE ? RX_ON : TX_ON))
        fault("ring address %02x written while that engine is on", reg);
    if (value & 15)
        fault("ring at %x, which is no multiple of 16", value);
    *(reg == RX_BASE ? &rhine.rx_at : &rhine.tx_at) = value;
}

static unsigned access_of(unsigned reg)
{
    for (unsigned i = 0; i < sizeof map / sizeof *map; i++) {
        if (reg >= map[i].first && reg <= map[i].last)
            return map[i].access;
    }
    return NONE;
}

/* False when the chip cannot be reached like that. */
static bool check(unsigned bar, uint32_t reg, unsigned size, const char *what)
{
    bool ring = reg >= RX_BASE && reg < RX_BASE + 8;

    if (bar == 1 && !(regs[rhine.kind->mmio_reg] & rhine.kind->mmio_bit)) {
        fault("%s of %02x by memory, which is not switched on", what, reg);
        return false;
    }
    if (access_of(reg) == NONE || access_of(reg + size - 1) == NONE)
        fault("%s of %02x, where no register is", what, reg);
    if (reg % size || (ring && size != 4))
        fault("%s of %u bytes at %02x", what, size, reg);
    if (rhine.loading && reg != EECSR)
        fault("%s of %02x while the EEPROM is read", what, reg);
    return true;
}

static uint32_t rhine_read(unsigned bar, uint32_t reg, unsigned size)
{
    uint32_t value;

    if (!check(bar, reg, size, "read"))
        return ~0u;
    if (reg == RX_BASE || reg == TX_BASE)
        return reg == RX_BASE ? rhine.rx_at : rhine.tx_at;
    rhine_mii_look();
    value = rhine_get(reg, size);
    if (reg >= TALLY && reg < TALLY + 4)
        memset(regs + reg, 0, size);
    return value;
}

static void rhine_write(unsigned bar, uint32_t reg, uint32_t value, unsigned size)
{
    if (!check(bar, reg, size, "write"))
        return;
    if (reg == MISC1 && value & MISC1_FORCE_RESET && rhine.resetting) {
        not_after(reset_done, NULL);
        reset_done(NULL);
        return;
    }
    if (rhine.resetting) {
        fault("write of %02x before the reset has ended", reg);
        return;
    }
    if (reg == RX_BASE || reg == TX_BASE) {
        write_ring(reg, value);
        return;
    }
    for (unsigned i = 0; i < size; i++, value >>= 8) {
        if (reg + i >= WOL && reg + i <= WOL_LAST)
            write_pair(reg + i, (uint8_t)value);
        else if (access_of(reg + i) == FIXED)
            fault("write of %02x, which can only be read", reg + i);
        else
            write_byte(reg + i, (uint8_t)value);
    }
    irq(rhine_get(ISR, 2) & rhine_get(IMR, 2));
}

static void rhine_reset(void)
{
    uint8_t revision = (uint8_t)config_get(8, 1);

    memset(&rhine, 0, sizeof rhine);
    rhine.kind = kinds;
    while (rhine.kind->revision > revision)
        rhine.kind++;
    rhine_mii_start();
    defaults();
    load();
}

static void rhine_cable(void)
{
    phy_cable(&rhine.phy);
}

/* Power management, version 2: D0 and D3. */
static const uint8_t power[] = {0x01, 0, 0x02, 0xfe, 0, 0, 0, 0};
static const uint8_t power_writable[] = {0, 0, 0, 0, 0x03, 0x01, 0, 0};

#define RHINE(symbol, id, rev, size_, powers)                                                  \
    static const struct chip symbol = {.name = #symbol,                                        \
                                       .vendor = 0x1106,                                       \
                                       .device = id,                                           \
                                       .sub_vendor = 0x1106,                                   \
                                       .sub_device = id,                                       \
                                       .revision = rev,                                        \
                                       .speed = 100,                                           \
                                       .bars = {{.size = size_, .io = true}, {.size = size_}}, \
                                       .capabilities = power,                                  \
                                       .writable = power_writable,                             \
                                       .capabilities_size = powers,                            \
                                       .reset = rhine_reset,                                   \
                                       .read = rhine_read,                                     \
                                       .write = rhine_write,                                   \
                                       .receive = rhine_receive,                               \
                                       .ready = rhine_ready,                                   \
                                       .cable = rhine_cable};                                  \
    CHIP(symbol)

RHINE(vt86c100a, 0x3043, 0x06, 128, 0);
RHINE(vt6102, 0x3065, 0x43, 256, sizeof power);
RHINE(vt6105, 0x3106, 0x86, 256, sizeof power);
RHINE(vt6105m, 0x3053, 0x96, 256, sizeof power);
