/* SPDX-License-Identifier: BSD-2-Clause */
/* Sundance ST201 ("Alta", also D-Link DL10050) and IC Plus IP100A.
 *
 * Registers, descriptors and the order of DMA are those of Sundance's preliminary datasheet of the
 * ST201 (November 1998). Where it is wrong or silent, facts are from Linux's sundance and FreeBSD's
 * ste: TxStatus goes on when its 16 bits are written, MACCtrl0 and MACCtrl1 are two registers, and
 * the IP100A has its PHY at address 0. Not modelled: the countdown, early receive, wake-up and flow
 * control. */
#include "sundance.h"

#include <string.h>

enum { GLOBAL = 1 << 16, RESET_RX = 1 << 17, RESET_TX = 1 << 18, RESET_DMA = 1 << 19 };
enum { RESET_FIFO = 1 << 20, RESET_NETWORK = 1 << 21, RESET_HOST = 1 << 22, RESET_OUT = 1 << 24 };
enum { ASIC_SPEEDS = 0x60, DEFAULT_MAX_FRAME = 1514 };
enum { RESET_TIME = 1000 * MICROSECOND };

struct sundance sundance_state;
#define s sundance_state

uint16_t sundance_int_status(void)
{
    uint16_t status = s.int_status | (s.queued ? INT_TX_COMPLETE : 0);

    return status | !!(status & s.int_enable);
}

void sundance_drive(void)
{
    irq(sundance_int_status() & 1);
}

void sundance_interrupt(uint16_t bits)
{
    s.int_status |= bits;
    sundance_drive();
}

static void link_changed(void)
{
    sundance_interrupt(INT_LINK);
}

/* --- statistics: 20 bits of octets, 16 of frames, 8 of the rest; reading clears them */
void sundance_count(unsigned reg, uint32_t by)
{
    unsigned bytes = reg < TX_FRAMES ? 4 : reg < 0x74 ? 2 : 1;
    uint32_t value = 0, top = reg < TX_FRAMES ? 0x80000 : 1u << (8 * bytes - 1);

    if (!(s.mac1 & STATISTICS))
        return;
    memcpy(&value, s.other + reg, bytes);
    value = (value + by) & (2 * top - 1);
    memcpy(s.other + reg, &value, bytes);
    if (value & top)
        sundance_interrupt(INT_STATISTICS);
}

uint32_t sundance_read_statistic(uint32_t reg, unsigned size)
{
    uint32_t value = 0;

    memcpy(&value, s.other + reg, size);
    memset(s.other + reg, 0, size);
    s.int_status &= ~INT_STATISTICS;
    sundance_drive();
    return value;
}

/* --- resets */
static void reset_dma(bool tx, bool rx)
{
    if (tx)
        s.tx_list = 0, s.tx_done = s.tx_halt = false, s.tx_poll = 0;
    if (rx)
        s.rx_list = s.rx_status = 0, s.rx_halt = false, s.rx_poll = 0;
    s.int_status &= ~((tx ? INT_TX_DMA : 0) | (rx ? INT_RX_DMA : 0));
}

static void reset_network(bool tx, bool rx)
{
    s.mac1 &= ~((tx ? TX_ENABLED : 0) | (rx ? RX_ENABLED : 0));
    if (tx)
        s.queued = s.frame_id = 0;
}

static void reset_host(void)
{
    s.int_status = s.int_enable = s.mac0 = s.mac1 = s.rx_mode = 0;
    s.max_frame = DEFAULT_MAX_FRAME;
    s.ee_ctrl = 0;
    memset(s.station, 0, sizeof(s.station));
    memset(s.hash, 0, sizeof(s.hash));
    memset(s.other, 0, sizeof(s.other));
}

static void reset_done(void *argument)
{
    s.resetting = false;
}

/* Which parts are reset in which directions (AsicCtrl). */
void sundance_reset_parts(uint32_t bits)
{
    bool tx = bits & (GLOBAL | RESET_TX), rx = bits & (GLOBAL | RESET_RX);

    if (tx)
        sundance_forget();
    if (bits & RESET_DMA)
        reset_dma(tx, rx);
    if (bits & RESET_FIFO && tx)
        s.fifo_len = 0;
    if (bits & RESET_NETWORK)
        reset_network(tx, rx);
    if (bits & RESET_HOST && bits & GLOBAL)
        reset_host();
    if (bits & RESET_OUT)
        phy_reset(&s.phy);
    s.resetting = true;
    not_after(reset_done, NULL);
    after(RESET_TIME, reset_done, NULL);
    sundance_drive();
}

static void power_on(unsigned phy_address)
{
    memset(&s, 0, sizeof(s));
    reset_host();
    s.asic = ASIC_SPEEDS;
    s.phy.id1 = 0x0243;
    s.phy.id2 = 0x0c50;
    s.phy.changed = link_changed;
    s.mdio.phys[phy_address] = &s.phy;
    phy_reset(&s.phy);
    sundance_drive();
}

static void st201_reset(void)
{
    power_on(1);
}

static void ip100a_reset(void)
{
    power_on(0);
}

static void sundance_cable(void)
{
    phy_cable(&s.phy);
}

/* Power management, D0 to D3, as at 50h of the chip. */
static const uint8_t capabilities[] = {1, 0, 0x02, 0xff, 0, 0, 0, 0};
static const uint8_t writable[] = {0, 0, 0, 0, 0x03, 0x01, 0, 0};

#define SUNDANCE                                                                            \
    .speed = 100, .bars = {{128, true}, {128, false}}, .capabilities = capabilities,        \
    .writable = writable, .capabilities_size = sizeof(capabilities), .read = sundance_read, \
    .write = sundance_write, .receive = sundance_receive, .ready = sundance_ready,          \
    .cable = sundance_cable

static const struct chip st201 = {
    .name = "st201",
    .vendor = 0x13f0,
    .device = 0x0201,
    .sub_vendor = 0x1186,
    .sub_device = 0x1002,
    .revision = 0x12,
    .reset = st201_reset,
    SUNDANCE,
};
CHIP(st201);

static const struct chip ip100a = {
    .name = "ip100a",
    .vendor = 0x13f0,
    .device = 0x0200,
    .sub_vendor = 0x13f0,
    .sub_device = 0x0200,
    .revision = 0x31,
    .reset = ip100a_reset,
    SUNDANCE,
};
CHIP(ip100a);
