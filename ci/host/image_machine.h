/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine for tests of the boot-file loaders: memory mapped at the physical addresses they use,
 * and the calls that end in a boot file, which are recorded instead of made. */
#ifndef IMAGE_MACHINE_H
#define IMAGE_MACHINE_H

#include <setjmp.h>
#include <string.h>
#include <sys/mman.h>

#include "check.h"
#include "platform/bios/realmode.h"
#include "image/image.h"
#include "loader/enter.h"
#include "pxe/api.h"

extern const struct image_type nbi_image, linux_image, multiboot_image, multiboot2_image, elf_image,
    sector_image, nbp_image;

/* The error, and the text about it that `plan` has for the user. */
#define CHECK_PROBLEM(result, error, text) \
    (CHECK_EQUAL(result, error), CHECK_TEXT(plan.problem, text))

enum { BASE_START = 0x10000, BASE_END = 0x9f000, HIGH_START = 0x100000, HIGH_END = 0x6000000 };

static inline void *memory_at(uint32_t address)
{
    return (void *)(uintptr_t)address;
}

static inline void map_memory(uint32_t start, uint32_t end)
{
    void *got = mmap(memory_at(start), end - start, PROT_READ | PROT_WRITE | PROT_EXEC,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

    CHECK(got == memory_at(start));
}

/* Base memory, then memory from 1 MiB on: what free_memory() says is free, and a little more base
 * memory for rm_buffer. */
__attribute__((constructor)) static void start_machine(void)
{
    map_memory(BASE_START, BASE_END + RM_BUFFER_SIZE);
    map_memory(HIGH_START, HIGH_END);
    rm_buffer = memory_at(BASE_END);
}

static inline struct memory_map free_memory(void)
{
    return (struct memory_map){2, {{BASE_START, BASE_END}, {HIGH_START, HIGH_END}}};
}

static inline void fill_random(uint8_t *to, size_t length)
{
    while (length--)
        *to++ = (uint8_t)(next_random() >> 11);
}

/* Little-endian number of `size` bytes. */
static inline void put(uint8_t *to, uint32_t value, unsigned size)
{
    for (; size--; value >>= 8)
        *to++ = (uint8_t)value;
}

static inline uint32_t get(const uint8_t *from, unsigned size)
{
    uint32_t value = 0;

    while (size--)
        value = value << 8 | from[size];
    return value;
}

/* What the loader did last. */
static struct {
    unsigned installed, started; /* PXE services and programs */
    unsigned calls;
    struct far_pointer entry, sp;
    uint32_t flat, eax; /* of 32-bit calls */
    uintptr_t argument[3];
    uint16_t base_kb, lowest_base_kb;
    jmp_buf left;
    struct rm_jump jump;
} machine;

uint8_t *rm_buffer;

void rm_interrupt(uint8_t vector, struct rm_regs *regs)
{
    CHECK(!"no interrupt is called");
}

void rm_call_on(struct far_pointer sp, struct far_pointer entry, struct rm_regs *regs,
                const uint16_t *stack, unsigned words)
{
    CHECK(words == 0);
    machine.calls++;
    machine.sp = sp;
    machine.entry = entry;
}

void flat_call(uint32_t entry, uint32_t eax, const uintptr_t argument[3])
{
    machine.calls++;
    machine.flat = entry;
    machine.eax = eax;
    memcpy(machine.argument, argument, sizeof(machine.argument));
}

uint16_t rm_set_base_kb(uint16_t kb)
{
    uint16_t old = machine.base_kb;

    machine.base_kb = kb;
    if (kb < machine.lowest_base_kb)
        machine.lowest_base_kb = kb;
    return old;
}

void rm_leave(const struct rm_jump *jump)
{
    machine.jump = *jump;
    longjmp(machine.left, 1);
}

uint32_t pxe_install(const struct dhcp_lease *lease)
{
    machine.installed++;
    return BASE_END;
}

int pxe_run_program(void)
{
    machine.started++;
    return E_RETURNED;
}

/* A new plan for the file, ready for enter_image() when it returns 0. */
static inline int check(const struct image_type *type, const struct boot_file *file,
                        struct plan *plan)
{
    struct memory_map map = free_memory();

    CHECK(type->recognise(file->data, file->length));
    return type->check(file, &map, plan);
}

#endif
