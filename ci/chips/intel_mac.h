/* SPDX-License-Identifier: BSD-2-Clause */
/* What the MACs of Intel's gigabit Ethernet have in common, from the 8254x to the I219 and I350:
 * interrupts, one receive and one transmit ring, the address filter, statistics. A model has one of
 * them; its own registers lie around it.
 *
 * From the software developer's manuals of the 8254x (317453) and of ICH8/9/10 (317006), and the
 * datasheets of the 82576 and I217. */
#ifndef INTEL_MAC_H
#define INTEL_MAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAC_SPACE = 0x20000 }; /* bytes of the register BAR */
enum { CTRL = 0x0000, STATUS = 0x0008, CTRL_EXT = 0x0018, MDIC = 0x0020, ICR = 0x00c0 };
enum { RCTL = 0x0100, TCTL = 0x0400, PBA = 0x1000, RXDCTL = 0x2828, RDLEN = 0x2808 };
enum { TDLEN = 0x3808, TDH = 0x3810, TXDCTL = 0x3828, RAL = 0x5400, RAH = 0x5404, MANC = 0x5820 };
enum { CTRL_FULL = 1, CTRL_NO_MASTER = 4, CTRL_LINK_UP = 0x40, CTRL_RESET = 1 << 26 };
enum { STATUS_FULL = 1, STATUS_LINK = 2, STATUS_MASTER = 1 << 19, CAUSE_LINK = 4 };
enum { QUEUE_ENABLE = 1 << 25, COUNT_DESCRIPTORS = 1 << 22 };

struct intel_mac {
    /* Set by the model, before mac_reset(). */
    unsigned hash_bits; /* of the multicast table: 10 or 12 */
    unsigned buffer;    /* KiB of the packet buffer, which PBA divides */
    bool pci;           /* 8254x: no PCI Express; ICR has no mask of its own */
    bool advanced;      /* 82575 and later: descriptors and queues of igb */
    bool (*link)(void); /* frames can come and go */

    uint32_t regs[MAC_SPACE / 4]; /* as they were written; for the model's own, too */
    uint32_t cause, mask;
    bool moved; /* descriptors, since the last reset */
    struct offload {
        unsigned checksum_from, checksum_at, ip_from, ip_at, header, mss, payload;
        bool tcp, ip;
    } offload; /* as the last context descriptor said */
};

extern struct intel_mac mac;

/* Of the MAC, as CTRL.RST and power-on do; the model then sets its own defaults. */
void mac_reset(void);
/* Serve an access to a register of the MAC; a model asks for those that it does not have itself. */
uint32_t mac_read(uint32_t reg);
void mac_write(uint32_t reg, uint32_t value);
/* Receive a frame; whether there is room for one. For struct chip. */
void mac_receive(const uint8_t *frame, size_t len);
bool mac_ready(void);
/* Causes of an interrupt have come up. */
void mac_interrupt(uint32_t causes);
/* Drive the pin again: MSI was turned on or off. */
void mac_drive(unsigned reg);
/* Receive address 0, as it is loaded from the EEPROM. */
void mac_load_address(void);

#endif
