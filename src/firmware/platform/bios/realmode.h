/* SPDX-License-Identifier: BSD-2-Clause */
/* Calling 16-bit code (BIOS, a PXE stack, a boot file) from 32-bit code, and other 32-bit code. */
#ifndef PLATFORM_BIOS_REALMODE_H
#define PLATFORM_BIOS_REALMODE_H

#include <stdint.h>

#include "lib/far_pointer.h"

struct rm_regs {
    union {
        uint32_t eax;
        uint16_t ax;
        struct {
            uint8_t al, ah;
        };
    };
    union {
        uint32_t ebx;
        uint16_t bx;
        struct {
            uint8_t bl, bh;
        };
    };
    union {
        uint32_t ecx;
        uint16_t cx;
        struct {
            uint8_t cl, ch;
        };
    };
    union {
        uint32_t edx;
        uint16_t dx;
        struct {
            uint8_t dl, dh;
        };
    };
    union {
        uint32_t esi;
        uint16_t si;
    };
    union {
        uint32_t edi;
        uint16_t di;
    };
    union {
        uint32_t ebp;
        uint16_t bp;
    };
    uint16_t ds, es;
    uint32_t flags; /* in: ignored; out: after the call */
};
enum { FLAG_CARRY = 1, FLAG_ZERO = 0x40 };

/* Where interrupt vectors and BIOS data are; host tests, which have no page 0, say elsewhere. */
#ifndef LOW_MEMORY
#define LOW_MEMORY 0u
#endif

/* INT `vector` with the registers, interrupts on; registers come back. */
void rm_interrupt(uint8_t vector, struct rm_regs *regs);

/* Far call to real-mode code with the registers and `words` (at most 16) 16-bit values on its
 * stack, the first one at the lowest address (just above the return address). The callee may or may
 * not remove them. */
void rm_call(struct far_pointer entry, struct rm_regs *regs, const uint16_t *stack, unsigned words);

/* The same for a boot file, on a stack of its own. When one that runs has asked for this one, that
 * is left for good with all calls in progress: the call that started it returns for both. */
void rm_call_on(struct far_pointer sp, struct far_pointer entry, struct rm_regs *regs,
                const uint16_t *stack, unsigned words);

/* Call 32-bit code of a boot file with three arguments on the stack, the first of them in EBX, too,
 * and EAX. It may change any register but ESP. */
void flat_call(uint32_t entry, uint32_t eax, const uintptr_t argument[3]);

/* Base memory the 16-bit side can address, shared scratch space of RM_BUFFER_SIZE bytes (e.g. INT
 * 13h or PXE parameter blocks). */
enum { RM_BUFFER_SIZE = 2048 };
extern uint8_t *rm_buffer;

/* Leave for good: load the registers (ss:sp too) and jump to entry in real mode, A20 as it is. Does
 * not return. */
struct rm_jump {
    struct rm_regs regs;
    struct far_pointer entry;
    uint16_t ss, sp;
};
_Noreturn void rm_leave(const struct rm_jump *jump);

/* The 16-bit part (platform/bios/rm.inc) at its place in base memory, and where the stack for calls
 * from here starts. */
struct rm_frame {
    struct rm_regs regs;
    struct far_pointer entry, sp;
    uint16_t words; /* how many of stack are pushed */
    uint16_t stack[16];
} __attribute__((packed));

struct rm_header {
    uint16_t enter_real;  /* offset to jump to through SEL_CODE16 */
    uint16_t teletype;    /* far routine: print DS:SI up to NUL */
    uint16_t gdt;         /* behind the header; its register image is in its null entry */
    uint16_t api;         /* struct rm_api of pxe/entry.h, likewise */
    uint32_t resume;      /* flat address to come back to in 32-bit mode */
    uint16_t real_offset; /* where the way down leads: to run_frame, or on in an API call */
    uint16_t segment;     /* of the 16-bit part */
    uint16_t leave;       /* nonzero: jump instead of call */
    struct rm_frame frame;
} __attribute__((packed));

extern struct rm_header *rm_base;
extern struct far_pointer rm_stack;

/* Set how much base memory the BIOS counts, in KB (40:13). Returns what it was. */
uint16_t rm_set_base_kb(uint16_t kb);

/* Print the NUL-terminated text in rm_buffer through INT 10h. */
void rm_teletype(void);

/* Put the 16-bit part right below `top`, or (0) at the top of free base memory. Called once, first
 * of all. Returns its lowest address. */
uint32_t rm_install(uint32_t top);

/* Calls by a program may come though we have called none: we return to who started us. */
void rm_stay(void);

/* Let the BIOS try the next boot device. */
_Noreturn void leave_to_next_device(void);

#endif
