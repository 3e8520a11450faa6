/* SPDX-License-Identifier: BSD-2-Clause */
/* What lies around the MAC in controllers of Intel's gigabit Ethernet that have one port, or none
 * that is shared: reset, words of the NVM through EERD, the software semaphore, and a PHY behind
 * MDIC. A model has one of them, beside its `mac`.
 *
 * From the manuals of the 8254x (317453) and 82571, and the datasheets of the 82576, I210 and I225.
 */
#ifndef INTEL_PORT_H
#define INTEL_PORT_H

#include "phy.h"

#include <stdbool.h>
#include <stdint.h>

enum { CTRL_DUP = 0x0004, EECD = 0x0010, EERD = 0x0014, SWSM = 0x5b50 };
enum { EE_PRESENT = 0x100, EE_LOADED = 0x200, EE_256_WORDS = 2 << 11 };
enum { NVM_WORDS = 256, NVM_CHECKSUM = 0x3f };
enum { STATUS_100 = 0x40, STATUS_1000 = 0x80 };

struct intel_port {
    /* Set by the model, before port_start(). */
    void (*defaults)(void);    /* registers after a reset: calls mac_reset(), sets its own */
    uint32_t resets;           /* bits of CTRL that reset the MAC */
    bool small_eerd;           /* EERD has the address in bits 15:8, as in the 8254x */
    uint8_t phy_low, phy_high; /* addresses that the PHY answers at; low > high: there is none */
    const uint16_t *words;     /* NVM_WORDS of them, see port_nvm() */
    struct phy phy;

    bool in_reset;
};

extern struct intel_port port;

/* Power-on, without the PHY: phy_reset(&port.phy) is the model's to call. */
void port_start(void);
/* Fills in words 0 to 2, the address, and the checksum. */
void port_nvm(uint16_t *words);
/* Serve an access of the driver; what is not theirs they hand on to mac_read() and mac_write(). */
uint32_t port_read(uint32_t reg);
void port_write(uint32_t reg, uint32_t value);
/* Whether the driver may access a register so; a fault when not. For all reads, and all writes. */
bool port_may_read(uint32_t reg, unsigned size);
bool port_may_write(uint32_t reg, unsigned size);
/* STATUS, with link, speed and duplex of the PHY. */
uint32_t port_phy_status(void);

#endif
