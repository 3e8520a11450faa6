/* SPDX-License-Identifier: BSD-2-Clause */
/* Marvell Yukon: what the parts of the model share. Registers have the names of the SK-NET
 * programs. */
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
    RI_CTRL = 0x01a0,
    TXA_CTRL = 0x0210,
    CONFIG_COPY = 0x0380,
    Q_R1 = 0x0400,
    Q_XA1 = 0x0680,
    RB_R1 = 0x0800,
    RB_XA1 = 0x0a80,
    RX_GMF_CTRL = 0x0c48,
    TX_GMF_CTRL = 0x0d48,
    GMAC_CTRL = 0x0f00,
    GPHY_CTRL = 0x0f04,
    GMAC_ISRC = 0x0f08,
    GMAC_IMSK = 0x0f0c,
    LINK_CTRL = 0x0f10,
    GMAC = 0x2800,
    GMAC_END = 0x2a60,
    REGS = 0x4000,
};
/* Of a queue, and of its part of the RAM. */
enum { Q_DA_L = 0x20, Q_DA_H = 0x24, Q_CSR = 0x34, RB_START = 0, RB_END = 4, RB_CTRL = 0x28 };
/* In the MAC. */
enum {
    GP_STAT = GMAC,
    GP_CTRL = GMAC + 0x04,
    RX_CTRL = GMAC + 0x0c,
    SRC_ADDR_1 = GMAC + 0x1c,
    SRC_ADDR_2 = GMAC + 0x28,
    MC_ADDR = GMAC + 0x34,
    SMI_CTRL = GMAC + 0x80,
    SMI_DATA = GMAC + 0x84,
    PHY_ADDR = GMAC + 0x88,
    MIB = GMAC + 0x100,
    MIB_COUNTERS = 44,
};

/* Interrupts. */
enum { IS_EXT = 1 << 23, IS_MAC1 = 1 << 21, IS_R1_F = 1 << 16, IS_XA1_F = 1 << 7 };
/* GP_CTRL */
enum { TX_ENABLE = 1 << 12, RX_ENABLE = 1 << 11 };
/* Of the MAC's FIFOs, and of the RAM. */
enum { OPERATES = 8 };

/* Counters of the MAC. */
enum { MIB_RX_UNICAST = 0, MIB_RX_BROADCAST = 1, MIB_RX_GROUP = 3, MIB_RX_BYTES = 6 };
enum { MIB_TX_UNICAST = 24, MIB_TX_BROADCAST = 25, MIB_TX_GROUP = 27, MIB_TX_BYTES = 28 };

extern struct skge {
    uint8_t regs[REGS];
    struct phy phy;
    bool reset, master_reset; /* of the chip, and of what reaches the memory */
    bool mac_reset, phy_reset;
    bool irq_held; /* SP_ISRC was read */
    uint32_t isrc;
    uint16_t phy_events, phy_mask;
    uint32_t mib[MIB_COUNTERS];
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

/* skge.c */
void skge_raise(uint32_t events); /* these interrupts are there */
void skge_update_irq(void);
uint32_t skge_ram_size(void); /* bytes */

/* skge_mac.c */
void skge_mac_start(void); /* power on */
void skge_mac_reset(void); /* with the chip, but not the PHY */
uint32_t skge_mac_read(uint32_t reg, unsigned size);
void skge_mac_write(uint32_t reg, uint32_t value, unsigned size);
void skge_mac_control(uint32_t reg, uint32_t value);
/* Does the filter let the frame through? */
bool skge_accepts(const uint8_t *frame);
/* Counts a frame; `tx` says in which direction. */
void skge_count(const uint8_t *frame, size_t len, bool tx);
void skge_cable(void);

/* skge_queues.c */
void skge_queues_start(void);
void skge_queue_write(unsigned queue, uint32_t csr); /* of Q_R1 or Q_XA1 */
void skge_queue_begin(unsigned queue);               /* its descriptor address was written */
void skge_send(void);                                /* what waits to be sent, if it can be */
bool skge_ready(void);
void skge_receive(const uint8_t *frame, size_t len);

#endif
