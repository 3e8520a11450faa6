/* The PXE stack a .zpxe is started from (PXE 2.1 sections 2 to 4). */
#ifndef PXE_STACK_H
#define PXE_STACK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/boot_info.h"
#include "net/dhcp.h"

/* Find the stack: !PXE on the entry stack, PXENV+ at ES:BX, or by INT 1Ah/5650h; structures with a
 * bad checksum are not used. Returns 0 or E_PXE_STACK. */
int pxe_stack_find(const struct boot_info *info);

/* Bus/device/function of the card the stack drives; -1 when it does not say. */
int pxe_stack_busdevfn(void);

/* The reply that named the file we were loaded as: server address and file name. False when the
 * stack has none. */
bool pxe_stack_boot_file(uint32_t *server, char name[DHCP_NAME_MAX + 1]);

/* Take the stack down: no way back. */
void pxe_stack_unload(void);

#endif
