/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the parts of the model of Marvell's Yukon 2: sky2.c has registers, sky2_rings.c list
 * elements and frames, sky2_phy.c the PHY behind the GMAC. */
#ifndef SKY2_H
#define SKY2_H

#include "chip.h"

enum {
    YUKON_XL = 0xb3,
    YUKON_EC_U,
    YUKON_EX,
    YUKON_EC,
    YUKON_FE,
    YUKON_FE_P,
    YUKON_SUPREME,
    YUKON_UL_2,
    YUKON_OPTIMA = 0xbc
};

struct yukon {
    uint8_t id, revision; /* the chip's own numbers */
    uint8_t ram;          /* RAM buffer in 4 KB */
    bool gigabit;
    bool pages;        /* the PHY's register 22 selects a page */
    bool new_elements; /* checksums are reported and asked for the newer way */
    uint16_t phy_id2;
};

/* A unit with bits that set and clear its reset and operation: 0 and 1, 2 and 3. */
struct unit {
    bool running, ready; /* `ready`: out of reset */
};

enum { QUEUE_RX, QUEUE_TX, QUEUES };

/* What feeds a queue: the prefetch unit takes list elements from `get` up to `put`. */
struct queue {
    struct unit prefetch, bmu, ram;
    bool fifo, started, checksums;
    uint64_t list;
    uint16_t last, get, put, done;
};

extern struct sky2 {
    const struct yukon *is;
    uint8_t regs[0x4000]; /* what was written, where nothing else is said */
    bool in_reset, master_reset, config_writable, masked;
    uint32_t sources; /* of interrupts */
    struct queue queues[QUEUES];
    struct unit status, rx_fifo, tx_fifo;
    bool vlan_strip, arbiter, gmac_ready, gphy_ready;
} sky2;

enum {
    IRQ_STATUS = 1 << 30,
    IRQ_SOFTWARE = 1 << 25,
    IRQ_PHY = 1 << 4,
    IRQ_RX_CHECK = 1 << 2,
    IRQ_TX_CHECK = 1
};

uint16_t sky2_get16(unsigned reg);
uint32_t sky2_get32(unsigned reg);
void sky2_put32(unsigned reg, uint32_t value);
void sky2_interrupt(uint32_t sources, bool on);

/* sky2_units.c */
struct queue *sky2_queue(uint32_t reg,
                         unsigned *at); /* whose register it is, and which; NULL: none */
uint32_t sky2_queue_read(const struct queue *queue, unsigned at, uint32_t stored);
void sky2_queue_write(struct queue *queue, unsigned at, uint32_t value);
void sky2_unit_write(uint32_t reg, uint32_t value);

/* sky2_rings.c */
struct element {
    uint32_t value;
    uint16_t length;
    uint8_t control, opcode;
};
enum { OWNED = 0x80, OP_SUM = 0x10, OP_ADDRESS = 0x20, OP_DATA = 0x40 };
enum { OP_BUFFER = 0x40, OP_PACKET, OP_LARGE_SEND = 0x43 };
enum { STATUS_RX = 0x60, STATUS_VLAN = 0x62, STATUS_SUMS = 0x64, STATUS_TX = 0x68 };

void sky2_rings_reset(void);
void sky2_status_reset(void);
void sky2_run(void); /* goes on with what waits, if it may now */
void sky2_report(uint8_t opcode, uint32_t value, uint16_t length, uint8_t css);
void sky2_sent(void); /* a packet is done with: the list's `done` says how far */
/* The next element; false when there is none, or it is not the chip's. */
bool sky2_take(unsigned which, struct element *element);
uint16_t sky2_status_put(void);

/* sky2_rx.c, sky2_tx.c */
void sky2_rx_reset(void);
void sky2_rx_element(void);
bool sky2_rx_waits(void);
void sky2_receive(const uint8_t *frame, size_t len);
bool sky2_ready(void);
void sky2_tx_reset(void);
void sky2_tx_element(const struct element *element);
uint16_t sky2_sum(uint32_t sum, const uint8_t *data, unsigned len);

/* sky2_phy.c */
void sky2_phy_reset(void);
void sky2_smi(uint16_t control);
uint16_t sky2_smi_control(void);
bool sky2_link(void);
unsigned sky2_speed(void);
bool sky2_full(void);
void sky2_cable(void);

#endif
