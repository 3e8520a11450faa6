/* The PXE stack a .zpxe is started from (PXE 2.1 sections 2 to 4). */
#ifndef PXE_STACK_H
#define PXE_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/bios/boot_info.h"
#include "net/dhcp.h"
#include "net_driver.h"

/* Find the stack: !PXE on the entry stack, PXENV+ at ES:BX, or by INT 1Ah/5650h; structures with a
 * bad checksum are not used. Returns 0 or E_PXE_STACK. */
int pxe_stack_find(const struct boot_info *info);

/* A call: the parameter block, `size` bytes, is copied to base memory and back; its first word is
 * the status. Returns 0, or E_PXE_CALL when both exit code and status say failure: stacks are known
 * for one of them being wrong though the call worked. */
int pxe_stack_call(uint16_t opcode, void *block, size_t size);

/* Bus/device/function of the card the stack drives; -1 when it does not say. */
int pxe_stack_busdevfn(void);

/* A message of the stack's own configuration, type PXENV_PACKET_TYPE_DHCP_ACK or
 * PXENV_PACKET_TYPE_CACHED_REPLY (pxe/spec.h); its length is 0 when the stack has none. */
void pxe_stack_packet(unsigned type, struct dhcp_packet *packet);

/* The private interface of our own first stage; NULL when the stack is not ours. */
struct pxe_direct;
const struct pxe_direct *pxe_stack_direct(void);

/* Take the stack down, if there is one: no way back. Its base memory is given back when it lies
 * right above the free part. */
void pxe_stack_unload(void);

/* True from pxe_stack_find() until it is unloaded. */
bool pxe_stack_is_loaded(void);

/* The driver that works through the stack's UNDI, for a card no driver here is for. Needs the stack
 * to stay loaded. */
extern const struct net_driver undi_driver;

#endif
