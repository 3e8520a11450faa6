/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot sectors: what is one, and how it is entered. */
#include "image_machine.h"

enum { SECTOR = 512 };

static const struct dhcp_lease lease;
static struct plan plan;

TEST(recognise)
{
    _Alignas(uint16_t) uint8_t data[SECTOR + 1] = {[510] = 0x55, 0xaa};

    CHECK(sector_image.recognise(data, SECTOR));
    CHECK(!sector_image.recognise(data, SECTOR - 1));
    CHECK(!sector_image.recognise(data, SECTOR + 1));
    CHECK(!sector_image.recognise(data, 0));
    data[511] = 0x55;
    CHECK(!sector_image.recognise(data, SECTOR));
}

TEST(enter)
{
    uint8_t *data = memory_at(0x3000000);
    static const struct memory_map map = {1, {{0x7000, 0x9f000}}};
    static const struct memory_map taken = {1, {{0x7000, 0x7dff}}};
    struct boot_file file = {.data = data, .length = SECTOR, .name = "mbr", .bootp = rm_buffer};

    fill_random(data, SECTOR);
    CHECK(sector_image.check(&file, &map, &plan) == 0 && plan.count == 1);
    CHECK(plan.copy[0].to.start == 0x7c00 && plan.copy[0].from.start == (uintptr_t)data);
    plan.copy[0].to.start = 0x27c00; /* page 7 is not here */
    if (!setjmp(machine.left)) {
        enter_image(&sector_image, &plan, &lease);
        CHECK(!"it does not return");
    }
    CHECK_BYTES(memory_at(0x27c00), data, SECTOR);
    CHECK(machine.jump.entry.segment == 0 && machine.jump.entry.offset == 0x7c00);
    CHECK(machine.jump.ss == 0 && machine.jump.sp == 0x7c00);
    CHECK(machine.jump.regs.ds == 0 && machine.jump.regs.es == 0);
    CHECK_EQUAL(machine.jump.regs.edx & 0xff, 0x80);
    CHECK_PROBLEM(sector_image.check(&file, &taken, &plan), E_OVERLAP,
                  "sector (7c00+200): 7dff is not free memory");
}
