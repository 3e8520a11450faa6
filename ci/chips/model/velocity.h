/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the parts of the model of VIA's Velocity: velocity.c has registers, velocity_mii.c the
 * PHY and its polling, velocity_rings.c descriptors and frames. */
#ifndef VELOCITY_H
#define VELOCITY_H

#include "chip.h"

struct board {
    uint8_t revision;
    uint16_t phy_id1, phy_id2;
};

enum {
    PAR = 0x00,
    RCR = 0x06,
    CR_SET = 0x08,
    CR_CLEAR = 0x0c,
    MARCAM = 0x10,
    ISRCTL = 0x20,
    ISR = 0x24,
    IMR = 0x28,
    TDCSR_SET = 0x30,
    RDCSR_SET = 0x32,
    TDCSR_CLEAR = 0x34,
    RDCSR_CLEAR = 0x36,
    RD_BASE = 0x38,
    RD_INDEX = 0x3c,
    TD_BASE = 0x40,
    RDC_SIZE = 0x50,
    TDC_SIZE = 0x52,
    TD_INDEX = 0x54,
    RBRDU = 0x5e,
    CAMADDR = 0x68,
    CAMCR = 0x69,
    MIICFG = 0x6c,
    MIISR = 0x6d,
    PHYSR0 = 0x6e,
    MIICR = 0x70,
    MIIADR = 0x71,
    MIIDATA = 0x72,
    MCFG = 0x7e,
    MIBCR = 0x84,
    REVISION = 0x86,
    MIB_DATA = 0x88,
    EECSR = 0x93,
    REGISTERS = 0x100
};
enum { CR_STRT = 1, CR_STOP = 2, CR_RXON = 4, CR_TXON = 8, CR_DISAU = 0x100, CR_DPOLL = 0x800 };
enum {
    CR_SFRST = 0x8000,
    CR_GINTMSK1 = 0x02000000,
    CR_FPHYRST = 0x20000000,
    CR_FORSRST = 0x40000000
};
enum {
    ISR_PPTX = 2,
    ISR_PRX = 4,
    ISR_PTX = 8,
    ISR_PTX0 = 0x10,
    ISR_LSTE = 0x2000,
    ISR_SRC = 0x8000
};
enum { QUEUE_RUN = 1, QUEUE_ACTIVE = 2, QUEUE_WAKE = 4, QUEUE_DEAD = 8 };
enum { TX_QUEUES = 4, CAMS = 64 };
enum { MIB_RX_ALL, MIB_RX_OK, MIB_TX_OK, MIBS = 32 };

extern struct velocity {
    const struct board *is;
    uint8_t regs[REGISTERS]; /* what was written, where nothing else is said */
    uint32_t cr, isr;
    bool in_reset;
    uint8_t hash[8], mask[2][8], cam[2][CAMS][6]; /* [1]: of VLANs */
    uint32_t mibs[MIBS];
} velocity;

void velocity_interrupt(uint32_t bits); /* raise those, and look at the pin */
uint16_t velocity_get16(unsigned reg);
uint32_t velocity_get32(unsigned reg);

/* velocity_rings.c */
void velocity_rings_reset(void);
void velocity_run(void); /* goes on with what waits, if it may now */
void velocity_rx_queue(uint8_t set, uint8_t clear);
void velocity_tx_queues(uint16_t set, uint16_t clear);
uint8_t velocity_rx_status(void);
uint16_t velocity_tx_status(void);
uint16_t velocity_index(unsigned reg);
void velocity_set_index(unsigned reg, uint16_t value);
void velocity_receive(const uint8_t *frame, size_t len);
bool velocity_ready(void);

/* velocity_mii.c */
void velocity_mii_reset(void);
void velocity_phy_reset(void);
void velocity_mii_command(uint8_t value);
uint8_t velocity_mii_status(void);
uint8_t velocity_phy_status(void);
bool velocity_link(void);
bool velocity_full(void);
unsigned velocity_speed(void);
void velocity_cable(void);

#endif
