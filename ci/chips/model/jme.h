/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the parts of the JMC2x0's model: registers, PHY and interrupts (jme.c), and rings with
 * the frames (jme_rings.c). */
#ifndef JME_H
#define JME_H

#include "chip.h"
#include "phy.h"

/* Registers of the MAC, up to MAC_END. */
enum { TXCS = 0x00, TXDBA_LO = 0x04, TXDBA_HI = 0x08, TXQDC = 0x0c, TXNDA = 0x10, TXMCS = 0x14 };
enum { TXPFC = 0x18, TXTRHD = 0x1c, RXCS = 0x20, RXDBA_LO = 0x24, RXDBA_HI = 0x28, RXQDC = 0x2c };
enum { RXNDA = 0x30, RXMCS = 0x34, RXUMA_LO = 0x38, RXUMA_HI = 0x3c, RXMCHT_LO = 0x40 };
enum { RXMCHT_HI = 0x44, WFODP = 0x48, WFOI = 0x4c, SMI = 0x50, GHC = 0x54, PMCS = 0x60 };
/* Of the PHY's part and of the rest. */
enum { PHY_PWR = 0x424, PHY_CS = 0x428, PHY_LINK = 0x430, SMBCSR = 0x440, SMBINTF = 0x444 };
enum { TMCSR = 0x800, GPIO = 0x804, GPREG0 = 0x808, GPREG1 = 0x80c, IEVE = 0x820, IREQ = 0x824 };
enum { IENS = 0x828, IENC = 0x82c, PCCRX0 = 0x830, PCCTX = 0x840, CHIPMODE = 0x844, SHBA = 0x848 };
enum { TIMER1 = 0x870, TIMER2 = 0x874, APMC = 0x87c, PCCSRX0 = 0x880, REGISTERS = 0x4000 };
enum { PE1 = 0xe4 }; /* in the configuration space */

enum { CS_ENABLE = 1, RXCS_START = 4, TXCS_START = 0x100, QUEUE_SELECT = 0x70000 };
enum { GHC_RESET = 0x40000000, GHC_FULL = 0x40, GHC_SPEED = 0x30 };
enum { GPREG1_NO_RX_CLOCK = 0x04000000 };
enum { INT_SOFTWARE = 1u << 31, INT_TIMER = 1 << 30, INT_LINK = 1 << 29 };
enum { INT_RX_EMPTY = 1 << 12, INT_RX = 1 << 8, INT_TX = 1 };

struct jme_board {
    uint8_t revision; /* of the chip: its main one in the lower half, the sub revision above */
    bool gigabit;
};

struct jme {
    const struct jme_board *is;
    uint32_t regs[0x900 / 4]; /* as they were written */
    uint32_t events, enabled; /* interrupts */
    bool reloading, resolved; /* the EEPROM; speed and duplex of a link are known */
    struct phy phy;
};
extern struct jme jme;

#define REG(at) (jme.regs[(at) / 4])

void jme_event(uint32_t bits);
/* One more frame of that direction is complete: an interrupt comes when there are enough of them,
 * or some time after the first one. */
void jme_coalesce(bool tx);

/* The PHY: power-on, its power switches may be in other positions, SMI is written. */
void jme_phy_start(void);
void jme_phy_power(void);
void jme_smi_write(uint32_t value);
bool jme_link(void);
uint32_t jme_link_status(void); /* as PHY_LINK shows it */
/* The MAC has the clocks and the speed that the link needs. */
bool jme_clocked(bool tx);

/* A register of a ring or TXCS, RXCS is written. */
void jme_ring_write(uint32_t reg, uint32_t value);
void jme_rings_reset(void);
/* What they wait for may be there: a clock, a link. */
void jme_rings_run(void);

/* For struct chip. */
bool jme_ready(void);
void jme_receive(const uint8_t *data, size_t len);

#endif
