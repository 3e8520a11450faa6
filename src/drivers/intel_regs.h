/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers and descriptors of Intel gigabit controllers, as far as polled operation needs them.
 * Sources: the 8254x, 8257x/8258x, ICH8/9/10 software developer's manuals and the 82576, I350 and
 * I210 datasheets. */
#ifndef INTEL_REGS_H
#define INTEL_REGS_H

#include <stdint.h>

enum {
    INTEL_CTRL = 0x0000,
    INTEL_STATUS = 0x0008,
    INTEL_EERD = 0x0014,
    INTEL_CTRL_EXT = 0x0018,
    INTEL_MDIC = 0x0020,
    INTEL_SCTL = 0x0024, /* SerDes */
    INTEL_ICR = 0x00c0,  /* reading acknowledges */
    INTEL_IMS = 0x00d0,
    INTEL_IMC = 0x00d8,
    INTEL_RCTL = 0x0100,
    INTEL_TXCW = 0x0178,
    INTEL_TCTL = 0x0400,
    INTEL_TIPG = 0x0410,
    INTEL_PBA = 0x1000,
    INTEL_PBS = 0x1008,
    INTEL_EIMC = 0x1528,  /* igb */
    INTEL_RXPBS = 0x2404, /* I210 */
    INTEL_RX_RING = 0x2800,
    INTEL_SRRCTL = 0x280c, /* igb */
    INTEL_TXPBS = 0x3404,  /* I210 */
    INTEL_TX_RING = 0x3800,
    INTEL_RAL0 = 0x5400,
    INTEL_RAH0 = 0x5404,
    INTEL_RLPML = 0x5004, /* length of the longest frame, with RCTL_LONG */
    INTEL_WUC = 0x5800,
    INTEL_MANC = 0x5820,
    INTEL_PCS_CONFIG = 0x4200, /* igb: what fiber, SerDes and SGMII ports have for a PHY */
    INTEL_PCS_CONTROL = 0x4208,
    INTEL_FEXTNVM11 = 0x5bbc, /* I219 */
    INTEL_EEARBC = 0x12024,   /* I210: a word, as it is loaded from the NVM */
    INTEL_INVM = 0x12120,     /* I210: 64 registers, what it has for an NVM without flash */
    INTEL_INVM_END = 0x12220,

    /* Platform controller hubs */
    INTEL_FEXTNVM4 = 0x0024,
    INTEL_KMRN = 0x0034, /* to registers of the way between MAC and PHY */
    INTEL_EXTCNF = 0x0f00,
    INTEL_H2ME = 0x5b50, /* to the management engine, which answers in FWSM */
    INTEL_FWSM = 0x5b54,
};

/* One ring's registers, relative to INTEL_RX_RING or INTEL_TX_RING. */
enum {
    RING_BAL = 0x00,
    RING_BAH = 0x04,
    RING_LEN = 0x08,
    RING_HEAD = 0x10,
    RING_TAIL = 0x18,
    RING_DCTL = 0x28
};

enum {
    CTRL_MASTER_DISABLE = 1 << 2, /* PCI Express */
    CTRL_LINK_RESET = 1 << 3,
    CTRL_SET_LINK_UP = 1 << 6,
    CTRL_FORCE_SPEED = 1 << 11,
    CTRL_FORCE_DUPLEX = 1 << 12,
    CTRL_RESET = 1 << 26,
    CTRL_VLAN_MODE = 1 << 30,

    STATUS_LINK_UP = 1 << 1,
    STATUS_TBI_MODE = 1 << 5,
    STATUS_MASTER_ENABLE = 1 << 19,

    CTRL_EXT_EEPROM_RESET = 1 << 13,
    CTRL_EXT_LASER_OFF = 1 << 7,
    CTRL_EXT_LOW_POWER = 1 << 18 | 1 << 20, /* SerDes and PHY may be powered down */
    CTRL_EXT_LINK_MODE = 3 << 22,           /* 0: the chip's own PHY */
    SCTL_NO_LOOPBACK = 0x400,
    PCS_ENABLE = 1 << 3,
    PCS_AUTONEG = 3 << 16, /* and begin it now */

    EERD_START = 1 << 0,
    EERD_DONE_LARGE = 1 << 1, /* address in bits 15:2 */
    EERD_DONE_SMALL = 1 << 4, /* address in bits 15:8 */

    MDIC_REGISTER = 16, /* lowest bit of the number */
    MDIC_PHY_1 = 1 << 21,
    MDIC_PHY_2 = 2 << 21,
    MDIC_WRITE = 1 << 26,
    MDIC_READ = 2 << 26,
    MDIC_READY = 1 << 28,
    MDIC_ERROR = 1 << 30,

    RCTL_ENABLE = 1 << 1,
    RCTL_ALL_MULTICAST = 1 << 4,
    RCTL_LONG = 1 << 5,
    RCTL_BROADCAST = 1 << 15,
    RCTL_STRIP_CRC = 1 << 26,

    TCTL_ENABLE = 1 << 1,
    TCTL_CT_COLD = 0x3ffff0,   /* both fields */
    TCTL_DEFAULT = 0x0400f0,   /* collision threshold 15, distance 64 (full duplex) */
    TIPG_DEFAULT = 0x00602008, /* 96 bit times on copper */

    DCTL_COUNT_DESCRIPTORS = 1 << 22, /* TXDCTL of 82571 and later: must be written as 1 */
    DCTL_QUEUE_ENABLE = 1 << 25,      /* igb */

    SRRCTL_ADVANCED_2K = 1 << 25 | 2,

    CTRL_SPEED = 3 << 8,
    CTRL_PHY_POWER = 1 << 16, /* LANPHYPC is as the next bit says */
    CTRL_PHY_ON = 1 << 17,
    CTRL_EXT_SMBUS = 1 << 11, /* the PHY is reached there */
    CTRL_EXT_SPEED_BYPASS = 1 << 15,
    EXTCNF_SOFTWARE = 1 << 5, /* the PHY is software's */
    KMRN_K1 = 7 << 16,        /* register 7; then its data */
    KMRN_READ = 1 << 21,
    KMRN_K1_ENABLE = 1 << 1,
    FWSM_VALID = 1 << 15, /* there is an engine */
    FWSM_ULP = 1 << 10,   /* and it put the PHY into ultra low power */
    H2ME_ULP = 1 << 11,
    H2ME_ENFORCE = 1 << 12,
    FEXTNVM4_BEACON_8US = 7,

    MANC_ARP = 1 << 13,
    FEXTNVM11_KEEP_DATAPATH = 1 << 13,
};
#define CTRL_PHY_RESET 0x80000000u
#define TXCW_AUTONEG   0x800001a0u /* enable; full duplex, pause and asymmetric pause */
#define RAH_VALID      0x80000000u

/* A descriptor of either kind and direction, as four words.
 *
 * receive, to card:    address low, address high, 0, 0
 * receive, legacy:     -, -, length, status | errors << 8
 * receive, advanced:   -, -, status and errors, length
 * transmit, to card:   address low, address high, command | length, payload length << 14 (advanced
 * only) transmit, done:      -, -, -, status */
struct intel_descriptor {
    volatile uint32_t word[4];
};

enum {
    DESCRIPTOR_DONE = 1 << 0,
    RX_END_OF_PACKET = 1 << 1,
    RX_ERRORS_LEGACY = 0x9700, /* RXE, CXE, SEQ, SE, CE; not the checksum offload's */
    TX_LEGACY = 0x0b << 24,    /* RS, IFCS, EOP */
    TX_ADVANCED = 0x2b << 24 | 3 << 20,
};
#define RX_ERRORS_ADVANCED 0x80000000u /* RXE */

#endif
