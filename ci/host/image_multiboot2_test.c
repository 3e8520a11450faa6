/* SPDX-License-Identifier: BSD-2-Clause */
/* Multiboot2 kernels: tags of the header, and those with what the kernel is told. */
#include "image_kernel.h"

enum { MAGIC = 0xe85250d6, HEADER = 0x400, LENGTH = 0x3000, AT = 0x100000 };
enum { ENTERED_WITH = 0x36d76289 };
enum { END, REQUEST, ADDRESSES, ENTRY, CONSOLE, SCREEN, ALIGNED, EFI, EFI_32, EFI_64, RELOCATABLE };

static struct boot_file file;
static uint8_t *next; /* where the next tag goes */

static void tag(unsigned type, unsigned flags, unsigned count, const uint32_t *values)
{
    memset(next, 0, 8 + count * 4);
    put(next, type, 2);
    put(next + 2, flags, 2);
    put(next + 4, 8 + count * 4, 4);
    for (unsigned i = 0; i < count; i++)
        put(next + 8 + i * 4, values[i], 4);
    next += (8 + count * 4 + 7) & ~7u;
}

/* A header with tags for addresses and the entry, and no end yet. */
static uint8_t *kernel(void)
{
    static const uint32_t addresses[] = {AT + HEADER, AT, 0, AT + LENGTH + 0x500};
    static const uint32_t entry[] = {AT + 0x2fff};
    uint8_t *header = new_file(&file, LENGTH) + HEADER;

    put(header, MAGIC, 4);
    put(header + 4, 0, 4);
    put(header + 8, 0x100, 4);
    put(header + 12, -(MAGIC + 0x100), 4);
    next = header + 16;
    tag(ADDRESSES, 0, 4, addresses);
    tag(ENTRY, 0, 1, entry);
    return header;
}

static int check_file(void)
{
    tag(END, 0, 0, NULL);
    return check(&multiboot2_image, &file, &plan);
}

TEST(told)
{
    static const uint8_t sizes[] = "\4\0\0\0\x10\0\0\0\x7f\2\0\0\x80\xfb\1\0";
    const uint8_t *info, *at;

    kernel();
    give_modules(&file);
    CHECK(check_file() == 0);
    info = call_kernel(&multiboot2_image, ENTERED_WITH);
    CHECK(machine.flat == AT + 0x2fff);
    CHECK(plan.copy[0].to.length == LENGTH + 0x500);
    CHECK((uintptr_t)info % 8 == 0 && get(info + 4, 4) == 0);
    at = info + 8;
    CHECK_BYTES(at, "\2\0\0\0\x13\0\0\0Etherforge", 19);
    at += 24;
    CHECK_BYTES(at, "\1\0\0\0\x11\0\0\0kern x=y", 17);
    at += 24;
    CHECK_BYTES(at, "\3\0\0\0\x18\0\0\0\0\x40\x10\0\x34\x52\x10\0one a b", 24);
    at += 24;
    CHECK_BYTES(at, "\3\0\0\0\x14\0\0\0\0\x60\x10\0\1\x80\x10\0two", 20);
    at += 24;
    CHECK_BYTES(at, sizes, 16);
    at += 16;
    CHECK_BYTES(at, "\6\0\0\0\x58\0\0\0\x18\0\0\0\0\0\0\0", 16);
    CHECK_BYTES(at + 16,
                "\0\0\0\0\0\0\0\0"
                "\0\xfc\x09\0\0\0\0\0"
                "\1\0\0\0\0\0\0\0",
                24);
    CHECK_BYTES(at + 64,
                "\0\0\0\0\1\0\0\0"
                "\0\0\0\x40\0\0\0\0"
                "\1\0\0\0\0\0\0\0",
                24);
    at += 88;
    CHECK_BYTES(at, "\0\0\0\0\x8\0\0\0", 8);
    CHECK_EQUAL(get(info, 4), at + 8 - info);
}

/* What it may ask for. */
TEST(accepted)
{
    static const uint32_t known[] = {1, 2, 3, 4, 6, 21}, unknown[] = {22}, text[] = {3};
    static const uint32_t screen[] = {1024, 768, 32}, relocatable[] = {0x100000, 0, 4096, 1};

    kernel();
    tag(REQUEST, 0, 6, known);
    tag(CONSOLE, 0, 1, text);
    tag(SCREEN, 0, 3, screen);
    tag(ALIGNED, 0, 0, NULL);
    tag(EFI, 0, 0, NULL);
    tag(EFI_32, 0, 1, text);
    tag(EFI_64, 0, 1, text);
    tag(RELOCATABLE, 1, 4, relocatable);
    tag(77, 1, 0, NULL);
    CHECK(check_file() == 0);
    kernel();
    tag(REQUEST, 1, 1, unknown);
    tag(SCREEN, 1, 3, screen);
    CHECK(check_file() == 0);
}

TEST(refused)
{
    static const uint32_t unknown[] = {4, 22}, graphics[] = {1}, screen[] = {1024, 768, 32};
    uint8_t *header = kernel();

    tag(REQUEST, 0, 2, unknown);
    CHECK_PROBLEM(check_file(), E_UNSUPPORTED, "information 22");
    kernel();
    tag(SCREEN, 0, 3, screen);
    CHECK_PROBLEM(check_file(), E_UNSUPPORTED, "graphics mode");
    kernel();
    tag(SCREEN, 0, 3, screen);
    tag(CONSOLE, 0, 1, graphics);
    CHECK_PROBLEM(check_file(), E_UNSUPPORTED, "graphics mode");
    kernel();
    tag(77, 0, 0, NULL);
    CHECK_PROBLEM(check_file(), E_UNSUPPORTED, "tag 77 of 8 bytes");
    header = kernel();
    put(header + 4, 4, 4);
    put(header + 12, -(MAGIC + 4 + 0x100), 4);
    CHECK_PROBLEM(check_file(), E_UNSUPPORTED, "architecture 4");
    header = kernel();
    next = header + 16;
    CHECK(check_file() == E_UNSUPPORTED); /* no addresses: it should be ELF */
}

/* Lengths that lie. */
TEST(bad_tags)
{
    static const uint8_t least[] = {8, 8, 24, 12, 12, 20, 8, 8, 12, 12, 24};
    static const uint32_t values[6];
    uint8_t *header = kernel();

    for (unsigned type = END; type <= RELOCATABLE; type++) {
        header = kernel();
        next = header + 16;
        tag(type, 1, 6, values);
        put(header + 20, least[type] - 1, 4);
        CHECK_EQUAL(check_file(), E_UNSUPPORTED);
        CHECK(strstr(plan.problem, "bytes") != NULL);
    }
    kernel();
    put(next, ALIGNED, 2);
    put(next + 4, 0xfffffff9, 4); /* rounded, it is 0 */
    next += 8;
    CHECK(check_file() == E_SHORT_FILE);
    put(next - 16 + 4, 0, 4);
    CHECK(check_file() == E_UNSUPPORTED);
    kernel();
    put(next, ALIGNED, 2);
    put(next + 4, LENGTH, 4);
    CHECK_PROBLEM(check(&multiboot2_image, &file, &plan), E_SHORT_FILE,
                  "tag 6 (0+0) is not all in the file of 3000 bytes");
    /* tags up to the end of the file, and no last one */
    kernel();
    while (next < file.data + LENGTH)
        tag(ALIGNED, 0, 0, NULL);
    CHECK_PROBLEM(check(&multiboot2_image, &file, &plan), E_SHORT_FILE,
                  "header (0+0) is not all in the file of 3000 bytes");
}

TEST(recognise)
{
    uint8_t *header = kernel(), *data = header - HEADER;

    CHECK(multiboot2_image.recognise(data, LENGTH));
    CHECK(multiboot2_image.recognise(data, HEADER + 64));
    CHECK(!multiboot2_image.recognise(data, HEADER + 63));
    header[12]++;
    CHECK(!multiboot2_image.recognise(data, LENGTH));
}
