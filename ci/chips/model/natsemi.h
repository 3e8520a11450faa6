/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the parts of the DP83815's model: registers (natsemi.c) and queues of descriptors
 * (natsemi_queues.c). */
#ifndef NATSEMI_H
#define NATSEMI_H

#include "chip.h"
#include "eeprom.h"
#include "phy.h"

enum { CR_TXE = 1, CR_TXD = 2, CR_RXE = 4, CR_RXD = 8, CR_TXR = 0x10, CR_RXR = 0x20 };
enum { CR_SWI = 0x80, CR_RST = 0x100 };
enum { RX_OK = 1, RX_DESC = 2, RX_IDLE = 0x10, RX_OVERRUN = 0x20, TX_OK = 0x40, TX_DESC = 0x80 };
enum { TX_IDLE = 0x200, INT_SWI = 0x1000, INT_PHY = 0x4000 };
enum { RX_RESET = 1 << 24, TX_RESET = 1 << 25 };
enum { RFCR_ON = 1u << 31, RFCR_BROADCAST = 1 << 30, RFCR_MULTICAST = 1 << 29 };
enum { RFCR_UNICAST = 1 << 28, RFCR_PERFECT = 1 << 27, RFCR_HASH = 1 << 21, RFCR_ADDRESS = 0x3ff };
enum { HASH_TABLE = 0x200, TXCFG_PAD = 1 << 28, PHY_REGS = 32 };

struct natsemi {
    uint32_t cr, cfg, ptscr, isr, imr, ier, txdp, txcfg, rxdp, rxcfg, rfcr, other[64];
    uint16_t filter[512];               /* the receive filter's memory */
    uint16_t page1[PHY_REGS];           /* of the PHY */
    bool rx_idle, tx_at_end, rx_at_end; /* the descriptor was done, and has no next one */
    struct eeprom eeprom;
    struct phy phy;
};
extern struct natsemi natsemi_state;

/* Sets bits of the interrupt status. */
void natsemi_interrupt(uint32_t bits);

/* The transmitter has been switched on: it will look at its queue. */
void natsemi_transmit(void);
void natsemi_stop_transmit(void);
bool natsemi_ready(void);
void natsemi_receive(const uint8_t *data, size_t len);

#endif
