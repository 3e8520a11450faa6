/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the parts of a boot file go: checking, finding room, and the order of the moves. */
#include "image/image.h"

#include "lib/print.h"
#include "lib/string.h"

#define ADDRESS_LIMIT 0xfffff000u

uint32_t memory_map_clip(const uint64_t *address)
{
    return *address < ADDRESS_LIMIT ? (uint32_t)*address : ADDRESS_LIMIT;
}

uint32_t memory_map_end(const struct memory_map *map, uint32_t address)
{
    const struct memory_range *range = map->range;

    for (unsigned i = map->count; i--; range++)
        if (memory_map_clip(&range->start) <= address && memory_map_clip(&range->end) > address)
            return memory_map_clip(&range->end);
    return address;
}

bool memory_map_holds(const struct memory_map *map, uint32_t start, uint32_t length)
{
    return length <= memory_map_end(map, start) - start;
}

void plan_start(struct plan *plan, const struct boot_file *file, const struct memory_map *map)
{
    memset(plan, 0, sizeof(*plan));
    plan->file = file;
    plan->map = map;
}

int plan_fail(struct plan *plan, int error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (!plan->error)
        print_vformat(plan->problem, sizeof(plan->problem), format, args);
    va_end(args);
    if (!plan->error)
        plan->error = error;
    return plan->error;
}

/* "segment 2 (10000+200)": a part, its address and size. */
static void describe(const struct plan_copy *part, char text[40])
{
    int length = print_format(text, 40, part->what, part->number);

    print_format(text + length, 40 - length, " (%x+%x)", (uint32_t)part->to.start, part->to.length);
}

/* The format begins with the part's description. */
static void refuse(struct plan *plan, int error, const char *format, uintptr_t value)
{
    char text[40];

    describe(&plan->part, text);
    plan_fail(plan, error, format, text, value);
}

bool memory_overlap(const struct memory_block *a, const struct memory_block *b)
{
    return a->length && b->length && a->start < b->start + b->length &&
           b->start < a->start + a->length;
}

void plan_file(struct plan *plan, uint32_t offset, uint32_t length)
{
    uint32_t file = (uint32_t)plan->file->length;

    plan->part.from = (struct memory_block){(uintptr_t)plan->file->data + offset, length};
    if (offset > file || length > file - offset)
        refuse(plan, E_SHORT_FILE, "%s is not all in the file of %x bytes", file);
}

void plan_add(struct plan *plan)
{
    const struct plan_copy *part = &plan->part;
    uint32_t start = (uint32_t)part->to.start, end = start + part->to.length;
    char text[40];

    if (part->from.length > part->to.length)
        refuse(plan, E_BAD_IMAGE, "%s has %x bytes of file", part->from.length);
    if (!part->to.length || plan->error)
        return;
    if (!memory_map_holds(plan->map, start, part->to.length))
        refuse(plan, E_OVERLAP, "%s: %x is not free memory", memory_map_end(plan->map, start));
    for (unsigned i = 0; i < plan->count; i++) {
        if (!memory_overlap(&part->to, &plan->copy[i].to))
            continue;
        describe(&plan->copy[i], text);
        refuse(plan, E_BAD_IMAGE, "%s overlaps %s", (uintptr_t)text);
    }
    if (plan->count == PLAN_COPIES_MAX)
        refuse(plan, E_BAD_IMAGE, "%s: too many", 0);
    if (plan->error)
        return;
    plan->copy[plan->count++] = *part;
    if (plan->end < end)
        plan->end = end;
}

/* Start of something the plan uses in the block; 0 when all of that is unused. */
static uint32_t in_the_way(const struct plan *plan, const struct memory_block *block)
{
    const struct plan_copy *part = plan->copy;

    for (unsigned i = plan->count; i--; part++) {
        if (memory_overlap(block, &part->to))
            return (uint32_t)part->to.start;
        if (plan->ordering && memory_overlap(block, &part->from))
            return (uint32_t)part->from.start;
    }
    return 0;
}

/* Highest place in low..end. */
static uint32_t room_in(const struct plan *plan, uint32_t low, uint32_t end, uint32_t length,
                        uint32_t align)
{
    struct memory_block block = {.length = length};

    while (end >= low && end - low >= length) {
        block.start = (end - length) & -align;
        if (block.start < low)
            break;
        end = in_the_way(plan, &block);
        if (!end)
            return (uint32_t)block.start;
    }
    return 0;
}

uint32_t plan_room(const struct plan *plan, uint32_t length, uint32_t high, uint32_t align)
{
    uint32_t floor = high > 0x100000 ? 0x100000 : 1;
    uint32_t found = 0;

    for (unsigned i = plan->map->count; i-- && !found;) {
        uint32_t low = memory_map_clip(&plan->map->range[i].start);
        uint32_t end = memory_map_clip(&plan->map->range[i].end);

        found = room_in(plan, low > floor ? low : floor, end < high ? end : high, length, align);
    }
    return found;
}

void plan_place(struct plan *plan, uint32_t high, uint32_t align)
{
    plan->part.to.start = plan_room(plan, plan->part.to.length, high, align);
    if (!plan->part.to.start)
        refuse(plan, E_NO_MEMORY, "%s has no room below %x", high);
}

/* True when, among the parts from `next` on, `part` overwrites another one's source; or, as_reader,
 * when another one overwrites its source. */
static bool in_conflict(const struct plan *plan, unsigned next, const struct plan_copy *part,
                        bool as_reader)
{
    for (const struct plan_copy *other = plan->copy + next; other < plan->copy + plan->count;
         other++)
        if (other != part && (as_reader ? memory_overlap(&other->to, &part->from)
                                        : memory_overlap(&part->to, &other->from)))
            return true;
    return false;
}

/* All parts from `next` on wait for each other: split the smallest source that is in the way off to
 * spare memory. Returns that step, which has to be the next one. */
static struct plan_copy *detour(struct plan *plan, unsigned next)
{
    struct plan_copy *end = plan->copy + plan->count, *small = end;
    uint32_t length = 0xffffffff, spare;

    for (struct plan_copy *part = plan->copy + next; part < end; part++) {
        if (in_conflict(plan, next, part, true) && part->from.length < length) {
            small = part;
            length = part->from.length;
        }
    }
    spare = plan_room(plan, length, ADDRESS_LIMIT, 16);
    if (!spare || plan->count == PLAN_COPIES_MAX) {
        plan_fail(plan, E_NO_MEMORY, "no spare %x bytes to sort the parts", length);
        return NULL;
    }
    *end = *small;
    plan->count++;
    small->to.length = length;
    small->to.start = end->from.start = spare;
    return small;
}

int plan_order(struct plan *plan)
{
    plan->ordering = true;
    for (unsigned i = 0; i < plan->count; i++)
        if (!plan->copy[i].clear)
            plan->copy[i].to.length = plan->copy[i].from.length;
    for (unsigned next = 0; next < plan->count; next++) {
        struct plan_copy *part = plan->copy + next, *end = plan->copy + plan->count;
        struct plan_copy step;

        while (part < end && in_conflict(plan, next, part, false))
            part++;
        if (part == end)
            part = detour(plan, next);
        if (!part)
            break;
        step = *part;
        *part = plan->copy[next];
        plan->copy[next] = step;
    }
    return plan->error;
}

int plan_enter(struct plan *plan, uint32_t entry)
{
    for (const struct plan_copy *part = plan->copy; part < plan->copy + plan->count; part++)
        if (entry - part->to.start < part->to.length)
            return plan_order(plan);
    return plan_fail(plan, E_BAD_IMAGE, "entry %x is in no segment", entry);
}

void image_place(const struct plan *plan)
{
    for (const struct plan_copy *part = plan->copy; part < plan->copy + plan->count; part++) {
        uint8_t *to = (uint8_t *)part->to.start;

        if (part->from.length)
            memmove(to, (const void *)part->from.start, part->from.length);
        memset(to + part->from.length, 0, part->to.length - part->from.length);
    }
}
