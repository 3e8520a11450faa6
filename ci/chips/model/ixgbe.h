/* SPDX-License-Identifier: BSD-2-Clause */
/* See ixgbe.c. What its parts share: registers, state, and what they call of each other. */
#ifndef IXGBE_H
#define IXGBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SPACE = 0x20000 }; /* bytes of the registers' BAR */
enum { CTRL = 0x0000, STATUS = 0x0008, ESDP = 0x0020, I2CCTL = 0x0028 };
enum { EICR = 0x0800, EICS = 0x0808, EIMS = 0x0880, EIMC = 0x0888, EIAM = 0x0890, IVAR = 0x0900 };
enum { EICS_EX = 0x0a90, EIMS_EX = 0x0aa0, EIMC_EX = 0x0ab0 };
enum { DCA_RXCTRL = 0x100c, SRRCTL = 0x1014, RX_RING = 0x1000, TX_RING = 0x6000 };
enum { RING_SIZE = 0x40, RX_RINGS_END = 0x2000, TX_RINGS_END = 0x8000 };
enum { TX_RINGS_END_82598 = 0x6800 };
enum { RX_RINGS_MORE = 0xd000, RX_RINGS_MORE_END = 0xe000 };
enum { BAL = 0x00, BAH = 0x04, LEN = 0x08, HEAD = 0x10, TAIL = 0x18, DCTL = 0x28 }; /* of a ring */
enum {
    RXPBSIZE = 0x3c00,
    RDRXCTL = 0x2f00,
    RXCTRL = 0x3000,
    MPC = 0x3fa0,
    GPRC = 0x4074,
    GPTC = 0x4080
};
enum { GORCL = 0x4088, GOTCL = 0x4090, TORL = 0x40c0, TPR = 0x40d0, TPT = 0x40d4 };
enum { HLREG0 = 0x4240, MSCA = 0x425c, MSRWD = 0x4260, MAXFRS = 0x4268, AUTOC = 0x42a0 };
enum { LINKS = 0x42a4, AUTOC2 = 0x42a8, ANLP1 = 0x42b0, DMATXCTL = 0x4a80, FCTRL = 0x5080 };
enum {
    MCSTCTRL = 0x5090,
    MTA = 0x5200,
    SECTXCTRL = 0x8800,
    SECTXSTAT = 0x8804,
    SECRXCTRL = 0x8d00,
    SECRXSTAT = 0x8d04
};
enum { RAL = 0xa200, RAH = 0xa204, RA_END = 0xa600, FDIRCTRL = 0xee00 };
enum { EEC = 0x10010, EERD = 0x10014, EEMNGCTL = 0x10110, SWSM = 0x10140, FWSM = 0x10148 };
enum { GSSR = 0x10160 };
enum { HOST_RAM = 0x15800, HOST_RAM_END = 0x15f00, HICR = 0x15f00 };

enum { CTRL_NO_MASTER = 4, CTRL_LINK_RESET = 8, CTRL_RESET = 1 << 26 };
enum { STATUS_MASTER = 1 << 19, QUEUE_ENABLE = 1 << 25 };
enum { CAUSE_MISSED = 1 << 17, CAUSE_LINK = 1 << 20 };
enum { OWN_NVM = 1, OWN_PHY = 2, OWN_HOST = 0x400 }; /* software's bits of GSSR */
#define ADDRESS_VALID 0x80000000u

/* A generation, and what is at its port: an SFP+ cage with a module, a backplane, an
 * XFP module that needs nobody, or 10GBASE-T. */
enum generation { I82598, I82599, X540, X550 };
enum port { SFP, BACKPLANE, XAUI, COPPER };

struct ixgbe {
    enum generation generation;
    enum port port;
    uint32_t regs[SPACE / 4]; /* as they were written */
    uint32_t cause, mask;     /* of interrupts */
    bool closed;              /* a reset goes on: only CTRL may be read */
    bool link;
    unsigned speed; /* Mbit/s, while there is a link */
};

extern struct ixgbe ixgbe;

/* A register's value, whichever of its addresses is meant. */
uint32_t *ixgbe_at(uint32_t reg);
void ixgbe_interrupt(uint32_t causes);

/* ixgbe_rings.c: the first queue of each direction; `ring` is RX_RING or TX_RING */
void ixgbe_rings_reset(void);
/* Serve an access to a ring's register; false when it is none. */
bool ixgbe_rings_read(uint32_t reg, uint32_t *value);
bool ixgbe_rings_write(uint32_t reg, uint32_t value);
uint32_t ixgbe_ring_count(uint32_t ring);
/* Descriptors that are the card's, the address of the first one, and done with that. */
uint32_t ixgbe_ring_filled(uint32_t ring);
uint64_t ixgbe_ring_descriptor(uint32_t ring);
void ixgbe_ring_advance(uint32_t ring);
/* The cause of an interrupt that is the queue's. */
void ixgbe_ring_interrupt(uint32_t ring);
/* Whether the card may access memory. */
bool ixgbe_ring_masters(void);

/* ixgbe_tx.c */
void ixgbe_tx_reset(void);
/* Something was written that may let it go on. */
void ixgbe_tx_kick(void);

/* ixgbe_rx.c */
void ixgbe_receive(const uint8_t *frame, size_t len);
bool ixgbe_rx_ready(void);

/* ixgbe_link.c: the port */
void ixgbe_link_power_on(void); /* before ixgbe_link_reset() */
void ixgbe_link_reset(bool phy);
void ixgbe_link_defaults(void); /* what the EEPROM has for the port */
/* A register of the port; false when it is none. */
bool ixgbe_link_read(uint32_t reg, uint32_t *value);
bool ixgbe_link_write(uint32_t reg, uint32_t value);
void ixgbe_link_cable(void);
/* Begin anew: something changed. */
void ixgbe_link_begin(void);

/* ixgbe_nvm.c: EEPROM, semaphores that are shared with firmware */
void ixgbe_nvm_power_on(void);
bool ixgbe_nvm_read(uint32_t reg, uint32_t *value);
bool ixgbe_nvm_write(uint32_t reg, uint32_t value);

/* ixgbe_mdio.c: the 10GBASE-T PHY */
void ixgbe_mdio_power_on(void);
bool ixgbe_mdio_write(uint32_t reg, uint32_t value);
/* Mbit/s that it offers; 0: it is off. */
unsigned ixgbe_mdio_speed(void);

#endif
