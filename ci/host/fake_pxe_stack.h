/* SPDX-License-Identifier: BSD-2-Clause */
/* A scripted PXE stack for tests of its client: what it answers, and what was asked. */
#ifndef FAKE_PXE_STACK_H
#define FAKE_PXE_STACK_H

#include "platform/bios/boot_info.h"
#include "base_memory.h"
#include "fake_link.h"
#include "pxe/spec.h"
#include "pxe/stack.h"

enum { MEMORY = 0x10000, END = 0xa0000, PXE_AT = 0x90000, PXENV_AT = 0x90100, BIOS_KB = 576 };
enum { FRAME_AT = 0x40000, SEGMENT_KB = 20, ENTRY = 0x90200000, OLD_ENTRY = 0x90300000 };

struct fake_pxe_stack {
    uint16_t fails, exit_code, status; /* opcode that fails, or 0xffff = all, and how */
    bool answers_1a;
    uint16_t carry;
    uint32_t entered;
    unsigned calls;
    uint16_t opcodes[512];
    struct s_PXENV_UNDI_GET_INFORMATION information;
    struct s_PXENV_UNDI_GET_IFACE_INFO interface;
    struct s_PXENV_UNDI_GET_NIC_TYPE type;
    struct s_PXENV_GET_CACHED_INFO cached;
    struct s_PXENV_UNDI_OPEN open;
    struct s_PXENV_UNDI_ISR
        isr[32]; /* what it answers, one after the other; FuncFlag 0 at the end */
    uint16_t isr_asked[32];
    unsigned isr_calls;
    struct s_PXENV_UNDI_TRANSMIT transmit;
    uint8_t sent[2048];
    size_t sent_len;
    bool raised;
    uint8_t masked;
    unsigned identified;
};
extern struct fake_pxe_stack stack;

/* What the client is started with. */
extern struct boot_info info;

/* Start a case with a good stack: !PXE with segments of SEGMENT_KB right above free memory, and a
 * PXENV+ that names it. */
void stack_start(const char *name);

/* Let an opcode end with this exit code and status. */
void fail(uint16_t opcode, uint16_t exit_code, uint16_t status);

/* Make the checksum of a structure right. */
void fix(uint32_t structure, unsigned length_at, unsigned sum_at);

#endif
