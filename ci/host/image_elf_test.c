/* SPDX-License-Identifier: BSD-2-Clause */
/* ELF files of both classes: where segments go, refusals, and Etherboot's boot notes. */
#include "image_kernel.h"
#include "lib/checksum.h"

enum { CLASS_32 = 1, CLASS_64 = 2, CODE = 0x1000, LENGTH = 0x3000, HEADERS = 64, CONTENT = 0x400 };

static struct boot_file file;
static unsigned word; /* bytes of an address */

/* Where a field of program header n is. */
static uint8_t *field(unsigned n, unsigned number)
{
    return memory_at(FILE_AT + HEADERS + n * 64 + number * word);
}

static void segment(unsigned n, uint32_t offset, uint32_t virtual, uint32_t address,
                    uint32_t length, uint32_t room)
{
    const uint32_t numbers[] = {offset, virtual, address, length, room};

    memset(memory_at(FILE_AT + HEADERS + n * 64), 0, 64);
    put(field(n, 0), 1, 4);
    for (unsigned i = 0; i < 5; i++)
        put(field(n, i + 1), numbers[i], 4);
}

/* A header, and three program headers, the second of which loads nothing. */
static uint8_t *program(unsigned class)
{
    uint8_t *data = new_file(&file, LENGTH);

    word = class * 4;
    memset(data, 0, HEADERS);
    memcpy(data,
           "\x7f"
           "ELF",
           4);
    data[4] = (uint8_t) class;
    data[5] = 1;
    data[16] = 2;
    data[18] = class == CLASS_64 ? 62 : 3;
    put(data + 24, 0xc0010010, 4);
    put(data + 24 + word, HEADERS, 4);
    put(data + 24 + word * 3 + 6, 64, 2);
    put(data + 24 + word * 3 + 8, 3, 2);
    segment(0, CONTENT, 0xc0010000, 0x20000, CODE, CODE + 0x800);
    segment(1, 0xffffffff, 0, 0, 0xffffffff, 0);
    field(1, 0)[0] = 4;
    segment(2, CONTENT + CODE, 0xc0200000, 0x200000, 0x800, 0x2000);
    return data;
}

static int check_file(void)
{
    return check(&elf_image, &file, &plan);
}

TEST(places)
{
    for (unsigned class = CLASS_32; class <= CLASS_64; class ++) {
        static uint8_t before[LENGTH];

        memcpy(before, program(class), LENGTH);
        memset(memory_at(0x20000), 0xff, CODE + 0x800);
        memset(memory_at(0x200000), 0xff, 0x2000);
        CHECK(check_file() == 0);
        call_kernel(&elf_image, 0x0e1fb007);
        CHECK_EQUAL(machine.flat, 0x20010);
        CHECK_BYTES(memory_at(0x20000), before + CONTENT, CODE);
        CHECK_BYTES(memory_at(0x200000), before + CONTENT + CODE, 0x800);
        CHECK(get(memory_at(0x20000 + CODE), 4) == 0 && get(memory_at(0x201ffc), 4) == 0);
    }
}

/* The entry may be a physical address as well. */
TEST(entry)
{
    uint8_t *data = program(CLASS_32);

    put(data + 24, 0x201fff, 4);
    CHECK(check_file() == 0 && plan.entry.flat == 0x201fff);
    put(data + 24, 0x202000, 4);
    CHECK_PROBLEM(check_file(), E_BAD_IMAGE, "entry 202000 is in no segment");
    put(data + 24 + word * 3 + 8, 0, 2);
    CHECK_PROBLEM(check_file(), E_BAD_IMAGE, "entry 202000 is in no segment");
    data = program(CLASS_64);
    put(data + 28, 1, 4);
    CHECK_PROBLEM(check_file(), E_BAD_IMAGE, "entry ffffffff is in no segment");
}

TEST(notes)
{
    const uint8_t *notes;

    program(CLASS_32);
    CHECK(check_file() == 0);
    notes = call_kernel(&elf_image, 0x0e1fb007);
    CHECK_EQUAL(get(notes, 4), 0x0e1fb007);
    CHECK_EQUAL(get(notes + 4, 4), 76 + 3 * 20);
    CHECK_EQUAL(checksum_add(0, notes, get(notes + 4, 4)), 0xffff);
    CHECK_EQUAL(get(notes + 10, 2), 2);
    CHECK_BYTES(notes + 12, "\x0a\0\0\0\4\0\0\0\5\0\0\0Etherboot\0\0", 24);
    CHECK_EQUAL(get(notes + 36, 4), BASE_END);
    CHECK_BYTES(notes + 40, "\x0a\0\0\0\x48\0\0\0\10\0\0\0Etherboot\0\0", 24);
    CHECK_EQUAL(get(notes + 64, 4), 639);
    CHECK_EQUAL(get(notes + 68, 4), (0x7fe0000 - 0x100000) / 1024);
    CHECK_EQUAL(get(notes + 72, 4), 3);
    CHECK_BYTES(notes + 76, "\0\0\0\0\0\0\0\0\0\xfc\x09\0\0\0\0\0\1\0\0\0", 20);
    CHECK_BYTES(notes + 116, "\0\0\0\0\1\0\0\0\0\0\0\x40\0\0\0\0\1\0\0\0", 20);
}

/* No other class, type or machine. */
TEST(other_programs)
{
    static const struct {
        unsigned at, value;
        const char *problem;
    } others[] = {
        {4, 0, "ELF class 0, type and machine 30002"},
        {4, 3, "ELF class 3, type and machine 30002"},
        {4, 65, "ELF class 65, type and machine 30002"},
        {16, 3, "ELF class 1, type and machine 30003"},
        {18, 40, "ELF class 1, type and machine 280002"},
    };

    for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        program(CLASS_32)[others[i].at] = (uint8_t)others[i].value;
        CHECK_PROBLEM(check_file(), E_UNSUPPORTED, others[i].problem);
    }
}

TEST(recognise)
{
    uint8_t *data = program(CLASS_32);

    CHECK(elf_image.recognise(data, 64) && !elf_image.recognise(data, 63));
    data[3] = 'f';
    CHECK(!elf_image.recognise(data, LENGTH));
}

/* Lying lengths and places. */
TEST(refused)
{
    uint8_t *data = program(CLASS_32);

    put(data + 28, LENGTH - 23, 4);
    CHECK_PROBLEM(check_file(), E_SHORT_FILE,
                  "segment 1 (0+0) is not all in the file of 3000 bytes");
    put(data + 28, 0xfffffff0, 4);
    CHECK(check_file() == E_SHORT_FILE);
    program(CLASS_64);
    put(memory_at(FILE_AT + 36), 1, 4);
    CHECK(check_file() == E_SHORT_FILE);
    data = program(CLASS_32);
    put(data + 24 + word * 3 + 6, 0xffff, 2);
    CHECK_PROBLEM(check_file(), E_SHORT_FILE,
                  "segment 2 (20000+1800) is not all in the file of 3000 bytes");
    for (unsigned class = CLASS_32; class <= CLASS_64; class ++) {
        program(class);
        put(field(2, 4), LENGTH - CONTENT - CODE + 1, 4);
        CHECK_PROBLEM(check_file(), E_SHORT_FILE,
                      "segment 3 (200000+2000) is not all in the file of 3000 bytes");
        program(class);
        put(field(2, 1), 0xfffffff0, 4);
        CHECK(check_file() == E_SHORT_FILE);
        program(class);
        put(field(2, 5), 0x7ff, 4);
        CHECK_PROBLEM(check_file(), E_BAD_IMAGE, "segment 3 (200000+7ff) has 800 bytes of file");
        program(class);
        put(field(2, 3), 0x21000, 4);
        CHECK_PROBLEM(check_file(), E_BAD_IMAGE,
                      "segment 3 (21000+2000) overlaps segment 1 (20000+1800)");
        program(class);
        put(field(2, 3), 0xa0000, 4);
        CHECK_PROBLEM(check_file(), E_OVERLAP, "segment 3 (a0000+2000): a0000 is not free memory");
        program(class);
        put(field(2, 5), 0xffffffff, 4);
        CHECK_PROBLEM(check_file(), E_OVERLAP,
                      "segment 3 (200000+ffffffff): 6000000 is not free memory");
    }
    for (unsigned i = 1; i < 6; i++) { /* what does not fit 32 bits */
        program(CLASS_64);
        put(field(2, i) + 4, 1, 4);
        CHECK_EQUAL(check_file(), i == 2 ? 0 : i == 1 || i == 4 ? E_SHORT_FILE : E_OVERLAP);
    }
}

/* As many as there can be, and one more. */
TEST(many_segments)
{
    uint8_t *data = program(CLASS_32);

    put(data + 24, 0x100000, 4);
    for (unsigned count = PLAN_COPIES_MAX - 1; count <= PLAN_COPIES_MAX; count++) {
        put(data + 24 + word * 3 + 8, count, 2);
        for (unsigned i = 0; i < count; i++)
            segment(i, 0, 0x100000 + i * 16, 0x100000 + i * 16, 16, 16);
        CHECK_EQUAL(check_file(), count < PLAN_COPIES_MAX ? 0 : E_BAD_IMAGE);
    }
    put(data + 24 + word * 3 + 8, 0xffff, 2);
    put(data + 24 + word * 3 + 6, 0, 2); /* all are the first one */
    CHECK(check_file() == E_BAD_IMAGE);
}
