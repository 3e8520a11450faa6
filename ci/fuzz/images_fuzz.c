/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot files: whatever one says, an accepted plan stays within the file and within free memory, and
 * its copies do what it says.
 *
 * Input: flags; how much of the file is filling behind what the input has (in 256 bytes); the file.
 */
#include "image_machine.h"

#include "fuzz.h"

enum { FILE_AT = 0x4000000, INITRD_AT = 0x4800000, INITRD_LENGTH = 5000, FILE_MAX = 0x18000 };
enum { WITH_INITRD = 1, WITH_ARGS = 2, FILE_LOW = 4 };

static const struct image_type *const types[] = {&nbi_image,        &linux_image, &multiboot_image,
                                                 &multiboot2_image, &elf_image,   &nbp_image};
static const struct module modules[] = {
    {(const uint8_t *)INITRD_AT, INITRD_LENGTH - 3, "first", ""},
    {(const uint8_t *)INITRD_AT + INITRD_LENGTH - 3, 3, "second", "name more"}};
static const struct dhcp_lease lease;
static struct memory_map map;

/* Some plan may need what it reads: copies of it, for after the moves. */
static void check_plan(const struct boot_file *file, const struct plan *plan)
{
    for (const struct plan_copy *part = plan->copy; part < plan->copy + plan->count; part++) {
        uintptr_t from = part->from.start, end = from + part->from.length;
        uintptr_t data = (uintptr_t)file->data, initrd = INITRD_AT;

        CHECK(memory_map_holds(&map, (uint32_t)part->to.start, part->to.length));
        CHECK(part->from.length <= part->to.length);
        CHECK(!part->from.length || (from >= data && end <= data + file->length) ||
              (from >= initrd && end <= initrd + INITRD_LENGTH) ||
              memory_map_holds(&map, (uint32_t)from, part->from.length));
    }
}

/* In memory that ends with the file, so that a read past its end is seen. */
static void check_exact(const struct image_type *type, struct boot_file file)
{
    static struct plan plan;
    uint8_t *exact = malloc(file.length ? file.length : 1);

    memcpy(exact, file.data, file.length);
    file.data = exact;
    if (type->recognise(exact, file.length))
        type->check(&file, &map, &plan);
    free(exact);
}

static void load(const struct image_type *type, const struct boot_file *file)
{
    static struct plan plan;

    check_exact(type, *file);
    if (!type->recognise(file->data, file->length))
        return;
    if (type->check(file, &map, &plan)) {
        CHECK(plan.problem[0] && strlen(plan.problem) < sizeof(plan.problem) - 1);
        return;
    }
    CHECK(!plan.problem[0]);
    check_plan(file, &plan);
    if (!setjmp(machine.left))
        enter_image(type, &plan, &lease);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct boot_file file = {.name = "x", .args = "", .services = PXE_BASE_MEMORY};
    uint8_t flags, *at;
    size_t filling;

    map = free_memory();
    file.ram = &map;
    file.bootp = rm_buffer;
    file.scratch = rm_buffer + DHCP_PACKET_MAX;
    flags = take(&in);
    filling = take(&in) * 256u;
    at = memory_at(flags & FILE_LOW ? 0x40000 : FILE_AT);
    file.data = at;
    file.length = take_bytes(&in, at, FILE_MAX - filling);
    memset(at + file.length, 0x90, filling);
    file.length += filling;
    if (flags & WITH_INITRD) {
        memset(memory_at(INITRD_AT), 0x33, INITRD_LENGTH);
        file.modules = modules;
        file.module_count = 2;
    }
    if (flags & WITH_ARGS)
        file.args = "quiet mem=64M vga=ask";
    for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        load(types[i], &file);
    return 0;
}
