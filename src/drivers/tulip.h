/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers of the 21x4x family (21143 hardware reference manual, chapter 3), and what tulip.c and
 * tulip_media.c have in common. */
#ifndef TULIP_H
#define TULIP_H

#include "net_driver.h"

enum csr {
    CSR_BUS = 0x00,
    CSR_TX_DEMAND = 0x08,
    CSR_RX_RING = 0x18,
    CSR_TX_RING = 0x20,
    CSR_STATUS = 0x28,
    CSR_MODE = 0x30,
    CSR_INTERRUPTS = 0x38,
    CSR_ROM = 0x48,
    CSR_SIA_STATUS = 0x60, /* CSR12; on the 21140 its general-purpose pins */
    CSR_SIA_CONNECT = 0x68,
    CSR_SIA_TXRX = 0x70,
    CSR_SIA_GENERAL = 0x78, /* CSR15; upper half: general-purpose pins of the 21142 and later */
    ADMTEK_ADDRESS_LOW = 0xa4,
    ADMTEK_ADDRESS_HIGH = 0xa8,
    ADMTEK_MII = 0xb4, /* MII registers 0-6 of a Comet's own PHY */
};
enum {
    BUS_RESET = 1,
    BUS_BURST_4 = 0x8400, /* cache alignment 16 longwords, bursts of 4: the 2104x need it so */
    BUS_BURST_8 = 0x4800,
    STATUS_RECEIVED = 1 << 6,
    STATUS_INTERRUPT = 1 << 16,  /* one that is a normal event and enabled */
    STATUS_RUNNING = 0x007e0000, /* states of transmit and receive process; 0 = stopped */
    ROM_NOT_READY = 1u << 31,
};
enum { /* CSR6 */
       MODE_RECEIVE = 1 << 1,
       MODE_ALL_MULTICAST = 1 << 7,
       MODE_FULL_DUPLEX = 1 << 9,
       MODE_TRANSMIT = 1 << 13,
       MODE_THRESHOLD = 3 << 14,
       MODE_PORT_SELECT = 1 << 18, /* MII or SYM instead of 10BASE-T */
       MODE_NO_HEARTBEAT = 1 << 19,
       MODE_STORE_FORWARD = 1 << 21, /* from the 21140 on */
       MODE_10MBIT = 1 << 22,
       MODE_PCS = 1 << 23,
       MODE_SCRAMBLER = 1 << 24,
       MODE_ONE = 1 << 25, /* must be one from the 21140 on */
       MODE_RUN = MODE_TRANSMIT | MODE_RECEIVE | MODE_ALL_MULTICAST,
};

enum chip { D21040, D21041, D21140, D21143, ADMTEK };

enum { SROM_SIZE = 128 };

struct tulip {
    const struct nic *nic;
    enum chip chip;
    uint32_t mode;                /* CSR6 without the bits that start */
    uint8_t srom[SROM_SIZE + 16]; /* zeros at the end, for a list that is cut off there */
};
extern struct tulip tulip;

/* tulip.c. Registers of the card that was probed last. */
uint32_t csr_read(enum csr reg);
void csr_write(enum csr reg, uint32_t value);

/* Reset the MAC; the PHY keeps its link. */
void tulip_reset(void);
/* Start both directions with empty rings. False when the chip doesn't take its address filter. */
bool tulip_start(void);
/* Put tulip.mode into effect on a running chip. */
void tulip_change_mode(void);

/* tulip_media.c. Fill tulip.srom. False when there is no SROM. */
bool tulip_read_srom(void);
/* Reset, select a transceiver and start. False as for tulip_start. */
bool tulip_media_start(void);
/* As in struct net_driver: while there is no link, the transceivers are tried in turn. */
bool tulip_media_link(struct nic *nic);

#endif
