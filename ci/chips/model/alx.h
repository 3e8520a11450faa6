/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the parts of the model of Attansic's and Atheros' chips: alx.c has registers and the
 * chips, alx_phy.c the PHY,
 * alx_mac.c the MAC, alx_rings.c descriptors, l1e.c those of L1E, which are others. */
#ifndef ALX_H
#define ALX_H

#include "chip.h"

enum {
    FAST = 1,   /* 10 and 100 Mbit/s only */
    AR816X = 2, /* also AR817x: with their errata */
    L1E = 16,
    OTP = 4,       /* the memory with the station address needs a clock */
    NO_ADDRESS = 8 /* the station address is loaded only when a driver says so */
};

/* How frames come to memory and from there. */
struct alx_rings {
    void (*reset)(void);
    void (*load)(void); /* takes over addresses and sizes */
    void (*run)(void);  /* goes on with what waits, if it may now */
    /* A register of 16 bits that is an index; NULL: it is none. */
    uint16_t *(*index)(unsigned reg, bool *consumer);
    /* NULL: there is none. True when it has served the write. */
    bool (*write)(uint32_t reg, uint32_t value, unsigned size);
    uint16_t bytes; /* the first of 8 registers of 8 bits; 0: there are none */
    uint16_t txq;   /* the register with TXQ_EN */
};

struct board {
    unsigned flags;
    uint16_t phy_id2;
    const struct alx_rings *rings;
};

enum {
    EFLD = 0x0204,
    SLD = 0x0218, /* TWSI_CTRL of AR813x and AR815x, with the same bits */
    UE_SVRT = 0x010c,
    TWSI_DEBUG = 0x1108,
    OTP_CTRL = 0x12f0,
    MASTER = 0x1400,
    PHY_CTRL = 0x140c,
    MAC_STS = 0x1410,
    MDIO = 0x1414,
    MDIO_EXTN = 0x1448,
    MAC_CTRL = 0x1480,
    STAD0 = 0x1488,
    STAD1 = 0x148c,
    HASH_TBL0 = 0x1490,
    MTU = 0x149c,
    TPD_PRI3_ADDR = 0x14e4,
    TPD_PRI2_ADDR = 0x14e0,
    RXF_LEN = 0x1524,
    LOAD_PTR = 0x1534,
    RX_BASE_HI = 0x1540,
    TX_BASE_HI = 0x1544,
    RFD_ADDR = 0x1550,
    RFD_RING_SZ = 0x1560,
    RFD_BUF_SZ = 0x1564,
    RRD_ADDR = 0x1568,
    RRD_RING_SZ = 0x1578,
    TPD_PRI1_ADDR = 0x157c,
    TPD_PRI0_ADDR = 0x1580,
    TPD_RING_SZ = 0x1584,
    TXQ0 = 0x1590,
    RXQ0 = 0x15a0,
    RFD_PIDX = 0x15e0,
    TPD_PRI1_PIDX = 0x15f0,
    TPD_PRI0_PIDX = 0x15f2,
    TPD_PRI1_CIDX = 0x15f4,
    TPD_PRI0_CIDX = 0x15f6,
    RFD_CIDX = 0x15f8,
    ISR = 0x1600,
    IMR = 0x1604,
    TPD_PRI3_PIDX = 0x1618,
    TPD_PRI2_PIDX = 0x161a,
    TPD_PRI3_CIDX = 0x161c,
    TPD_PRI2_CIDX = 0x161e,
    MIB = 0x1700,
    MIB_END = 0x17c8,
    REGISTERS = 0x2000
};
enum { TXQ_EN = 1 << 5, SPEED_100 = 1, SPEED_1000 };
#define RXQ_EN (1u << 31)
enum {
    MAC_TX = 1,
    MAC_RX = 2,
    MAC_FULL = 1 << 5,
    MAC_CRC = 1 << 6,
    MAC_PAD = 1 << 7,
    MAC_STRIP_TAG = 1 << 14,
    MAC_PROMISCUOUS = 1 << 15,
    MAC_SPEED_AT = 20,
    MAC_RX_SUMS = 1 << 24,
    MAC_ALL_MULTICAST = 1 << 25,
    MAC_BROADCAST = 1 << 26,
    MAC_HASH_UPPER = 1 << 29
};
enum {
    ISR_RX_OVERFLOW = 1 << 3,
    ISR_TX3 = 1 << 7,
    ISR_TX2 = 1 << 6,
    ISR_TX1 = 1 << 5,
    ISR_PHY = 1 << 12,
    ISR_TX0 = 1 << 15,
    ISR_RX = 1 << 16
};
enum { TX_QUEUES = 4 };
/* Counters: of frames, and where those of transmission begin. */
enum { MIB_OK, MIB_BROADCAST, MIB_MULTICAST, MIB_BYTES = 7, MIB_OVERFLOW = 18, MIB_TX = 24 };
enum { MIBS = (MIB_END - MIB) / 4 };

extern struct alx {
    const struct board *is;
    uint32_t regs[REGISTERS / 4]; /* what was written, where nothing else is said */
    uint32_t isr;
    bool in_reset, quiet; /* quiet: interrupts are off */
    uint16_t rfd_producer, tpd_producer[TX_QUEUES];
    uint16_t rfd_consumer, tpd_consumer[TX_QUEUES];
    uint32_t mibs[MIBS];
    uint32_t early; /* the counter whose first read came too early */
} alx;

static inline uint32_t *alx_reg(unsigned reg)
{
    return &alx.regs[reg / 4];
}
void alx_interrupt(uint32_t bits); /* raise those, and look at the pin */

/* alx_phy.c */
void alx_phy_power_on(void);
void alx_phy_control(uint32_t before); /* PHY_CTRL was written */
void alx_mdio(uint32_t value);         /* MDIO is written */
bool alx_phy_interrupt(void);          /* the PHY's pin */
bool alx_link(void);
bool alx_full(void);
unsigned alx_speed(void);
void alx_cable(void);

/* alx_mac.c */
enum { BUSY_RX_MAC = 1, BUSY_TX_MAC = 2, BUSY_RXQ = 4, BUSY_TXQ = 8, ALX_FRAME_ROOM = 10240 };
struct alx_frame {
    unsigned len; /* with FCS */
    uint16_t tag; /* as it was on the wire */
    uint8_t data[ALX_FRAME_ROOM];
};
void alx_mac_reset(void);
void alx_run(void);
bool alx_runs(uint32_t parts);     /* those are on */
uint32_t alx_busy(void);           /* as MAC_STS says it */
struct alx_frame *alx_first(void); /* of those that wait; NULL: there is none */
void alx_drop_first(void);
bool alx_strip_tag(struct alx_frame *frame); /* takes a VLAN tag out, if it is to be */
void alx_receive(const uint8_t *frame, size_t len);
bool alx_ready(void);
/* A packet with word 1 and tag of its first descriptor (alx_rings.c); there is room for a tag. */
void alx_send(uint8_t *data, unsigned len, uint32_t word, uint16_t tag);

extern const struct alx_rings alx_rings, l1e_rings;

#endif
