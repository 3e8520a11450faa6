/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine for tests of the PXE services: base memory at the physical addresses that programs use,
 * but page 0 at LOW_MEMORY; a card, interrupt controllers and a PXE stack beneath that are
 * recorded. Far pointers to 0:0000 to 0:FFFF lead nowhere, so a service that follows one ends the
 * test. */
#ifndef PXE_MACHINE_H
#define PXE_MACHINE_H

#include <setjmp.h>
#include <string.h>

#include "base_memory.h"
#include "fake_link.h"
#include "net/dhcp.h"
#include "net/uri.h"
#include "pxe/api.h"
#include "platform/bios/console.h"
#include "pxe/spec.h"
#include "pxe/entry.h"

enum {
    MEMORY_START = 0x10000, /* LOW_MEMORY, too */
    MEMORY_END = 0xa0000,
    RESIDENT = 0x9d800, /* where the 16-bit part is */
    RESIDENT_END = 0x9fc00,
    BIOS_KB = 639,
    BLOCK_AT = 0x20000,
    BUFFER_AT = 0x30000,
    CARD_IRQ = 11,
};

/* What happened outside. */
struct pxe_machine {
    unsigned opens, closes, leaves;
    int open_result;
    uint8_t masked;           /* interrupt line at the controller */
    bool in_service;          /* the program's handler runs */
    bool raises;              /* the card's line */
    int interrupts;           /* last action of the driver's, -1 = none */
    bool stack_loaded;        /* we run on a PXE stack */
    bool stack_fails;         /* its calls */
    uint16_t stack_kb;        /* 40:13 that it leaves when it goes, 0 = as it is */
    uint16_t stack_opcode;    /* its last call */
    size_t stack_size;        /* and that one's block */
    uint8_t stack_block[256]; /* as it came */
    unsigned programs;        /* started */
    uint16_t program_args[2]; /* on the stack of the last one */
    struct rm_regs program_regs;
    unsigned next_devices;
    int found;         /* what nic_find() returns */
    int probed;        /* and nic_probe() */
    int busdevfn;      /* what it was asked for */
    unsigned stays;    /* rm_stay() */
    struct uri booted; /* what pxe_loader was asked for */
    char arguments[DHCP_PACKET_MAX + 1];
    jmp_buf left; /* leave_to_next_device() goes there */
};
extern struct pxe_machine machine;

/* Everything as it is when a boot file has been fetched; services not installed. Starts a case. */
void machine_start(const char *name);

/* The same with the services offered, for a lease of 10.0.0.2 with server 10.0.0.1, file "boot.0".
 */
void machine_serve(const char *name);
extern struct dhcp_lease machine_lease;

struct rm_api *machine_api(void);

/* A call by the program; its status. The exit code must agree with it. A block at `address` is left
 * as the service leaves it. */
uint16_t call_at(uint16_t opcode, uint32_t address);
/* The same with a copy of this block at BLOCK_AT, which comes back. */
uint16_t call(uint16_t opcode, void *block, size_t size);

#endif
