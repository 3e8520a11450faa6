/* The PXE services we offer to a network bootstrap program (PXE 2.1 sections 3 and 4). */
#ifndef PXE_API_H
#define PXE_API_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/bios/realmode.h"
#include "net/dhcp.h"
#include "net/uri.h"
#include "pxe/spec.h"

/* One opcode. `block` is the caller's parameter block as a flat pointer: `size` bytes of which none
 * is in memory of ours. Its first word is the status, which the dispatcher fills with what the
 * handler returns (PXENV_STATUS_*). A handler may be called at any time an NBP runs, one of UNDI
 * also from its interrupt handler; it returns in bounded time. */
struct pxe_opcode {
    uint8_t opcode, size;
    uint16_t (*handler)(void *block);
} __attribute__((packed));

/* Offers a service, whose block is a `type`; the linker map collects them. */
#define PXE_OPCODE(number, handler, type)          \
    static const struct pxe_opcode opcode_##number \
        __attribute__((section(".opcodes"), aligned(1), used)) = {number, sizeof(type), handler}

/* Flat pointer for a far one of the caller's. An offset that runs past its segment's end goes on
 * behind it. */
static inline void *pxe_pointer(struct far_pointer p)
{
    return (void *)(uintptr_t)(p.segment * 16u + p.offset);
}

/* Below are interrupt vectors and BIOS data: nothing of a program's. */
enum { PXE_LOW = 0x500 };

/* Offer the services: fill in the structures in base memory, take it out of the BIOS's maps (40:13,
 * INT 15h) together with the firmware's own memory, hook INT 1Ah and INT 15h. Returns the end of
 * free base memory. */
uint32_t pxe_install(const struct dhcp_lease *lease);

/* Stop offering them and give the memory back. False when something is hooked above us: then our
 * 16-bit part stays as well, in base memory that is not given back. Does nothing, and is true, when
 * not installed. */
bool pxe_uninstall(void);

/* STOP_UNDI: the same, and the card and a stack that we run on go, too. Base memory is left to the
 * program, which raises 40:13 by what !PXE says, as with other stacks; what is still taken when the
 * next boot device is tried (INT 18h) is given back then. PXENV_STATUS_KEEP_UNDI when something is
 * hooked above us. */
uint16_t pxenv_stop_undi(void *block);

/* True between the two. */
bool pxe_is_installed(void);

/* Where programs are loaded and entered (PXE 2.1 section 2.6). */
enum { PXE_PROGRAM = 0x7c00 };

/* Start the program there. E_RETURNED when it returns; leave_to_next_device() then ends the
 * services if it has not. In place of a program that asked for this one, it does not return: the
 * call that started the first one does, for the last. */
int pxe_run_program(void);

/* The loader above the services; it sets this before it starts a program. */
extern struct pxe_loader {
    /* Fetch and boot another file in place of the program that asks; its memory above 1 MiB is free
     * for that. The URI's path has at most 255 bytes: the file's name and, behind a space, the
     * command line for a kernel. Returns only when that failed, while the program is whole. */
    int (*boot)(struct pxe_loader *loader, const struct uri *uri);
} * pxe_loader;

/* End of what a program may use: of base memory, or of memory above, for an address there. */
uint32_t pxe_memory_end(uint32_t address);

/* Flat pointer to a buffer of the caller's; NULL when it begins below PXE_LOW, as a null pointer
 * does, or has bytes in memory of ours. */
void *pxe_buffer(struct far_pointer p, size_t size);

/* The same for a flat one: whether it may be written. */
bool pxe_is_free(const void *buffer, size_t size);

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

/* What the 16-bit side answers to UNDI_ISR, since that costs no switch to 32-bit mode. */
struct pxe_isr_answers {
    uint8_t sent;    /* "transmitted", so many times, to PROCESS and GET_NEXT */
    uint8_t drained; /* then "done" to the next GET_NEXT */
} __attribute__((packed));
struct pxe_isr_answers *pxe_isr_answers(void);

/* TFTP_READ_FILE; size 0 when nothing was written. */
struct s_PXENV_TFTP_READ_FILE;
uint16_t pxenv_tftp_read_file(void *block);

/* UDP_CLOSE; `block` is not used. */
uint16_t pxenv_udp_close(void *block);

/* Nothing to do: success. */
uint16_t pxe_done(void *block);

/* UNDI_SHUTDOWN, and all that UNLOAD_STACK does: UNDI may be started again afterwards. */
uint16_t pxenv_undi_shutdown(void *block);

/* The lease pxe_install() got. */
extern const struct dhcp_lease *pxe_lease;

#endif
