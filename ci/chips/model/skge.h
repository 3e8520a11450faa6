/* SPDX-License-Identifier: BSD-2-Clause */
/* SysKonnect Genesis and Marvell Yukon: what the parts of the model share. Registers have the names
 * of the SK-NET programs. */
#ifndef SKGE_H
#define SKGE_H

#include "../chip.h"
#include "../phy.h"

enum {
    RAP = 0x0000,
    CTST = 0x0004,
    ISRC = 0x0008,
    IMSK = 0x000c,
    SP_ISRC = 0x0018,
    R1_CSR = 0x0060,
    XS1_CSR = 0x0068,
    XA1_CSR = 0x006c,
    MAC_1 = 0x0100,
    CONNECTOR = 0x0118,
    MEDIUM = 0x0119,
    MAC_CONFIG = 0x011a,
    CHIP_ID = 0x011b,
    RAM_SIZE = 0x011c,
    PHY_TYPE = 0x011d,
    FLASH_ADDRESS = 0x0120,
    TEST_CTRL1 = 0x0158,
    GPIO = 0x015c,
    RI_CTRL = 0x01a0,
    MA_CTRL = 0x01b8,
    PA_CTRL = 0x01f0,
    TXA_CTRL = 0x0210,
    CONFIG_COPY = 0x0380,
    Q_R1 = 0x0400,
    Q_XS1 = 0x0600,
    Q_XA1 = 0x0680,
    RB_R1 = 0x0800,
    RB_XS1 = 0x0a00,
    RB_XA1 = 0x0a80,
    RX_MFF_CTRL1 = 0x0c18,
    RX_MFF_CTRL2 = 0x0c1c,
    RX_GMF_CTRL = 0x0c48,
    TX_MFF_CTRL1 = 0x0d18,
    TX_MFF_CTRL2 = 0x0d1c,
    TX_GMF_CTRL = 0x0d48,
    GMAC_CTRL = 0x0f00,
    GPHY_CTRL = 0x0f04,
    GMAC_ISRC = 0x0f08,
    GMAC_IMSK = 0x0f0c,
    LINK_CTRL = 0x0f10,
    XMAC = 0x2000,
    XMAC_END = 0x2700,
    GMAC = 0x2800,
    GMAC_END = 0x2a60,
    REGS = 0x4000,
};
/* Of a queue, and of its part of the RAM. */
enum { Q_DA_L = 0x20, Q_DA_H = 0x24, Q_CSR = 0x34, RB_START = 0, RB_END = 4, RB_CTRL = 0x28 };
/* Interrupts. */
enum { IS_EXT = 1 << 23, IS_MAC1 = 1 << 21, IS_R1_F = 1 << 16, IS_XA1_F = 1 << 7 };
/* Of the MAC's FIFOs, and of the RAM. */
enum { OPERATES = 8 };

/* What a MAC tells the queues. */
struct skge_mac {
    bool (*sends)(void);    /* it would take a frame now */
    bool (*receives)(void); /* one from the wire would come through */
    bool (*pads)(void);     /* short frames to send */
    bool (*passes_fcs)(void);
    bool (*accepts)(const uint8_t *frame);                /* its filter does */
    uint32_t (*status)(const uint8_t *frame, size_t len); /* of a frame that was received */
    void (*count)(const uint8_t *frame, size_t len, bool tx);
};
extern const struct skge_mac skge_gmac, skge_xmac;

/* A frame's receiver. */
enum skge_receiver { ONE, EVERYBODY, GROUP };
enum skge_receiver skge_receiver(const uint8_t *frame);

extern struct skge {
    uint8_t regs[REGS];
    struct phy phy;
    bool reset, master_reset; /* of the chip, and of what reaches the memory */
    bool mac_reset, phy_reset;
    bool irq_held; /* SP_ISRC was read */
    uint32_t isrc;
    uint16_t phy_events, phy_mask; /* mask: those that interrupt */
    const struct skge_mac *mac;
} skge;

static inline uint32_t skge_get(unsigned reg, unsigned size)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < size; i++)
        value |= (uint32_t)skge.regs[reg + i] << 8 * i;
    return value;
}

static inline void skge_put(unsigned reg, uint32_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        skge.regs[reg + i] = (uint8_t)(value >> 8 * i);
}

/* skge_map.c: what a register is. SKGE_PAIRS: of two bits, one sets something and the other one
 * clears it; what is kept has a 1 for the one that was written last. */
enum skge_access { SKGE_NONE, SKGE_PLAIN, SKGE_FIXED, SKGE_PAIRS, SKGE_SPECIAL };
enum skge_access skge_access(unsigned reg);

/* skge.c */
void skge_raise(uint32_t events); /* these interrupts are there */
void skge_update_irq(void);
bool skge_has_ram(uint32_t first, uint32_t last); /* in units of 8 bytes */

/* skge_gmac.c, skge_xmac.c: power on; reset with the chip; registers */
void skge_gmac_start(void);
void skge_gmac_reset(void);
uint32_t skge_gmac_read(uint32_t reg, unsigned size);
void skge_gmac_write(uint32_t reg, uint32_t value, unsigned size);
void skge_gmac_control(uint32_t reg, uint32_t value); /* GMAC_CTRL, GPHY_CTRL */
void skge_xmac_start(void);
void skge_xmac_reset(void);
uint32_t skge_xmac_read(uint32_t reg, unsigned size);
void skge_xmac_write(uint32_t reg, uint32_t value, unsigned size);
void skge_xmac_gpio(uint32_t pins);

/* skge_queues.c */
void skge_queues_start(void);
void skge_queue_write(unsigned queue, uint32_t csr); /* of Q_R1 or Q_XA1 */
void skge_queue_begin(unsigned queue);               /* its descriptor address was written */
void skge_send(void);                                /* what waits to be sent, if it can be */
bool skge_ready(void);
void skge_receive(const uint8_t *frame, size_t len);

#endif
