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

/* Append a range, unless it is empty or one too many. */
static __attribute__((noinline)) void append(struct memory_map *map, uint64_t start, uint64_t end)
{
    if (start < end && map->count < MEMORY_RANGES_MAX)
        map->range[map->count++] = (struct memory_range){start, end};
}

static struct memory_map old;

/* Insert start..end in order, joined with what it touches. */
static void add(struct memory_map *map, uint64_t start, uint64_t end)
{
    old = *map;
    map->count = 0;
    for (const struct memory_range *r = old.range; r < old.range + old.count; r++) {
        if (r->end < start) {
            append(map, r->start, r->end);
            continue;
        }
        if (r->start > end) { /* what is inserted from now on is this one */
            append(map, start, end);
            start = r->start;
            end = r->end;
        }
        if (r->start < start)
            start = r->start;
        if (r->end > end)
            end = r->end;
    }
    append(map, start, end);
}

void memory_reserve(struct memory_map *map, uint64_t start, uint64_t end)
{
    if (start >= end)
        return;
    old = *map;
    map->count = 0;
    for (const struct memory_range *r = old.range; r < old.range + old.count; r++) {
        append(map, r->start, r->end < start ? r->end : start);
        append(map, r->start > end ? r->start : end, r->end);
    }
}

static void read_e820(struct memory_map *map, struct memory_map *reserved)
{
    struct e820_entry *e = (struct e820_entry *)rm_buffer;
    struct far_pointer buffer = rm_far(e);
    struct rm_regs regs = {.ebx = 0};
    unsigned left = 128;

    do {
        regs.eax = 0xe820;
        regs.ecx = sizeof(*e);
        regs.edx = SMAP;
        regs.edi = buffer.offset;
        regs.es = buffer.segment;
        e->attributes = 1; /* BIOSes with shorter entries leave this */
        rm_interrupt(0x15, &regs);
        if ((regs.flags & FLAG_CARRY) || regs.eax != SMAP)
            break;
        if (e->attributes & 1)
            add(e->type == E820_RAM ? map : reserved, e->base, e->base + e->length);
    } while (regs.ebx && --left);
}

/* BIOSes without E820: kilobytes from 1 MiB to 16 MiB and 64 KiB blocks above, or kilobytes above 1
 * MiB alone. */
static void read_e801(struct memory_map *map)
{
    struct rm_regs regs = {.ax = 0xe801};

    add(map, BASE_START, *(volatile uint16_t *)0x413 * 1024u);
    rm_interrupt(0x15, &regs);
    if (!(regs.flags & FLAG_CARRY)) {
        uint32_t low = regs.cx ? regs.cx : regs.ax, high = regs.dx ? regs.dx : regs.bx;

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
    static struct memory_map reserved;

    map->count = reserved.count = 0;
    add(&reserved, 0, BASE_START);
    add(&reserved, 0xa0000, MIB);
    read_e820(map, &reserved);
    if (!map->count)
        read_e801(map);
    for (const struct memory_range *r = reserved.range; reserved.count--; r++)
        memory_reserve(map, r->start, r->end);
}
