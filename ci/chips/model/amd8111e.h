/* SPDX-License-Identifier: BSD-2-Clause */
/* See amd8111e.c. What its files share. */
#ifndef AMD8111E_H
#define AMD8111E_H

#include "chip.h"
#include "phy.h"

enum { CHIPID = 0x004, MIB_DATA = 0x010, MIB_ADDR = 0x014, STAT0 = 0x030, INT0 = 0x038 };
enum { INTEN0 = 0x040, CMD0 = 0x048, CMD2 = 0x050, CMD3 = 0x054, CMD7 = 0x064, CTRL1 = 0x06c };
enum { CTRL2 = 0x070, XMT_LIMIT = 0x07c, AUTOPOLL0 = 0x088, AUTOPOLL5 = 0x092, AP_VALUE = 0x098 };
enum { DLY_INT_A = 0x0a8, DLY_INT_B = 0x0ac, FLOW_CONTROL = 0x0c8, PHY_ACCESS = 0x0d0 };
enum { STVAL = 0x0d8, XMT_BASE0 = 0x100, RCV_BASE0 = 0x120, XMT_LEN0 = 0x140, RCV_LEN0 = 0x150 };
enum { PADR = 0x160, LADRF = 0x168, SRAM_SIZE = 0x178, IFS1 = 0x18c, PMAT1 = 0x194 };
enum { REGISTERS = 0x198, COUNTERS = 64 };
/* INT0; the bits that INTEN0 has are the same. */
enum { INT_LINK = 1 << 27, INT_TX = 1 << 8, INT_TIMER = 1 << 4, INT_RX = 1 };
#define INT_ANY 0x80000000u
enum { CMD0_RX_DEMAND = 0x10000, CMD0_TX_DEMAND = 0x100, CMD0_ENABLE = 2, CMD0_RUN = 1 };
enum { CMD2_NO_OWN = 0x40000, CMD2_NO_BROADCAST = 0x20000, CMD2_ALL = 0x10000 };
enum { CMD2_MARKED = 0x200, CMD2_NO_FCS = 0x100, CMD2_PAD = 0x40 };
enum { CMD3_PORT_MANAGER = 0x4000, CMD3_FORCE_LINK = 0x800 };
/* Counters that count. */
enum { RX_MISSED, RX_OCTETS, RX_BROADCASTS, RX_GROUPS, RX_UNICASTS = 8 };
enum { TX_OCTETS = 0x21, TX_FRAMES, TX_BROADCASTS, TX_GROUPS, TX_UNICASTS = 0x26 };

extern struct amd8111e {
    uint32_t regs[REGISTERS / 4];
    uint32_t counters[COUNTERS];
    struct phy phy;
    unsigned tx, rx; /* where the queues are in their rings */
    bool sending;
    unsigned delayed[2]; /* events of reception and transmission that raised no interrupt yet */
} amd8111e;

void amd8111e_interrupt(uint32_t bits);
bool amd8111e_link(void);

/* amd8111e_rings.c */
void amd8111e_transmit(void);
void amd8111e_stop(void);
void amd8111e_receive(const uint8_t *frame, size_t len);
bool amd8111e_ready(void);

#endif
