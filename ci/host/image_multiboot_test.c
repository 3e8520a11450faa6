/* SPDX-License-Identifier: BSD-2-Clause */
/* Multiboot kernels with address fields, and what both versions share: modules, the memory map. */
#include "image_kernel.h"

enum { MAGIC = 0x1badb002, HEADER = 0x200, LENGTH = 0x3000, AT = 0x100000, ADDRESSES = 0x10000 };
enum { ENTERED_WITH = 0x2badb002 };

static struct boot_file file;

static void set_flags(uint8_t *header, uint32_t flags)
{
    put(header, MAGIC, 4);
    put(header + 4, flags, 4);
    put(header + 8, -(MAGIC + flags), 4);
}

/* A kernel that goes to AT as a whole, with some memory behind it. */
static uint8_t *kernel(uint32_t flags)
{
    const uint32_t fields[] = {
        AT + HEADER, AT, AT + LENGTH - 0x10, AT + LENGTH + 0x500, AT + 0x30, 1, 80, 25};
    uint8_t *header = new_file(&file, LENGTH) + HEADER;

    set_flags(header, flags | ADDRESSES);
    for (unsigned i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        put(header + 12 + i * 4, fields[i], 4);
    return header;
}

static int check_file(void)
{
    return check(&multiboot_image, &file, &plan);
}

static const char *text(const uint8_t *pointer)
{
    return memory_at(get(pointer, 4));
}

TEST(told)
{
    static uint8_t before[LENGTH];
    const uint8_t *info, *records, *map;

    memcpy(before, kernel(7) - HEADER, LENGTH);
    give_modules(&file);
    memset(memory_at(AT), 0xff, LENGTH + 0x500);
    CHECK(check_file() == 0);
    info = call_kernel(&multiboot_image, ENTERED_WITH);
    CHECK(machine.flat == AT + 0x30);
    CHECK_BYTES(memory_at(AT), before, LENGTH - 0x10);
    CHECK(get(memory_at(AT + LENGTH - 0x10), 4) == 0 &&
          get(memory_at(AT + LENGTH + 0x4fc), 4) == 0);
    CHECK((uintptr_t)info < BASE_END && (uintptr_t)info % 16 == 0);
    CHECK_EQUAL(get(info, 4), 0x24d);
    CHECK_EQUAL(get(info + 4, 4), 639);
    CHECK_EQUAL(get(info + 8, 4), (0x7fe0000 - 0x100000) / 1024);
    CHECK_TEXT(text(info + 16), "kern x=y");
    CHECK_TEXT(text(info + 64), "Etherforge");
    CHECK_EQUAL(get(info + 44, 4), 3 * 24);
    map = memory_at(get(info + 48, 4));
    CHECK_BYTES(map,
                "\x14\0\0\0"
                "\0\0\0\0\0\0\0\0"
                "\0\xfc\x09\0\0\0\0\0"
                "\1\0\0\0",
                24);
    CHECK_BYTES(map + 48,
                "\x14\0\0\0"
                "\0\0\0\0\1\0\0\0"
                "\0\0\0\x40\0\0\0\0"
                "\1\0\0\0",
                24);
    CHECK_EQUAL(get(info + 20, 4), 2);
    records = memory_at(get(info + 24, 4));
    CHECK_EQUAL(get(records, 4), 0x104000); /* the first page behind the kernel */
    CHECK_EQUAL(get(records + 4, 4), 0x104000 + MODULE_1);
    CHECK_TEXT(text(records + 8), "one a b");
    CHECK_EQUAL(get(records + 16, 4), 0x106000);
    CHECK_EQUAL(get(records + 20, 4), 0x106000 + MODULE_2);
    CHECK_TEXT(text(records + 24), "two");
    CHECK_BYTES(memory_at(0x104000), module_data, MODULE_1);
    CHECK_BYTES(memory_at(0x106000), module_data + MODULE_1, MODULE_2);
}

TEST(no_modules)
{
    const uint8_t *info;

    kernel(0);
    file.args = "";
    CHECK(check_file() == 0);
    info = call_kernel(&multiboot_image, ENTERED_WITH);
    CHECK(get(info, 4) == 0x24d && get(info + 20, 4) == 0);
    CHECK_TEXT(text(info + 16), "kern");
}

/* Long texts, and as many modules as there can be, have room. */
TEST(much_to_tell)
{
    static struct module many[MODULES_MAX];
    static char words[1500];
    const uint8_t *info, *last;

    memset(words, 'w', sizeof(words) - 1);
    kernel(0);
    for (unsigned i = 0; i < MODULES_MAX; i++)
        many[i] = (struct module){module_data, i, "name", words};
    file.modules = many;
    file.module_count = MODULES_MAX;
    file.args = words;
    CHECK(check_file() == 0);
    info = call_kernel(&multiboot_image, ENTERED_WITH);
    last = memory_at(get(info + 24, 4) + 16 * (MODULES_MAX - 1));
    CHECK(strlen(text(last + 8)) == 5 + sizeof(words) - 1);
    CHECK(text(last + 8) + 5 + sizeof(words) <= (const char *)memory_at(BASE_END));
}

/* Behind the kernel there is not always room. */
TEST(module_places)
{
    static const struct memory_map split = {
        3, {{0x1000, 0x9f000}, {0x100000, 0x104000}, {0x200000, 0x203000}}};
    static const struct memory_map tight = {2, {{0x1000, 0x9f000}, {0x100000, 0x105000}}};

    kernel(0);
    give_modules(&file);
    CHECK_PROBLEM(multiboot_image.check(&file, &split, &plan), E_NO_MEMORY,
                  "module 2 (0+2001) has no room below ffffffff");
    file.module_count = 1;
    CHECK(multiboot_image.check(&file, &split, &plan) == 0 && plan.detail[0] == 0x201000);
    CHECK_PROBLEM(multiboot_image.check(&file, &tight, &plan), E_NO_MEMORY,
                  "module 1 (0+1234) has no room below ffffffff");
}

TEST(no_room_to_tell)
{
    static const struct memory_map no_base = {1, {{0x100000, HIGH_END}}};

    kernel(0);
    CHECK_PROBLEM(multiboot_image.check(&file, &no_base, &plan), E_NO_MEMORY,
                  "information (0+16f) has no room below a0000");
}

/* How the address fields may be put. */
TEST(addresses)
{
    uint8_t *header = kernel(0);

    put(header + 20, 0, 4); /* up to the end of the file */
    put(header + 24, 0, 4);
    CHECK(check_file() == 0 && plan.copy[0].to.length == LENGTH);
    put(header + 16, AT + 0x100, 4); /* without the start of the file */
    put(header + 28, AT + 0x100, 4);
    CHECK(check_file() == 0 && plan.copy[0].to.length == LENGTH - 0x100);
    CHECK(plan.copy[0].from.start == FILE_AT + 0x100 && plan.copy[0].to.start == AT + 0x100);
    put(header + 16, 0xffffffff, 4); /* with it */
    CHECK(check_file() == 0 && plan.copy[0].to.start == AT);
}

TEST(bad_addresses)
{
    static const struct {
        unsigned at;
        uint32_t value;
        int error;
    } bad[] = {
        {12, AT - 1, E_SHORT_FILE},          /* header before where loading starts */
        {12, AT + HEADER + 1, E_SHORT_FILE}, /* loading starts before the file */
        {16, AT + HEADER + 1, E_BAD_IMAGE},  /* the entry is not loaded */
        {16, 0, E_SHORT_FILE},
        {20, AT - 1, E_SHORT_FILE}, /* ends before it starts */
        {20, AT + LENGTH + 1, E_SHORT_FILE},
        {24, AT - 1, E_OVERLAP},
        {24, AT + LENGTH - 0x11, E_BAD_IMAGE},
        {24, HIGH_END + 1, E_OVERLAP},
        {28, AT - 1, E_BAD_IMAGE},
        {28, AT + LENGTH + 0x500, E_BAD_IMAGE},
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        put(kernel(0) + bad[i].at, bad[i].value, 4);
        CHECK_EQUAL(check_file(), bad[i].error);
        CHECK(plan.problem[0]);
    }
    put(kernel(0) + 20, AT + LENGTH + 1, 4);
    CHECK_PROBLEM(check_file(), E_SHORT_FILE,
                  "program (100000+3500) is not all in the file of 3000 bytes");
}

TEST(flags)
{
    uint8_t *header = kernel(0xabc00000); /* unknown, but not required */

    CHECK(check_file() == 0);
    set_flags(header, ADDRESSES | 8);
    CHECK_PROBLEM(check_file(), E_UNSUPPORTED, "flags 10008");
    header = kernel(4);
    CHECK(check_file() == 0);
    put(header + 32, 0, 4);
    CHECK_PROBLEM(check_file(), E_UNSUPPORTED, "graphics mode");
    set_flags(header, 0);
    memset(header - HEADER, 0, 64);
    CHECK_PROBLEM(check_file(), E_UNSUPPORTED, "ELF class 0, type and machine 0");
}

TEST(recognise)
{
    uint8_t *header = kernel(0), *data = header - HEADER;

    CHECK(multiboot_image.recognise(data, HEADER + 64));
    CHECK(!multiboot_image.recognise(data, HEADER + 63));
    CHECK(!multiboot_image.recognise(data, 0));
    header[8]++;
    CHECK(!multiboot_image.recognise(data, LENGTH));
    header[8]--;
    header[0]++;
    CHECK(!multiboot_image.recognise(data, LENGTH));
    memset(data, 0, LENGTH);
    set_flags(data + 8192 - 4, 0);
    CHECK(multiboot_image.recognise(data, LENGTH));
    memset(data, 0, LENGTH);
    set_flags(data + 8192, 0);
    CHECK(!multiboot_image.recognise(data, LENGTH));
    memset(data, 0, LENGTH);
    set_flags(data + 0x202, 0);
    CHECK(!multiboot_image.recognise(data, LENGTH));
}
