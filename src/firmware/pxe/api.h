/* SPDX-License-Identifier: BSD-2-Clause */
/* The PXE services we offer to a network bootstrap program, the "program" below (PXE 2.1 section
 * 3). */
#ifndef PXE_API_H
#define PXE_API_H

#include <stdbool.h>
#include <stdint.h>

#include "image/image.h"
#include "net/dhcp.h"
#include "net/uri.h"
#include "platform/bios/realmode.h"
#include "pxe/spec.h"

/* One opcode. `block` is a flat pointer to the program's parameter block. The dispatcher has
 * checked that its first `size` bytes are not in memory of ours, and puts what the handler returns
 * (PXENV_STATUS_*) in its first word. A handler may be called whenever a program runs, and those of
 * UNDI from the program's interrupt handler, too. It returns in bounded time. */
struct pxe_opcode {
    uint8_t opcode, size;
    uint16_t (*handler)(void *block);
} __attribute__((packed));

/* Offer an opcode, whose block is a `type`. The linker map collects them. */
#define PXE_OPCODE(number, handler, type)          \
    static const struct pxe_opcode opcode_##number \
        __attribute__((section(".opcodes"), aligned(1), used)) = {number, sizeof(type), handler}

/* Below are interrupt vectors and BIOS data, and nothing of the program's. */
enum { PXE_LOW = 0x500 };

/* Offer the services: fill in !PXE and PXENV+, hook INT 15h, 18h and 1Ah, and take our memory out
 * of the BIOS's maps (40:13, INT 15h). Returns the end of free base memory. */
uint32_t pxe_install(const struct dhcp_lease *lease);

/* Stop offering them, and give the memory back. False when somebody has hooked one of the
 * interrupts after us: our 16-bit part and its base memory stay then. True when nothing was
 * offered. */
bool pxe_uninstall(void);

/* STOP_UNDI: the same, and the card is closed and a stack beneath us unloaded. The program itself
 * gives back base memory: it raises 40:13 by what !PXE says, as with other stacks. What it has not
 * given back by then is free when the next boot device is tried (INT 18h). PXENV_STATUS_KEEP_UNDI
 * when somebody has hooked an interrupt after us. */
uint16_t pxenv_stop_undi(void *block);

/* Start the program at PXE_PROGRAM. E_RETURNED when it returns; leave_to_next_device() then ends
 * the services if it has not. In place of a program that asked for this one, it does not return:
 * the call that started the first one does, for the last. */
int pxe_run_program(void);

/* The loader above the services; it sets this before it starts a program. */
extern struct pxe_loader {
    /* Fetch and boot another file in place of the program that asks; its memory above 1 MiB is free
     * for that. `arguments` is a kernel's command line. Returns only when that failed, while the
     * program is whole below 1 MiB: why, a negative code. */
    int (*boot)(struct pxe_loader *loader, const struct uri *uri, const char *arguments);
} * pxe_loader;

/* End of what the program may use: of base memory, or for an address above 1 MiB of memory there.
 */
uint32_t pxe_memory_end(uint32_t address);

/* Flat pointer to a buffer of the program's that will be written. NULL when it begins below
 * PXE_LOW, as a null pointer does, or has bytes in memory of ours. */
void *pxe_buffer(struct far_pointer p, size_t size);

/* Whether it may be written, for a flat pointer. */
bool pxe_is_free(const void *buffer, size_t size);

/* Top of the stack a program is started on, in memory that is ours: programs use all of what is
 * free, and would share a page of code with a stack right below them. */
struct far_pointer pxe_program_stack(void);

/* Far pointers to !PXE and PXENV+. */
struct far_pointer pxe_structure(void);
struct far_pointer pxenv_structure(void);

/* Base memory that the services have below the 16-bit part. */
enum { PXE_STACK_SIZE = 2048, PXE_FRAME_SIZE = 1520, PXE_CACHED_SIZE = 1260 };
struct pxe_memory {
    uint8_t stack[PXE_STACK_SIZE];    /* programs are started on it */
    uint8_t frame[2][PXE_FRAME_SIZE]; /* received ones, of at most ETH_FRAME_MAX bytes */
    uint8_t packet[3][PXE_CACHED_SIZE];
};
/* It begins with a paragraph, and 40:13 counts in kilobytes. */
enum { PXE_BASE_MEMORY = sizeof(struct pxe_memory) + 16 + 1024 };

/* A packet as GET_CACHED_INFO hands it out, by its PXENV_PACKET_TYPE_*. NULL for another type. */
uint8_t *pxe_cached_packet(unsigned type);

/* Buffer 0 or 1 for a received frame, in base memory. */
uint8_t *pxe_frame_buffer(unsigned which);

/* What the 16-bit side may answer to UNDI_ISR by itself, without the way to 32-bit mode. */
struct pxe_isr_answers {
    uint8_t sent;    /* PROCESS and GET_NEXT: "transmitted", so many times */
    uint8_t drained; /* the GET_NEXT after that: "done" */
} __attribute__((packed));
struct pxe_isr_answers *pxe_isr_answers(void);

/* Handlers that others call. They do not use their block. */
uint16_t pxenv_udp_close(void *block);
uint16_t pxenv_undi_shutdown(void *block);

/* For opcodes that need nothing done. */
uint16_t pxenv_nothing_to_do(void *block);

/* The lease pxe_install() got. */
extern const struct dhcp_lease *pxe_lease;

/* Where the UNDI ROM ID is (struct s_UNDI_ROM_ID), in the ROM that we came from. 0:0 when that was
 * another medium. */
extern struct far_pointer pxe_rom_id;

#endif
