/* SPDX-License-Identifier: BSD-2-Clause */
/* VIA Rhine: what the registers and the frames of the model share. */
#ifndef RHINE_H
#define RHINE_H

#include "../chip.h"
#include "../phy.h"

enum {
    PAR = 0x00,
    RCR = 0x06,
    TCR = 0x07,
    CR0 = 0x08,
    CR1 = 0x09,
    ISR = 0x0c,
    IMR = 0x0e,
    MAR = 0x10,
    RX_BASE = 0x18,
    TX_BASE = 0x1c,
    MPHY = 0x6c,
    MIISR = 0x6d,
    BCR0 = 0x6e,
    MIICR = 0x70,
    MIIAD = 0x71,
    MIIDATA = 0x72,
    EECSR = 0x74,
    CFGA = 0x78,
    CFGD = 0x7b,
    TALLY = 0x7c, /* missed frames, frames with a wrong FCS */
    MISC1 = 0x81,
    CAMMASK = 0x88,
    CAMC = 0x92,
    CAMAD = 0x93,
    WOL = 0xa0, /* to WOL_LAST: pairs that set and clear bits */
    WOL_LAST = 0xaf,
    REGS = 256,
};
enum { ACCEPT_ALL = 0x10, ACCEPT_BROADCAST = 8, ACCEPT_MULTICAST = 4 };
enum { LOOPBACK = 6 };
enum { START = 2, STOP = 4, RX_ON = 8, TX_ON = 0x10, TX_DEMAND = 0x20, RX_DEMAND = 0x40 };
enum { FULL_DUPLEX = 4, RESET = 0x80 };
enum {
    RX_DONE = 1,
    TX_DONE = 2,
    RX_RING_EMPTY = 0x20,
    PCI_ERROR = 0x40,
    PORT_CHANGE = 0x4000,
};

struct kind {
    uint8_t revision; /* from this one on */
    uint8_t mmio_reg, mmio_bit;
    uint8_t phy_address;
    bool fixed_phy;  /* the address is not from the EEPROM */
    bool tx_aligned; /* buffers to send lie at multiples of 4 */
    bool says_idle;  /* MIIAD has MII_IDLE */
    bool cam;        /* VT6105M: multicast addresses may be in a CAM */
};

extern struct rhine {
    const struct kind *kind;
    struct phy phy;
    uint8_t regs[REGS];
    uint32_t rx_at, tx_at; /* current descriptors */
    bool resetting, loading, sending, receiving;
    uint64_t recovered; /* when a VT86C100A may read its EEPROM */
    uint8_t cam[32][6];
} rhine;

static inline uint32_t rhine_get(unsigned reg, unsigned size)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < size; i++)
        value |= (uint32_t)rhine.regs[reg + i] << 8 * i;
    return value;
}

/* Does this engine run? */
static inline bool rhine_on(unsigned engine)
{
    return (rhine.regs[CR0] & (engine | STOP)) == engine;
}

/* Interrupts are there. */
void rhine_raise(unsigned events);

/* rhine_mii.c */
void rhine_mii_start(void);                        /* power on */
void rhine_mii_look(void);                         /* before MIIAD is read */
void rhine_mii_reset(void);                        /* the chip, not its PHY */
void rhine_mii_write(unsigned reg, uint8_t value); /* MIICR, MIIAD, MIIDATA */

/* rhine_frames.c */
void rhine_send(void);         /* what lies in the ring, when the transmitter is on */
void rhine_stop_engines(void); /* nothing goes on, not even with the frame that was under way */
bool rhine_ready(void);
void rhine_receive(const uint8_t *frame, size_t len);

#endif
