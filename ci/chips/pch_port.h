/* SPDX-License-Identifier: BSD-2-Clause */
/* The way from the MAC in a platform controller hub to its PHY: who may use it, MDIC, and the
 * Kumeran registers of the MAC's end. */
#ifndef PCH_PORT_H
#define PCH_PORT_H

#include <stdbool.h>
#include <stdint.h>

enum { KMRN = 0x0034, EXTCNF = 0x0f00 };

/* With the MAC. */
void pch_port_reset(void);
/* Writes to MDIC, KMRNCTRLSTA and EXTCNF_CTRL. */
void pch_port_mdic(uint32_t value);
void pch_port_kmrn(uint32_t value);
void pch_port_extcnf(uint32_t value);
/* The hardware sets up the PHY: nobody else gets it. */
void pch_port_busy(bool busy);
/* K1, the power saving on the way; it is taken from its register when the clock is forced. */
bool pch_port_k1(void);
void pch_port_clock(void);

#endif
