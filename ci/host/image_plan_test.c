/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding memory for the parts of a boot file, and moving them without spoiling one with another.
 */
#include <stdlib.h>

#include "image_machine.h"

enum { MIB = 0x100000 };

static const struct memory_map split = {
    4, {{0x1000, 0x9f000}, {MIB, 0xf00000}, {0x1000000, 0x7fe0000}, {0x100000000, 0x200000000}}};

static struct plan_copy part(uint32_t to, uint32_t room, const void *from, uint32_t length,
                             unsigned number)
{
    return (struct plan_copy){{to, room}, {(uintptr_t)from, length}, "segment %u", number, true};
}

static int add(struct plan *plan, uint32_t to, uint32_t room)
{
    plan->part = part(to, room, NULL, 0, plan->count + 1);
    plan->error = 0;
    plan_add(plan);
    return plan->error;
}

TEST(map)
{
    static const struct memory_map past_4gib = {1, {{0xf0000000, 0x123456000}}};

    CHECK(memory_map_end(&split, MIB) == 0xf00000);
    CHECK(memory_map_end(&split, 0xf00000) == 0xf00000);
    CHECK(memory_map_end(&split, 0) == 0);
    CHECK(memory_map_end(&past_4gib, 0xf0001000) == 0xfffff000);
    CHECK(memory_map_holds(&split, 0x1000, 0x9e000));
    CHECK(!memory_map_holds(&split, 0x1000, 0x9e001));
    CHECK(!memory_map_holds(&split, 0xfff, 2));
    CHECK(!memory_map_holds(&split, 0xeffffe, 0x100003));
    CHECK(!memory_map_holds(&split, 0x7fdffff, 0xffffffff));
}

TEST(add)
{
    static struct plan plan;

    plan_start(&plan, NULL, &split);
    CHECK(add(&plan, 0x9f000, 0) == 0 && plan.count == 0);
    CHECK(add(&plan, 0x10000, 0x1000) == 0);
    CHECK(add(&plan, 0x11000, 0x8e000) == 0);
    CHECK_PROBLEM(add(&plan, 0x10fff, 1), E_BAD_IMAGE,
                  "segment 3 (10fff+1) overlaps segment 1 (10000+1000)");
    CHECK_PROBLEM(add(&plan, 0xf000, 0x90000), E_BAD_IMAGE,
                  "segment 3 (f000+90000) overlaps segment 1 (10000+1000)");
    CHECK_PROBLEM(add(&plan, 0xe00000, 0x200000), E_OVERLAP,
                  "segment 3 (e00000+200000): f00000 is not free memory");
    CHECK_PROBLEM(add(&plan, 0xa0000, 1), E_OVERLAP,
                  "segment 3 (a0000+1): a0000 is not free memory");
    CHECK_PROBLEM(add(&plan, 0xfffff000, 0x2000), E_OVERLAP,
                  "segment 3 (fffff000+2000): fffff000 is not free memory");
    CHECK_PROBLEM(add(&plan, 0x7fd0000, 0xfffffff0), E_OVERLAP,
                  "segment 3 (7fd0000+fffffff0): 7fe0000 is not free memory");
    CHECK(plan.count == 2);
}

/* Once something is wrong, nothing is added, and what else is wrong is not noted. */
TEST(first_error)
{
    static struct plan plan;

    plan_start(&plan, NULL, &split);
    CHECK(add(&plan, 0x10000, 0x1000) == 0 && plan.end == 0x11000);
    plan.part = part(0xa0000, 16, NULL, 0, 2);
    plan_add(&plan);
    CHECK_PROBLEM(plan.error, E_OVERLAP, "segment 2 (a0000+10): a0000 is not free memory");
    plan.part = part(0x20000, 16, NULL, 0, 3);
    plan_add(&plan);
    plan_place(&plan, 0x1000, 16);
    CHECK_PROBLEM(plan_order(&plan), E_OVERLAP, "segment 2 (a0000+10): a0000 is not free memory");
    CHECK(plan_enter(&plan, 0x10fff) == E_OVERLAP);
    CHECK(plan.count == 1 && plan.end == 0x11000);
    plan.error = 0;
    CHECK(plan_enter(&plan, 0x10fff) == 0);
    CHECK_PROBLEM(plan_enter(&plan, 0x11000), E_BAD_IMAGE, "entry 11000 is in no segment");
}

TEST(place)
{
    static struct plan plan;

    plan_start(&plan, NULL, &split);
    plan.part = part(0, 0x1000, NULL, 0, 1);
    plan_place(&plan, 0xa0000, 16);
    CHECK(!plan.error && plan.part.to.start == 0x9e000);
    plan.part.to.length = 0x9e001;
    plan_place(&plan, 0xa0000, 16);
    CHECK_PROBLEM(plan.error, E_NO_MEMORY, "segment 1 (0+9e001) has no room below a0000");
}

TEST(file)
{
    static const struct boot_file file = {.data = (const uint8_t *)"0123456789", .length = 10};
    static const uint32_t bad[][2] = {{11, 0},         {10, 1},         {0, 11},
                                      {1, 0xffffffff}, {0xffffffff, 2}, {0xffffffff, 1}};
    static struct plan plan;

    for (uint32_t at = 0; at <= 10; at++) {
        plan_start(&plan, &file, &split);
        plan.part = part(0x10000, 16, NULL, 0, 1);
        plan_file(&plan, at, 10 - at);
        plan_add(&plan);
        CHECK(!plan.error && plan.copy[0].from.start == (uintptr_t)file.data + at);
    }
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        plan_start(&plan, &file, &split);
        plan.part = part(0x10000, 16, NULL, 0, 1);
        plan_file(&plan, bad[i][0], bad[i][1]);
        CHECK_PROBLEM(plan.error, E_SHORT_FILE,
                      "segment 1 (10000+10) is not all in the file of a bytes");
    }
    plan_start(&plan, &file, &split);
    plan.part = part(0x10000, 9, NULL, 0, 1);
    plan_file(&plan, 0, 10);
    plan_add(&plan);
    CHECK_PROBLEM(plan.error, E_BAD_IMAGE, "segment 1 (10000+9) has a bytes of file");
}

TEST(too_many)
{
    static struct plan plan;

    plan_start(&plan, NULL, &split);
    for (unsigned i = 0; i < PLAN_COPIES_MAX; i++)
        CHECK(add(&plan, MIB + i * 16, 16) == 0);
    CHECK_PROBLEM(add(&plan, 0x2000, 16), E_BAD_IMAGE, "segment 81 (2000+10): too many");
}

TEST(room)
{
    static struct plan plan;

    plan_start(&plan, NULL, &split);
    CHECK(plan_room(&plan, 0x1000, 0xffffffff, 4096) == 0x7fdf000);
    CHECK(plan_room(&plan, 0x1001, 0xffffffff, 4096) == 0x7fde000);
    CHECK(plan_room(&plan, 0x6fe0000, 0xffffffff, 4096) == 0x1000000);
    CHECK(plan_room(&plan, 0x6fe0001, 0xffffffff, 4096) == 0);
    CHECK(plan_room(&plan, 0x1000, 0x1000800, 4096) == 0xeff000);
    CHECK(plan_room(&plan, 0xe01000, 0x1000000, 1) == 0);
    CHECK(plan_room(&plan, 0xf000, 0xa0000, 16) == 0x90000);
    CHECK(plan_room(&plan, 0x9e001, 0xa0000, 16) == 0);
    CHECK(add(&plan, 0x7fd0000, 0x10000) == 0);
    CHECK(plan_room(&plan, 0x10, 0xffffffff, 16) == 0x7fcfff0);
    CHECK(add(&plan, 0x7fc8000, 0x1000) == 0);
    CHECK(plan_room(&plan, 0x7000, 0xffffffff, 16) == 0x7fc9000);
    CHECK(plan_room(&plan, 0x7001, 0xffffffff, 16) == 0x7fc0ff0);
    CHECK(plan_room(&plan, 0x100000, 0xffffffff, 0x200000) == 0x7e00000);
    CHECK(plan_room(&plan, 0x1000, 0xffffffff, 0) == 0);
}

/* Fill in the copies, order and place them; then every part must be what its source was. */
static void move(unsigned count, const uint32_t (*spans)[3], const struct memory_map *map,
                 int expected)
{
    static struct plan plan;
    uint8_t *before[PLAN_COPIES_MAX];

    plan_start(&plan, NULL, map);
    for (unsigned i = 0; i < count; i++) {
        plan.part =
            part(spans[i][0], spans[i][2] + i % 3 * 8, memory_at(spans[i][1]), spans[i][2], i + 1);
        before[i] = malloc(plan.part.to.length);
        memset(before[i], 0, plan.part.to.length);
        memcpy(before[i], memory_at(spans[i][1]), spans[i][2]);
        plan_add(&plan);
        CHECK(!plan.error);
    }
    CHECK(plan_order(&plan) == expected);
    if (!expected)
        image_place(&plan);
    for (unsigned i = 0; i < count; i++) {
        if (!expected)
            CHECK_BYTES(memory_at(spans[i][0]), before[i], spans[i][2] + i % 3 * 8);
        free(before[i]);
    }
    if (expected)
        CHECK_PROBLEM(expected, E_NO_MEMORY, "no spare 10000 bytes to sort the parts");
}

TEST(moves)
{
    struct memory_map map = free_memory();
    struct memory_map tight = {1, {{0x200000, 0x220018}}};
    const uint32_t apart[][3] = {{0x200000, 0x300000, 0x1000}, {0x300000, 0x400000, 0x1000}};
    const uint32_t chain[][3] = {{0x300000, 0x200000, 0x10000},
                                 {0x400000, 0x300000, 0x10000},
                                 {0x500000, 0x400000, 0x10000}};
    const uint32_t self[][3] = {{0x200100, 0x200000, 0x10000}, {0x2fff00, 0x300000, 0x10000}};
    const uint32_t swap[][3] = {{0x200000, 0x210008, 0x10000}, {0x210008, 0x200000, 0x10000}};
    const uint32_t ring[][3] = {
        {0x200000, 0x210000, 0x8000}, {0x210000, 0x220000, 0x8000}, {0x220000, 0x200000, 0x8000}};

    fill_random(memory_at(0x200000), 0x400000);
    move(2, apart, &map, 0);
    move(3, chain, &map, 0);
    move(2, self, &map, 0);
    move(2, swap, &map, 0);
    move(3, ring, &map, 0);
    move(2, swap, &tight, E_NO_MEMORY);
}

/* A file cut in pieces, which go to random places in and around it. */
TEST(random_moves)
{
    struct memory_map map = {1, {{0x200000, 0x240000}}};

    for (unsigned round = 0; round < 3000; round++) {
        unsigned count = 2 + next_random() % 12, size = 0x10000 / count;
        uint32_t file = 0x200000 + next_random() % 0x10000, to = 0x200000 + next_random() % 0x1000;
        uint32_t spans[16][3];

        fill_random(memory_at(file), count * size);
        for (unsigned i = 0; i < count; i++, to += size + 16 + next_random() % 0x400) {
            spans[i][0] = to;
            spans[i][1] = file + i * size;
            spans[i][2] = size - next_random() % 100;
        }
        for (unsigned i = count; i-- > 1;) {
            unsigned other = next_random() % (i + 1);
            uint32_t source = spans[i][1];

            spans[i][1] = spans[other][1];
            spans[other][1] = source;
        }
        move(count, (const uint32_t(*)[3])spans, &map, 0);
    }
}
