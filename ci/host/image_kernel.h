/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of kernels that are entered in 32-bit mode share: a file with modules, and the
 * memory of a PC that is larger than what is free. */
#ifndef IMAGE_KERNEL_H
#define IMAGE_KERNEL_H

#include "image_machine.h"

enum { FILE_AT = 0x3000000, MODULE_1 = 0x1234, MODULE_2 = 0x2001 };

static const struct dhcp_lease lease;
static struct plan plan;
static const struct memory_map ram = {
    3, {{0x1000, 0x9fc00}, {0x100000, 0x7fe0000}, {0x100000000, 0x140000000}}};
static uint8_t module_data[MODULE_1 + MODULE_2];
static struct module modules[] = {{module_data, MODULE_1, "one", "a b"},
                                  {module_data + MODULE_1, MODULE_2, "two", ""}};

/* Random bytes as the kernel "kern" with the command line "x=y". */
static inline uint8_t *new_file(struct boot_file *file, size_t length)
{
    *file = (struct boot_file){.data = memory_at(FILE_AT),
                               .length = length,
                               .name = "kern",
                               .args = "x=y",
                               .ram = &ram,
                               .bootp = rm_buffer};
    fill_random(memory_at(FILE_AT), length);
    fill_random(module_data, sizeof(module_data));
    return memory_at(FILE_AT);
}

static inline void give_modules(struct boot_file *file)
{
    file->modules = modules;
    file->module_count = 2;
}

/* Boot it; it is called with EAX, and what it is told is returned. */
static inline const uint8_t *call_kernel(const struct image_type *type, uint32_t eax)
{
    machine.calls = 0;
    machine.base_kb = 639;
    CHECK(enter_image(type, &plan, &lease) == E_RETURNED);
    CHECK_EQUAL(machine.calls, 1);
    CHECK_EQUAL(machine.eax, eax);
    CHECK_EQUAL(machine.base_kb, 639);
    return (const uint8_t *)machine.argument[0];
}

#endif
