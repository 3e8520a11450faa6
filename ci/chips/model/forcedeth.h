/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the parts of the model of NVIDIA's chipset Ethernet, nForce to MCP89: forcedeth.c has the
 * registers, the PHY and the variants, forcedeth_rings.c moves frames.
 *
 * NVIDIA published nothing. Registers have the names that Linux's forcedeth gave them; what they do
 * is known from what that driver, FreeBSD's nfe and iPXE's forcedeth write to them and wait for. */
#ifndef FORCEDETH_H
#define FORCEDETH_H

#include "chip.h"
#include "phy.h"

enum {
    IRQ_STATUS = 0x000,
    IRQ_MASK = 0x004,
    SETUP6 = 0x008,
    POLLING_INTERVAL = 0x00c,
    MAC_RESET = 0x034,
    MISC1 = 0x080,
    TX_CONTROL = 0x084,
    TX_STATUS = 0x088,
    PACKET_FILTER = 0x08c,
    OFFLOAD_CONFIG = 0x090,
    RX_CONTROL = 0x094,
    RX_STATUS = 0x098,
    MAC_A = 0x0a8,
    MAC_B = 0x0ac,
    MULTICAST_A = 0x0b0,
    MULTICAST_B = 0x0b4,
    MULTICAST_MASK_A = 0x0b8,
    MULTICAST_MASK_B = 0x0bc,
    PHY_INTERFACE = 0x0c0,
    TX_RING = 0x100,
    RX_RING = 0x104,
    RING_SIZES = 0x108,
    TRANSMIT_POLL = 0x10c,
    LINK_SPEED = 0x110,
    SETUP5 = 0x130,
    TXRX_CONTROL = 0x144,
    TX_RING_HIGH = 0x148,
    RX_RING_HIGH = 0x14c,
    MII_STATUS = 0x180,
    MII_MASK = 0x184,
    ADAPTER_CONTROL = 0x188,
    MII_CONTROL = 0x190,
    MII_DATA = 0x194,
    WAKE_UP = 0x200,
    POWER_STATE = 0x26c,
    COUNTERS = 0x280,
    COUNTERS_END = 0x2ec,
    VLAN_CONTROL = 0x300,
    POWER_STATE2 = 0x600,
    WINDOW = 0x1000
};
enum { IRQ_RX = 2, IRQ_RX_NOBUF = 4, IRQ_TX_OK = 0x10, IRQ_TIMER = 0x20, IRQ_LINK = 0x40 };
enum { START = 1 }; /* of TX_CONTROL and RX_CONTROL */
enum { MISC1_HALF = 2 };
enum { FILTER_ALWAYS = 0x7f0000, FILTER_PROMISC = 0x80, FILTER_OWN = 0x20 };
enum { TXRX_KICK = 1, TXRX_RINGS = 2, TXRX_IDLE = 8, TXRX_RESET = 0x10, TXRX_CHECK = 0x400 };
enum { TXRX_UNTAG = 0x40, TXRX_TAG = 0x80, TXRX_FORMAT = 0xc02300 };
enum { FORMAT_1 = 0, FORMAT_2 = 0x2100, FORMAT_3 = 0xc02200 };
enum { MAC_IS_RIGHT = 0x8000 }; /* of TRANSMIT_POLL */
enum { POWERED_DOWN = 0x0f15, CLOCKS_GATED = 0x0f00, PHY_OFF = 0x0014 };

/* What the generations differ in. */
enum {
    LARGE = 1,         /* format 2: frames and checksums beyond format 1 */
    HIGH_DMA = 2,      /* format 3 */
    SUMS = 4,          /* checksums, and cuts TCP segments */
    TAGS = 8,          /* VLAN tags */
    POWER = 16,        /* powers up by POWER_STATE2; has MAC_RESET */
    MAC_IN_ORDER = 32, /* the address is not stored backwards */
    RGMII = 64         /* gigabit */
};

struct nforce {
    unsigned flags;
    uint32_t regs[WINDOW / 4];
    struct phy phy;
};
extern struct nforce nv;

static inline uint32_t *reg_at(unsigned reg)
{
    return &nv.regs[reg / 4];
}
void nv_raise(uint32_t events);

/* Power-on, or TXRX_RESET: both rings begin at their start. */
void nv_rings_reset(void);
/* Work may have come. The transmitter has started, and looks only for what it was told of. */
void nv_tx_kick(void);
void nv_tx_start(void);
bool nv_rx_ready(void);
void nv_rx_frame(const uint8_t *frame, size_t len);
/* The receiver or the transmitter has been stopped. */
void nv_rings_stopped(void);

#endif
