/* SPDX-License-Identifier: BSD-2-Clause */
/* Multiboot kernels (Multiboot Specification 0.6.96). */
#include "image/multiboot.h"

#include "image/elf.h"
#include "image/handover.h"
#include "lib/features.h"
#include "lib/string.h"

enum { HEADER_MAGIC = 0x1badb002, HEADER_WITHIN = 8192, HEADER_WORDS = 3 };
enum { WANTS_VIDEO = 4, REQUIRED_UNKNOWN = 0xfff8, HAS_ADDRESSES = 0x10000 };
enum { ENTERED_WITH = 0x2badb002 };

struct header {
    uint32_t magic, flags, checksum;
    struct multiboot_addresses addresses;
    uint32_t entry;
    uint32_t not_graphics, width, height, depth;
};

enum { HAS_MEMORY = 1, HAS_COMMAND_LINE = 4, HAS_MODULES = 8, HAS_MAP = 0x40, HAS_NAME = 0x200 };
struct information {
    uint32_t flags, kilobytes[2], boot_device, command_line, module_count, modules, symbols[4];
    uint32_t map_length, map, drives_length, drives, configuration, loader_name, apm, vbe[4];
    uint32_t screen[6];
};
struct module_record {
    uint32_t start, end, text, reserved;
};

const uint32_t *multiboot_header(const uint8_t *data, size_t length, uint32_t magic, uint32_t limit,
                                 unsigned words)
{
    const uint32_t *at = (const uint32_t *)data;

    for (; length >= MULTIBOOT_LEAST && limit; length -= 4, limit -= 4, at++) {
        uint32_t sum = 0;

        for (unsigned i = words; i--;)
            sum += at[i];
        if (*at == magic && !sum)
            return at;
    }
    return NULL;
}

void multiboot_add(struct plan *plan, const void *header,
                   const struct multiboot_addresses *addresses)
{
    uint32_t header_offset = (uint32_t)((const uint8_t *)header - plan->file->data);
    uint32_t start, offset, length;

    if (!addresses) {
        elf_add(plan);
        return;
    }
    start = addresses->load;
    if (start == UINT32_MAX)
        start = addresses->header - header_offset;
    offset = header_offset - (addresses->header - start);
    length = (uint32_t)plan->file->length - offset;
    if (addresses->load_end)
        length = addresses->load_end - start;
    plan->part.what = "program";
    plan->part.clear = true;
    plan->part.to = (struct memory_block){start, length};
    if (addresses->bss_end)
        plan->part.to.length = addresses->bss_end - start;
    plan_file(plan, offset, length);
    plan_add(plan);
}

static const struct header *find(const uint8_t *data, size_t length)
{
    return (const struct header *)multiboot_header(data, length, HEADER_MAGIC, HEADER_WITHIN,
                                                   HEADER_WORDS);
}

static bool multiboot_recognise(const uint8_t *data, size_t length)
{
    return find(data, length);
}

static int multiboot_check(const struct boot_file *file, const struct memory_map *map,
                           struct plan *plan)
{
    const struct header *header = find(file->data, file->length);
    uint32_t flags = header->flags;

    plan_start(plan, file, map);
    if (flags & REQUIRED_UNKNOWN)
        plan_fail(plan, E_UNSUPPORTED, "flags %x", flags);
    if (flags & WANTS_VIDEO && !header->not_graphics)
        plan_fail(plan, E_UNSUPPORTED, "graphics mode");
    multiboot_add(plan, header, flags & HAS_ADDRESSES ? &header->addresses : NULL);
    if (flags & HAS_ADDRESSES)
        plan->entry.flat = header->entry;
    return handover_add(plan, ENTERED_WITH);
}

static void multiboot_finish(const struct plan *plan)
{
    const struct boot_file *file = plan->file;
    const struct module *module = file->modules;
    struct information *info = (struct information *)plan->entry.argument[0];
    struct module_record *record = (struct module_record *)(info + 1);
    uint32_t *map = (uint32_t *)(record + file->module_count);
    char *text;

    info->flags = HAS_MEMORY | HAS_COMMAND_LINE | HAS_MODULES | HAS_MAP | HAS_NAME;
    handover_sizes(plan, info->kilobytes);
    info->module_count = file->module_count;
    info->modules = (uint32_t)(uintptr_t)record;
    info->map = (uint32_t)(uintptr_t)map;
    *map = 20; /* bytes of each range, without this */
    text = (char *)handover_memory(plan, map + 1, 24, 20);
    info->map_length = file->ram->count * 24;
    info->loader_name = (uint32_t)(uintptr_t)text;
    text = handover_text(text, "Etherforge", "");
    info->command_line = (uint32_t)(uintptr_t)text;
    text = handover_text(text, file->name, file->args);
    for (unsigned i = 0; i < file->module_count; i++, module++, record++) {
        record->start = plan->detail[i];
        record->end = record->start + module->length;
        record->text = (uint32_t)(uintptr_t)text;
        text = handover_text(text, module->name, module->arguments);
    }
}

const struct image_type multiboot_image = {"Multiboot", multiboot_recognise, multiboot_check,
                                           multiboot_finish, .takes_initrd = true};

FEATURE(MULTIBOOT);
