/* SPDX-License-Identifier: BSD-2-Clause */
/* What the 16-bit side of our PXE services (pxe/entry.inc) shares with the 32-bit side. */
#ifndef PXE_ENTRY_H
#define PXE_ENTRY_H

#include <stdint.h>

#include "platform/bios/realmode.h"
#include "pxe/api.h"

/* Interrupts that the services hook: memory size, the PXE installation check, the next boot device.
 */
enum { HOOKS = 3, HOOK_MEMORY = 0x15, HOOK_TIME = 0x1a, HOOK_NEXT_DEVICE = 0x18 };

/* pxe/entry.inc knows it from pxe/layout.c. */
struct rm_api {
    uint32_t resume;
    uint16_t back, opcode;
    struct far_pointer block;
    uint16_t status, ss;
    uint32_t esp;
    uint32_t old[HOOKS]; /* far pointers */
    uint32_t hidden_start, hidden_end, base_end;
    uint16_t e801_low, e801_high, kb_88;
    uint16_t paragraphs; /* of base memory that a program's blocks may lie in, from PXE_LOW on */
    uint16_t hook[HOOKS], pxe, pxenv;
    struct pxe_isr_answers isr;
} __attribute__((packed));

/* A call by the program, from pxe/entry.inc, on the 32-bit stack as it was when the program was
 * started. `nested`: an interrupt handler of the program's calls while another call is served. */
void pxe_api_call(uint32_t nested);

#endif
