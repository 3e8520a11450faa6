/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls into 16-bit code through the blob of platform/bios/rm.inc, which lives at the top of free
 * base memory. */
#include "platform/bios/realmode.h"

#include "lib/string.h"
#include "platform/bios/boot_info.h"

enum {
    PAGE = 4096,
    RM_STACK_SIZE = 2048,
    FLAG_INTERRUPTS = 0x202,
    BDA_BASE_KB = 0x413,
};

extern const struct {
    uint16_t data, size; /* offset of struct rm_header, bytes in all */
} rm_blob;
extern const uint8_t rm_resume[];
void rm_switch(void);
void rm_replace(void);

struct rm_header *rm_base;
uint8_t *rm_buffer;
struct far_pointer rm_stack;

uint32_t rm_install(uint32_t top)
{
    if (!top)
        top = *(volatile uint16_t *)BDA_BASE_KB * 1024u;

    uint32_t data_size = (rm_blob.size - rm_blob.data + 15u) & ~15u;
    uint32_t page = (top - data_size - RM_BUFFER_SIZE - RM_STACK_SIZE) & ~(PAGE - 1u);
    uint32_t base = page - rm_blob.data;
    struct rm_header *header = (struct rm_header *)page;
    uint8_t *gdt = (uint8_t *)page;

    memcpy((void *)base, &rm_blob, rm_blob.size);
    gdt += header->gdt;
    *(uint32_t *)(gdt + 2) = (uint32_t)gdt;
    *(uint32_t *)(gdt + SEL_CODE16 + 2) |= base;
    header->segment = (uint16_t)(base / 16);
    rm_buffer = (uint8_t *)page + data_size;
    rm_stack = (struct far_pointer){(uint16_t)(top - base), header->segment};
    rm_base = header;
    return base;
}

static void run(struct far_pointer entry, struct rm_regs *regs, struct far_pointer sp)
{
    struct rm_frame *frame = &rm_base->frame;

    rm_base->resume = (uint32_t)rm_resume;
    frame->regs = *regs;
    frame->entry = entry;
    frame->sp = sp;
    if (sp.segment == rm_base->segment)
        rm_switch();
    else
        rm_replace();
    *regs = frame->regs;
}

void rm_interrupt(uint8_t vector, struct rm_regs *regs)
{
    struct rm_frame *frame = &rm_base->frame;

    frame->stack[0] = FLAG_INTERRUPTS; /* for the IRET: pending interrupts are served then */
    frame->words = 1;
    regs->flags = 2;
    run(((const struct far_pointer *)0)[vector], regs, rm_stack);
}

void rm_call_on(struct far_pointer sp, struct far_pointer entry, struct rm_regs *regs,
                const uint16_t *stack, unsigned words)
{
    struct rm_frame *frame = &rm_base->frame;

    memcpy(frame->stack, stack, words * 2);
    frame->words = (uint16_t)words;
    regs->flags = FLAG_INTERRUPTS;
    run(entry, regs, sp);
}

void rm_call(struct far_pointer entry, struct rm_regs *regs, const uint16_t *stack, unsigned words)
{
    rm_call_on(rm_stack, entry, regs, stack, words);
}

void rm_leave(const struct rm_jump *jump)
{
    struct rm_regs regs = jump->regs;

    rm_base->frame.words = 0;
    rm_base->leave = 1;
    regs.flags &= ~(uint32_t)FLAG_INTERRUPTS;
    run(jump->entry, &regs, (struct far_pointer){jump->sp, jump->ss});
    __builtin_unreachable();
}

uint16_t rm_set_base_kb(uint16_t kb)
{
    volatile uint16_t *base_kb = (volatile uint16_t *)(LOW_MEMORY + BDA_BASE_KB);
    uint16_t old = *base_kb;

    *base_kb = kb;
    return old;
}

void rm_teletype(void)
{
    struct far_pointer text = rm_far(rm_buffer);
    struct rm_regs regs = {.si = text.offset, .ds = text.segment};

    rm_call((struct far_pointer){rm_base->teletype, rm_base->segment}, &regs, NULL, 0);
}

void leave_to_next_device(void)
{
    struct rm_regs regs = {.eax = 0};

    for (;;)
        rm_interrupt(0x18, &regs);
}
