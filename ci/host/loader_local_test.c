/* SPDX-License-Identifier: BSD-2-Clause */
/* Booting from a drive: what is asked of the BIOS, and what the boot sector is given. */
#include <stdio.h>
#include <string.h>

#include "fake_boot.h"
#include "loader/command.h"
#include "loader/local.h"

enum { BOOT_SECTOR = LOW_MEMORY + 0x7c00 };

static unsigned fails, reads, resets; /* reads that fail before one works */
static uint8_t asked;
static uint16_t signature;

static void disk(uint8_t vector, struct rm_regs *regs)
{
    uint8_t *to = (uint8_t *)(uintptr_t)(regs->es * 16u + regs->bx);

    CHECK_EQUAL(vector, 0x13);
    asked = regs->dl;
    regs->flags = 0;
    if (!regs->ah) {
        resets++;
        return;
    }
    CHECK_EQUAL(regs->ax, 0x0201);
    CHECK_EQUAL(regs->cx, 1);
    CHECK_EQUAL(regs->dh, 0);
    CHECK(to == rm_buffer);
    if (reads++ < fails) {
        regs->flags = FLAG_CARRY;
        return;
    }
    memset(to, 0x5a, 510);
    memcpy(to + 510, &signature, 2);
}

static void start(const char *name, unsigned failures, uint16_t ends_with)
{
    fake_boot_case(name);
    fake.on_interrupt = disk;
    fails = failures;
    signature = ends_with;
    reads = resets = 0;
}

TEST(boot)
{
    for (unsigned failures = 0; failures < 3; failures++) {
        start("a drive, at once or late", failures, 0xaa55);
        fake.services = true;
        CHECK(FAKE_LEAVES(local_boot(0x81)));
        CHECK(!fake.next_device && !fake.services && !fake.is_open);
        CHECK_EQUAL(fake.jump.entry.segment * 16 + fake.jump.entry.offset, 0x7c00);
        CHECK_EQUAL(fake.jump.entry.segment, 0);
        CHECK_EQUAL(fake.jump.regs.dx, 0x81);
        CHECK_EQUAL(fake.jump.ss, 0);
        CHECK_EQUAL(fake.jump.sp, 0x7c00);
        CHECK_EQUAL(*(uint8_t *)BOOT_SECTOR, 0x5a);
        CHECK_BYTES((void *)(BOOT_SECTOR + 510), "\x55\xaa", 2);
        CHECK_EQUAL(reads, failures + 1);
        CHECK_EQUAL(resets, failures);
    }
    start("none", ~0u, 0xaa55);
    CHECK_EQUAL(local_boot(0x80), E_NO_DISK);
    CHECK_EQUAL(reads, 3);
    CHECK(fake.is_open);
    start("no boot sector", 0, 0x55aa);
    CHECK_EQUAL(local_boot(0x80), E_NO_DISK);
    CHECK(fake.is_open);
    start("services that stay", 0, 0xaa55);
    fake.services = fake.hooks_stay = true;
    CHECK_EQUAL(local_boot(0x80), E_NO_MEMORY);
    CHECK(fake.is_open);
}

static int line(const char *text)
{
    char copy[200];

    strcpy(copy, text);
    return command_line(&fake_boot, copy);
}

TEST(sanboot)
{
    static const struct {
        const char *line;
        int drive; /* or an error */
    } cases[] = {
        {"sanboot", 0x80},
        {"sanboot --drive 0x80", 0x80},
        {"sanboot --no-describe --drive 0x81", 0x81},
        {"sanboot --drive 0", 0},
        {"sanboot -d 0X00 -k", 0},
        {"sanboot -d 255", 255},
        {"sanboot --drive=0xfF", 255},
        {"sanboot -d 256", E_ARGUMENTS},
        {"sanboot -d 0x100", E_ARGUMENTS},
        {"sanboot -d 0x8000000080", E_ARGUMENTS},
        {"sanboot -d 0xg0", E_ARGUMENTS},
        {"sanboot -d 0x", E_ARGUMENTS},
        {"sanboot -d 80h", E_ARGUMENTS},
        {"sanboot -d -1", E_ARGUMENTS},
        {"sanboot -d disk", E_ARGUMENTS},
        {"sanboot --drive", E_ARGUMENTS},
        {"sanboot http://10.0.0.1/x.iso", E_UNSUPPORTED},
        {"sanboot --drive 0x80 iscsi:10.0.0.1::::iqn", E_UNSUPPORTED},
    };
    static unsigned i; /* setjmp() keeps no registers */
    static int error;

    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        start(cases[i].line, 0, 0xaa55);
        CHECK_EQUAL(FAKE_LEAVES(error = line(cases[i].line)), cases[i].drive >= 0);
        CHECK_EQUAL(cases[i].drive < 0 ? error : asked, cases[i].drive);
        CHECK_EQUAL(reads, cases[i].drive >= 0);
    }
}
