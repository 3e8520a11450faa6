/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/handover.h"

#include "lib/print.h"
#include "lib/string.h"

enum { PAGE = 4096, MIB = 0x100000, RAM = 1 };

/* Room for what any of the kernels is told: fixed parts; for each range of memory; for each text,
 * what describes it. */
enum { FIXED_ROOM = 256, RANGE_ROOM = 24, TEXT_ROOM = 32 };

struct ram {
    uint64_t start, length;
    uint32_t type, next;
} __attribute__((packed, aligned(4)));

static __attribute__((noinline)) uint32_t text_room(const char *name, const char *arguments)
{
    return TEXT_ROOM + strlen(name) + strlen(arguments);
}

int handover_add(struct plan *plan, uint32_t magic)
{
    const struct boot_file *file = plan->file;
    const struct module *module = file->modules;
    uint32_t room = FIXED_ROOM + file->ram->count * RANGE_ROOM + text_room(file->name, file->args);

    plan->part = (struct plan_copy){.what = "module %u"};
    for (unsigned i = 0; i < file->module_count; i++, module++) {
        plan->part.number++;
        plan->part.from = (struct memory_block){(uintptr_t)module->data, module->length};
        plan->part.to.length = module->length;
        /* Kernels look for modules near themselves, and may not reach the top of memory. */
        plan->part.to.start = (plan->end + PAGE - 1) & ~(PAGE - 1u);
        if (!memory_map_holds(plan->map, (uint32_t)plan->part.to.start, module->length))
            plan_place(plan, UINT32_MAX, PAGE);
        plan->detail[i] = (uint32_t)plan->part.to.start;
        plan_add(plan);
        room += text_room(module->name, module->arguments);
    }
    plan->part = (struct plan_copy){.to.length = room, .what = "information", .clear = true};
    plan_place(plan, 0xa0000, 16);
    plan_add(plan);
    plan->entry.kind = ENTRY_CALL_32;
    plan->entry.eax = magic;
    plan->entry.argument[0] = plan->part.to.start;
    return plan_enter(plan, plan->entry.flat);
}

uint32_t *handover_memory(const struct plan *plan, uint32_t *to, unsigned stride, uint32_t next)
{
    const struct memory_map *map = plan->file->ram;

    for (unsigned i = 0; i < map->count; i++, to += stride / 4) {
        const struct memory_range *range = &map->range[i];
        uint64_t start = i ? range->start : 0; /* page 0 is RAM, too */

        *(struct ram *)to = (struct ram){start, range->end - start, RAM, next};
    }
    return to;
}

void handover_sizes(const struct plan *plan, uint32_t kilobytes[2])
{
    const struct memory_map *map = plan->file->ram;

    kilobytes[0] = (uint32_t)map->range[0].end / 1024;
    kilobytes[1] = (memory_map_end(map, MIB) - MIB) / 1024;
}

char *handover_text(char *to, const char *name, const char *arguments)
{
    return to + 1 + print_format(to, UINT32_MAX, *arguments ? "%S %S" : "%S", name, arguments);
}
