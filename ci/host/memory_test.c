/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory maps as BIOSes report them, sane and otherwise. */
#include <string.h>

#include "check.h"
#include "platform/bios/memory.h"
#include "platform/bios/realmode.h"

#define GIB (1ULL << 30)
enum { RAM = 1, RESERVED = 2, MIB = 1 << 20, CARRY = FLAG_CARRY };

struct entry {
    uint64_t base, length;
    uint32_t type, attributes;
} __attribute__((packed));

static uint8_t buffer[RM_BUFFER_SIZE];
uint8_t *rm_buffer = buffer;
struct rm_header *rm_base;
static const struct entry *entries;
static unsigned count, calls;
static bool endless;

/* The far pointer has no meaning here: there is one buffer only. */
void rm_interrupt(uint8_t vector, struct rm_regs *regs)
{
    CHECK(vector == 0x15 && regs->eax == 0xe820);
    calls++;
    if (!count) {
        regs->flags |= CARRY;
        return;
    }
    memcpy(rm_buffer, &entries[regs->ebx % count], sizeof(*entries));
    regs->eax = 0x534d4150;
    regs->ecx = sizeof(*entries);
    regs->flags &= (uint16_t)~CARRY;
    regs->ebx = regs->ebx + 1 < count || endless ? regs->ebx + 1 : 0;
}

static struct memory_map read_map(const struct entry *list, unsigned length)
{
    struct memory_map map;
    uint64_t last = 0;

    entries = list;
    count = length;
    calls = 0;
    memory_read(&map);
    CHECK(map.count <= MEMORY_RANGES_MAX);
    for (unsigned i = 0; i < map.count; i++) {
        CHECK(map.range[i].start >= (i ? last + 1 : 0x1000) &&
              map.range[i].start < map.range[i].end);
        last = map.range[i].end;
    }
    return map;
}

/* Where the firmware goes. */
static uint32_t memory_highest(const struct memory_map *map, uint32_t size)
{
    static struct plan plan;

    plan_start(&plan, NULL, map);
    return plan_room(&plan, size, UINT32_MAX, 4096);
}

TEST(usual)
{
    static const struct entry list[] = {{0, 0x9fc00, RAM, 1},
                                        {0x9fc00, 0x400, RESERVED, 1},
                                        {0xf0000, 0x10000, RESERVED, 1},
                                        {MIB, 127 * MIB, RAM, 1},
                                        {0xfffc0000, 0x40000, RESERVED, 1}};
    struct memory_map map = read_map(list, 5);

    CHECK(map.count == 2 && map.range[0].start == 0x1000 && map.range[0].end == 0x9fc00);
    CHECK(map.range[1].start == MIB && map.range[1].end == 128 * MIB);
    CHECK(memory_highest(&map, 0x12345) == 128 * MIB - 0x13000);
    CHECK(memory_highest(&map, 127 * MIB) == MIB && memory_highest(&map, 127 * MIB + 1) == 0);
}

/* RAM up to 4 GiB and beyond: what is placed at its top ends below, so that its end fits 32 bits.
 */
TEST(up_to_4_gib)
{
    static const struct entry to[] = {{0, 0xa0000, RAM, 1}, {MIB, 4 * GIB - MIB, RAM, 1}};
    static const struct entry past[] = {{0, 0xa0000, RAM, 1}, {MIB, 8 * GIB, RAM, 1}};
    static const struct entry apart[] = {{MIB, 16 * MIB, RAM, 1}, {4 * GIB, 4 * GIB, RAM, 1}};
    static const uint32_t sizes[] = {1, 0x1000, 0x60000, 0x61000, 0x7ffff000};

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct memory_map map = read_map(i % 2 ? to : past, 2);
        uint32_t at = memory_highest(&map, sizes[i]);

        CHECK(at && !(at & 0xfff) && at + sizes[i] > at);
        memory_reserve(&map, at, at + sizes[i]);
        CHECK(memory_highest(&map, sizes[i]) < at);
    }
    struct memory_map map = read_map(apart, 2);
    CHECK(memory_highest(&map, 0x1000) == 17 * MIB - 0x1000);
}

/* Lengths that wrap, nothing, one range many times, more ranges than there is room for, no end. */
TEST(strange)
{
    static const struct entry wraps[] = {
        {MIB, 15 * MIB, RAM, 1}, {~0ULL - 0xfff, 0x3000, RAM, 1}, {2 * MIB, ~0ULL, RAM, 1}};
    static const struct entry nothing[] = {{MIB, 0, RAM, 1}, {8 * MIB, MIB, RAM, 0}};
    static struct entry many[200];
    struct memory_map map = read_map(wraps, 3);

    CHECK(map.count == 1 && map.range[0].start == MIB && map.range[0].end == 16 * MIB);
    CHECK(
        read_map((const struct entry[]){nothing[0], {4 * MIB, MIB, RAM, 1}, nothing[1]}, 3).count ==
        1);
    for (unsigned i = 0; i < 200; i++)
        many[i] = (struct entry){MIB + (uint64_t)(i * 37 % 200) * 2 * MIB, MIB, RAM, 1};
    map = read_map(many, 200);
    CHECK(calls <= 128 && map.count > 32);
    endless = true;
    map = read_map(wraps, 1);
    CHECK(calls <= 128 && map.count == 1);
    endless = false;
}

TEST(reserve)
{
    struct memory_map map = {2, {{0x1000, 0x9f000}, {MIB, 8 * GIB}}};

    memory_reserve(&map, 2 * MIB, 3 * MIB);
    CHECK(map.count == 3 && map.range[1].end == 2 * MIB && map.range[2].start == 3 * MIB);
    memory_reserve(&map, 0, 3 * MIB);
    CHECK(map.count == 1);
    memory_reserve(&map, 4 * GIB, 4 * GIB);
    CHECK(map.count == 1 && map.range[0].end == 8 * GIB);
    memory_reserve(&map, 0, ~0ULL);
    CHECK(map.count == 0 && memory_highest(&map, 1) == 0);
}
