/* The PXE services we offer to a network bootstrap program (PXE 2.1 sections 3 and 4). */
#ifndef PXE_API_H
#define PXE_API_H

#include <stdbool.h>
#include <stdint.h>

#include "bios/realmode.h"
#include "net/dhcp.h"
#include "pxe/calls.h"

/* One opcode. `block` is the caller's parameter block as a flat pointer; its first word is the
 * status, which the dispatcher fills with what the handler returns (PXENV_STATUS_*). A handler may
 * be called at any time an NBP runs, also from its interrupt handler; it returns in bounded time.
 */
struct pxe_opcode {
    uint8_t opcode;
    uint8_t size; /* of the parameter block the handler reads or writes, bytes */
    uint16_t (*handler)(void *block);
};

/* The tables, each ended by an entry without handler. */
extern const struct pxe_opcode pxe_preboot_opcodes[], pxe_tftp_opcodes[], pxe_udp_opcodes[],
    pxe_undi_opcodes[], pxe_file_opcodes[];

/* Flat pointer for a far one of the caller's. */
static inline void *pxe_pointer(struct far_pointer p)
{
    return (void *)(uintptr_t)(p.segment * 16u + p.offset);
}

/* Offer the services: fill in the structures in base memory, take it out of the BIOS's maps (40:13,
 * INT 15h) together with the firmware's own memory, hook INT 1Ah and INT 15h. Returns the end of
 * free base memory. */
uint32_t pxe_install(const struct dhcp_lease *lease);

/* Stop offering them and give the memory back; what is hooked above us stays. Does nothing when not
 * installed. */
void pxe_uninstall(void);

/* True between the two. */
bool pxe_is_installed(void);

/* Top of the stack a program is started on, in memory that is ours: programs use all of what is
 * free. */
struct far_pointer pxe_program_stack(void);

/* Far pointers to !PXE and PXENV+. */
struct far_pointer pxe_structure(void);
struct far_pointer pxenv_structure(void);

/* A packet as GET_CACHED_INFO hands it out: exactly PXE_CACHED_SIZE bytes in base memory. type 1
 * DHCPDISCOVER, 2 DHCPACK, 3 the reply that named the boot file. NULL for another type. */
enum { PXE_CACHED_SIZE = 1260, PXE_CACHED_TYPES = 3, PXE_FRAME_SIZE = 1520, PXE_STACK_SIZE = 2048 };
/* Base memory the services take below the 16-bit part; 40:13 counts in kilobytes. */
enum {
    PXE_BASE_MEMORY =
        PXE_CACHED_TYPES * PXE_CACHED_SIZE + 2 * PXE_FRAME_SIZE + PXE_STACK_SIZE + 16 + 1024
};
uint8_t *pxe_cached_packet(unsigned type);

/* Base memory for a received frame (ETH_FRAME_MAX bytes each), which: 0 or 1. */
uint8_t *pxe_frame_buffer(unsigned which);

/* Whether the 16-bit side may answer the next UNDI_ISR GET_NEXT with "done", which costs no switch
 * to 32-bit mode. */
void pxe_isr_drained(bool drained);

/* UNDI_SHUTDOWN, and all that UNLOAD_STACK does: UNDI may be started again afterwards. */
uint16_t pxe_undi_shut_down(void *block);

/* The lease pxe_install() got. */
extern const struct dhcp_lease *pxe_lease;

#endif
