/* SPDX-License-Identifier: BSD-2-Clause */
/* Network bootstrap programs: what is taken for one, and the base memory that it may fill. */
#include <stdlib.h>

#include "image_machine.h"

enum { FILE_AT = 0x2000000, LARGEST = 0x9f000 - PXE_PROGRAM - PXE_BASE_MEMORY };

static struct boot_file file = {.name = "x.0", .args = "", .services = PXE_BASE_MEMORY};
static struct plan plan;

static int check_in(uint32_t base_end, size_t length)
{
    const struct memory_map map = {2, {{0x1000, base_end}, {HIGH_START, HIGH_END}}};

    file.data = memory_at(FILE_AT);
    file.length = length;
    return nbp_image.check(&file, &map, &plan);
}

TEST(room)
{
    CHECK(check_in(0x9f000, LARGEST) == 0);
    CHECK(plan.count == 1 && plan.copy[0].to.start == PXE_PROGRAM);
    CHECK(check_in(0x9f000, LARGEST + 1) == E_TOO_BIG);
    CHECK(strstr(plan.problem, "bytes, base memory has room for "));
}

/* A machine with so little base memory that our part of it reaches down to the program. */
TEST(no_room)
{
    static const uint32_t ends[] = {0x1000,
                                    PXE_PROGRAM,
                                    PXE_PROGRAM + 1,
                                    PXE_PROGRAM + PXE_BASE_MEMORY - 1,
                                    32 * 1024,
                                    PXE_PROGRAM + PXE_BASE_MEMORY,
                                    PXE_PROGRAM + PXE_BASE_MEMORY + 99};

    for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        CHECK(check_in(ends[i], 100) == E_TOO_BIG);
        CHECK(strstr(plan.problem, "100 bytes, base memory has room for ") == plan.problem);
        CHECK(atoi(strrchr(plan.problem, ' ')) < 100);
        CHECK(check_in(ends[i], 0x7ffffff0) == E_TOO_BIG);
    }
    CHECK(check_in(PXE_PROGRAM + PXE_BASE_MEMORY + 100, 100) == 0);
}

TEST(entry)
{
    static const struct dhcp_lease lease;

    file.bootp = rm_buffer;
    CHECK(check_in(0x9f000, 1) == 0);
    CHECK(!machine.installed && !machine.started);
    plan.count = 0; /* what has page 7C00h is not this machine's to write to */
    CHECK(enter_image(&nbp_image, &plan, &lease) == E_RETURNED);
    CHECK(machine.installed == 1 && machine.started == 1);
}

TEST(recognise)
{
    static const uint8_t code[16] = {0xea, 5, 0, 0xc0, 7}, zero[16], ones[16] = {0xff};
    static const uint8_t efi[16] = "MZ", text[] = "#!ipxe\r\n\tdhcp xy";
    static const uint8_t marked[] = "\xef\xbb\xbf#!ipxe\ndhcp\nboot";
    static const uint8_t gzip[16] = {0x1f, 0x8b, 8}, xz[16] = {0xfd, '7', 'z', 'X', 'Z'};

    CHECK(nbp_image.recognise(code, 16) && !nbp_image.recognise(code, 15));
    CHECK(!nbp_image.recognise(zero, 16) && !nbp_image.recognise(ones, 16));
    CHECK(!nbp_image.recognise(efi, 16) && !nbp_image.recognise(text, 16));
    CHECK(!nbp_image.recognise(marked, 16));
    CHECK(!nbp_image.recognise(gzip, 16) && !nbp_image.recognise(xz, 16));
}
