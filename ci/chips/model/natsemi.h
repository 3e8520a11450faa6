/* SPDX-License-Identifier: BSD-2-Clause */
/* The MAC that National's DP83815 (natsemi.c) and SiS's 900 (sis900.c) have in common: the command
 * and interrupt registers (natsemi_core.c), and queues of descriptors (natsemi_queues.c). They
 * differ in the receive filter, in how the EEPROM and the PHY are reached, and in what a reset
 * leaves. */
#ifndef NATSEMI_H
#define NATSEMI_H

#include "chip.h"
#include "eeprom.h"
#include "phy.h"

enum { CR = 0x00, CFG = 0x04, MEAR = 0x08, PTSCR = 0x0c, ISR = 0x10, IMR = 0x14, IER = 0x18 };
enum { TXDP = 0x20, TXCFG = 0x24, RXDP = 0x30, RXCFG = 0x34, RFCR = 0x48, RFDR = 0x4c };
enum { EEDI = 1, EEDO = 2, EECLK = 4, EESEL = 8 }; /* of MEAR */
enum { CR_TXE = 1, CR_TXD = 2, CR_RXE = 4, CR_RXD = 8, CR_TXR = 0x10, CR_RXR = 0x20 };
enum { CR_SWI = 0x80, CR_RST = 0x100 };
enum { RX_OK = 1, RX_DESC = 2, RX_IDLE = 0x10, RX_OVERRUN = 0x20, TX_OK = 0x40, TX_DESC = 0x80 };
enum { TX_IDLE = 0x200, INT_SWI = 0x1000, INT_PHY = 0x4000 };
enum { RX_RESET = 1 << 24, TX_RESET = 1 << 25 };
enum { RFCR_ON = 1u << 31, RFCR_BROADCAST = 1 << 30, RFCR_MULTICAST = 1 << 29 };
enum { RFCR_UNICAST = 1 << 28, TXCFG_PAD = 1 << 28, PHY_REGS = 32 };
/* Kind of destination, in a receive descriptor. */
enum { DEST_UNICAST = 1 << 23, DEST_GROUP = 2 << 23, DEST_BROADCAST = 3 << 23 };

/* In what chips differ. */
struct natsemi_chip {
    uint64_t reset_time;                       /* longest time of a reset by CR, in ns */
    void (*defaults)(void);                    /* gives its own registers the values after one */
    uint32_t (*accepts)(const uint8_t *frame); /* DEST_...; 0: the filter lets it not through */
};

struct natsemi {
    const struct natsemi_chip *is;
    uint32_t cr, cfg, ptscr, isr, imr, ier, txdp, txcfg, rxdp, rxcfg, rfcr, other[64];
    uint16_t filter[512];               /* the receive filter's memory */
    uint16_t page1[PHY_REGS];           /* of the PHY */
    bool rx_idle, tx_at_end, rx_at_end; /* the descriptor was done, and has no next one */
    struct eeprom eeprom;
    struct phy phy;
};
extern struct natsemi natsemi_state;

/* Power-on. */
void natsemi_start(const struct natsemi_chip *is);
/* Accesses to registers of the core. False: it has none there. */
bool natsemi_core_read(uint32_t reg, uint32_t *value);
bool natsemi_core_write(uint32_t reg, uint32_t value);
/* Sets bits of the interrupt status. */
void natsemi_interrupt(uint32_t bits);
/* The upper nine bits of an address's CRC, of which hash filters take some. */
unsigned natsemi_hash(const uint8_t *address);

/* The transmitter has been switched on: it will look at its queue. */
void natsemi_transmit(void);
void natsemi_stop_transmit(void);
/* For struct chip. */
bool natsemi_ready(void);
void natsemi_receive(const uint8_t *data, size_t len);
void natsemi_cable(void);

#endif
