/* SPDX-License-Identifier: BSD-2-Clause */
/* See b44.c. What its files share. */
#ifndef B44_H
#define B44_H

#include "chip.h"
#include "phy.h"

/* Registers of the Ethernet core. */
enum { DEVCTRL = 0x000, BIST = 0x00c, WAKE_LENGTH = 0x010, ISTAT = 0x020, IMASK = 0x024 };
enum { GPTIMER = 0x028, ADDR_LO = 0x088, FILTER_DATA = 0x094, TX_BURST = 0x0a0, MAC_CTRL = 0x0a8 };
enum { MAC_FLOW = 0x0ac, RCV_LAZY = 0x100, DMATX_CTRL = 0x200, DMATX_ADDR = 0x204 };
enum { DMATX_PTR = 0x208, DMATX_STAT = 0x20c, DMARX_CTRL = 0x210, DMARX_ADDR = 0x214 };
enum { DMARX_PTR = 0x218, DMARX_STAT = 0x21c, FIFO_DATA = 0x228, RXCONFIG = 0x400 };
enum { RXMAXLEN = 0x404, TXMAXLEN = 0x408, MDIO_CTRL = 0x410, MDIO_DATA = 0x414 };
enum { EMAC_IMASK = 0x418, EMAC_ISTAT = 0x41c, CAM_DATA_LO = 0x420, CAM_DATA_HI = 0x424 };
enum { CAM_CTRL = 0x428, ENET_CTRL = 0x42c, TX_CTRL = 0x430, TX_WMARK = 0x434, MIB_CTRL = 0x438 };
enum { MIB_TX = 0x500, MIB_TX_END = 0x560, MIB_RX = 0x580, MIB_RX_END = 0x5dc };
enum { CORE_SIZE = 0x1000 };

enum { ISTAT_LINK = 0x20, ISTAT_DATA_ERROR = 0x800, ISTAT_PROTOCOL = 0x1000 };
enum { ISTAT_RX_UNDERFLOW = 0x2000, ISTAT_RX = 0x10000, ISTAT_TX = 0x1000000 };
enum { MAC_CTRL_CRC = 1, MAC_CTRL_PHY_DOWN = 4, TX_CTRL_FULL = 1 };

/* Counters by their place: of MIB_TX, and, less the last four, of MIB_RX. */
enum { GOOD_OCTETS, GOOD_FRAMES, OCTETS, FRAMES, BROADCASTS, GROUPS, UP_TO_64 };
enum { RX_MISSED = 15 };

extern struct b44 {
    uint32_t regs[CORE_SIZE / 4]; /* of the Ethernet core, where nothing else is said */
    struct phy phy;
    bool phy_down, mdio_busy, cam_busy, enabled;
    uint8_t cam[64][6];
    bool cam_valid[64];
    unsigned tx, rx; /* the current descriptors: bytes into their rings */
    bool rx_stopped; /* it has come to the last one */
    bool sending;
    unsigned lazy; /* frames that came without an interrupt */
} b44;

/* b44.c */
void b44_interrupt(uint32_t bits);

/* b44_emac.c */
void b44_emac_reset(bool power_on);
uint32_t b44_emac_read(uint32_t reg);
void b44_emac_write(uint32_t reg, uint32_t value);
void b44_phy_power(bool down);
bool b44_link(void);
uint32_t b44_accepted(const uint8_t *frame); /* flags of a header; 0: it is not for us */
void b44_count(uint32_t base, const uint8_t *frame, size_t len); /* len: with the FCS */
void b44_missed(void);

/* b44_dma.c */
void b44_dma_reset(void);
uint32_t b44_dma_read(uint32_t reg);
void b44_dma_write(uint32_t reg, uint32_t value);
void b44_receive(const uint8_t *frame, size_t len);
bool b44_ready(void);

#endif
