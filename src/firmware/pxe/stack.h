/* SPDX-License-Identifier: BSD-2-Clause */
/* The PXE stack that a .zpxe is started from (PXE 2.1 section 3). */
#ifndef PXE_STACK_H
#define PXE_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/dhcp.h"
#include "net_driver.h"
#include "platform/bios/boot_info.h"

/* Find the stack: by !PXE on the entry stack, by PXENV+ at ES:BX, or by INT 1Ah/5650h. A structure
 * with a wrong checksum is not used. Returns 0 or E_PXE_STACK. */
int pxe_stack_find(const struct boot_info *info);

/* Call the stack with a copy of the parameter block, `size` bytes, which comes back. Returns 0, or
 * E_PXE_CALL when exit code and status both say failure: with some stacks one of them is wrong
 * though the call has worked. */
int pxe_stack_call(uint16_t opcode, void *block, size_t size);

/* Bus, device and function of the card that the stack drives; -1 when it does not say. */
int pxe_stack_busdevfn(void);

/* A DHCP message that the stack has kept, by its PXENV_PACKET_TYPE_*. Its length is 0 when the
 * stack has none. */
void pxe_stack_packet(unsigned type, struct dhcp_packet *packet);

/* The private interface of our own first stage; NULL when the stack is not ours. */
struct pxe_direct;
const struct pxe_direct *pxe_stack_direct(void);

/* Close the card for good, and take the stack down, if there is one: no way back. Its base memory
 * is given back when it lies right above the free part. */
void pxe_stack_unload(void);

/* True from pxe_stack_find() until it is unloaded. */
bool pxe_stack_is_loaded(void);

/* The driver that works through the stack's UNDI, for a card without a driver of ours. The stack
 * has to stay loaded. */
extern const struct net_driver undi_driver;

#endif
