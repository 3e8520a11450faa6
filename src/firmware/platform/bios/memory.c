/* SPDX-License-Identifier: BSD-2-Clause */
/* INT 15h memory maps (ACPI 6.0 section 15.1). */
#include "platform/bios/memory.h"

#include "lib/string.h"
#include "platform/bios/realmode.h"

enum { E820_RAM = 1, SMAP = 0x534d4150, BASE_START = 0x1000, MIB = 1 << 20 };

struct e820_entry {
    uint64_t base, length;
    uint32_t type, attributes;
};

/* Insert start..end in order, joined with what it touches. */
static void add(struct memory_map *map, uint64_t start, uint64_t end)
{
    unsigned at = 0, gone = 0;

    while (at < map->count && map->range[at].end < start)
        at++;
    while (at + gone < map->count && map->range[at + gone].start <= end) {
        const struct memory_range *r = &map->range[at + gone++];

        if (r->start < start)
            start = r->start;
        if (r->end > end)
            end = r->end;
    }
    if (start >= end || map->count - gone >= MEMORY_RANGES_MAX)
        return;
    memmove(&map->range[at + 1], &map->range[at + gone],
            (map->count - at - gone) * sizeof(map->range[0]));
    map->range[at] = (struct memory_range){start, end};
    map->count += 1 - gone;
}

void memory_reserve(struct memory_map *map, uint64_t start, uint64_t end)
{
    struct memory_map old = *map;

    map->count = 0;
    for (unsigned i = 0; i < old.count; i++) {
        const struct memory_range *r = &old.range[i];

        if (r->start < start)
            add(map, r->start, r->end < start ? r->end : start);
        if (r->end > end)
            add(map, r->start > end ? r->start : end, r->end);
    }
}

static void read_e820(struct memory_map *map, struct memory_map *reserved)
{
    struct e820_entry *e = (struct e820_entry *)rm_buffer;
    struct far_pointer buffer = rm_far(e);
    uint32_t continuation = 0;

    for (unsigned n = 0; n < 128; n++) {
        struct rm_regs regs = {.eax = 0xe820,
                               .ebx = continuation,
                               .ecx = sizeof(*e),
                               .edx = SMAP,
                               .edi = buffer.offset,
                               .es = buffer.segment};

        e->attributes = 1;
        rm_interrupt(0x15, &regs);
        if ((regs.flags & FLAG_CARRY) || regs.eax != SMAP || regs.ecx < 20)
            return;
        if (!(regs.ecx >= 24 && !(e->attributes & 1)))
            add(e->type == E820_RAM ? map : reserved, e->base, e->base + e->length);
        continuation = regs.ebx;
        if (!continuation)
            return;
    }
}

/* BIOSes without E820: kilobytes from 1 MiB to 16 MiB and 64 KiB blocks above, or kilobytes above 1
 * MiB alone. */
static void read_e801(struct memory_map *map)
{
    struct rm_regs regs = {.ax = 0xe801};

    add(map, BASE_START, *(volatile uint16_t *)0x413 * 1024u);
    rm_interrupt(0x15, &regs);
    if (!(regs.flags & FLAG_CARRY)) {
        uint16_t low = regs.cx ? regs.cx : regs.ax, high = regs.dx ? regs.dx : regs.bx;

        add(map, MIB, MIB + low * 1024u);
        add(map, 16 * MIB, 16 * MIB + high * 65536ULL);
        return;
    }
    regs = (struct rm_regs){.ax = 0x8800};
    rm_interrupt(0x15, &regs);
    if (!(regs.flags & FLAG_CARRY))
        add(map, MIB, MIB + regs.ax * 1024u);
}

void memory_read(struct memory_map *map)
{
    struct memory_map reserved = {.count = 0};

    map->count = 0;
    read_e820(map, &reserved);
    if (!map->count)
        read_e801(map);
    for (unsigned i = 0; i < reserved.count; i++)
        memory_reserve(map, reserved.range[i].start, reserved.range[i].end);
    memory_reserve(map, 0, BASE_START);
    memory_reserve(map, 0xa0000, MIB);
}
