/* SPDX-License-Identifier: BSD-2-Clause */
/* See dmfe.c. What its files share. */
#ifndef DMFE_H
#define DMFE_H

#include "chip.h"
#include "eeprom.h"
#include "mdio.h"

/* CR5, the status; CR7 masks the same bits. */
enum { TX_DONE = 1, TX_STOPPED = 2, TX_NO_BUFFER = 4, RX_DONE = 0x40, RX_NO_BUFFER = 0x80 };
enum { RX_STOPPED = 0x100, BUS_ERROR = 0x2000 };
/* CR6, the operating mode. */
enum { CR6_RX = 2, CR6_PASS_ALL = 0x40, CR6_PASS_GROUPS = 0x80, CR6_FULL = 0x200 };
enum { CR6_LOOPBACK = 0xc00, CR6_TX = 0x2000, CR6_THRESHOLD = 0xc000, CR6_EXTERNAL = 0x40000 };
enum { CR6_STORE = 0x200000 };
enum { ADDRESSES = 16, HASH_BITS = 512 };
/* States of a queue, as CR5 has them: of transmission and reception. */
enum { STOPPED = 0, TX_READING = 3, TX_SUSPENDED = 6, RX_WAITING = 3, RX_SUSPENDED = 4 };

struct dmfe_board {
    bool address_registers; /* DM9132: the filter and the PHY have registers; else setup frames */
    bool ten;               /* 10 Mbit/s only */
    bool no_link_bit;       /* bit 1 of the link byte says that there is no link */
};

extern struct dmfe {
    const struct dmfe_board *is;
    uint32_t regs[16]; /* CR0 to CR15, as they were written, where nothing else is said */
    bool in_reset, phy_in_reset;
    uint32_t rx, tx; /* the current descriptors */
    unsigned rx_state, tx_state;
    /* The filter: addresses, or one address and the hash table. */
    bool filter, hashed, inverse;
    uint8_t addresses[ADDRESSES][6];
    uint16_t hash[HASH_BITS / 16];
    uint16_t tables[8]; /* DM9132: 3 words of the address, 4 of the hash table */
    uint32_t pins;      /* CR12: which of its pins are outputs */
    struct eeprom eeprom;
    struct phy phy;
    struct mdio mdio;
} dmfe;

void dmfe_interrupt(uint32_t bits);
/* A link that the chosen port has; the external one has none. */
bool dmfe_link(void);

/* dmfe_rings.c */
void dmfe_transmit(void); /* look for something to send, soon */
void dmfe_start(uint32_t bits);
void dmfe_stop(uint32_t bits);
void dmfe_forget(void);
void dmfe_receive(const uint8_t *frame, size_t len);
bool dmfe_ready(void);

/* dmfe_ports.c: the serial EEPROM, the PHY, and the pins */
void dmfe_ports_reset(void);
uint32_t dmfe_read_cr9(void);
void dmfe_write_cr9(uint32_t value);
uint8_t dmfe_pins(void);
void dmfe_write_cr12(uint32_t value);
uint32_t dmfe_read_high(uint32_t reg, unsigned size); /* registers from 80h on */
void dmfe_write_high(uint32_t reg, uint32_t value, unsigned size);

#endif
