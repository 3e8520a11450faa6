/* SPDX-License-Identifier: BSD-2-Clause */
/* Fetched files: where they lie, what they are called, what is said of them. */
#include <stdio.h>
#include <string.h>

#include "fake_boot.h"
#include "lib/string.h"
#include "net/fetch.h"

enum { PAGE = 4096, MIB = 1 << 20 };
static uint8_t bytes[4 * MIB];

static struct uri uri_of(const char *text)
{
    struct uri uri = {.server = 0};

    CHECK_EQUAL(uri_parse(text, &uri), 0);
    return uri;
}

TEST(fetch)
{
    struct uri uri;
    struct file *a, *b;

    fake_boot_case("two files");
    fake_serve("dir/a.txt", "hello", 5);
    fake_serve("b", bytes, MIB);
    a = fake_fetch("dir/a.txt");
    b = fake_fetch("b");
    CHECK_SHOWN("mem://10.0.0.1/dir/a.txt \r5 bytes loaded: dir/a.txt\n"
                "mem://10.0.0.1/b \r1048576 bytes loaded: b\n");
    CHECK_TEXT(a->name, "a.txt");
    CHECK_BYTES(a->data, "hello", 5);
    CHECK_EQUAL((uintptr_t)a->data, FAKE_HIGH_END - PAGE);
    CHECK_EQUAL((uintptr_t)b->data, FAKE_HIGH_END - PAGE - MIB);
    CHECK(file_find(&fake_boot, "a.txt") == a && file_find(&fake_boot, "b") == b);
    CHECK(!file_find(&fake_boot, "c"));
    CHECK(file_at(&fake_boot, 0) == a && file_at(&fake_boot, 1) == b && !file_at(&fake_boot, 2));
    uri = uri_of("mem://10.0.0.1/nothing");
    CHECK_EQUAL(file_fetch(&fake_boot, &uri, NULL, &a), E_FILE_NOT_FOUND);
    CHECK_SHOWN("mem://10.0.0.1/nothing server does not have the file (E14) \n");
    CHECK_EQUAL(file_try(&fake_boot, &uri, NULL, &a), E_FILE_NOT_FOUND);
    CHECK_SHOWN("mem://10.0.0.1/nothing ");
}

TEST(names)
{
    static const struct {
        const char *path, *given, *name;
    } cases[] = {
        {"x", NULL, "x"},
        {"a/b/c.img", NULL, "c.img"},
        {"boot.php?file=/etc/x", NULL, "boot.php"},
        {"dir/", NULL, ""},
        {"a/b", "other", "other"},
        {"a", "what?/it is", "what?/it is"},
        {"0123456789012345678901234567890123456789012345678901234567890123456789", NULL,
         "012345678901234567890123456789012345678901234567890123456789012"},
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct uri uri;
        struct file *file;

        fake_boot_case(cases[i].path);
        uri = uri_of("mem://10.0.0.1/");
        strcpy(uri.path, cases[i].path);
        fake_serve(cases[i].path, "x", 1);
        CHECK_EQUAL(file_fetch(&fake_boot, &uri, cases[i].given, &file), 0);
        CHECK_TEXT(file->name, cases[i].name);
        CHECK_TEXT(file->uri.path, cases[i].path);
        CHECK_TEXT(file->arguments, "");
    }
}

/* Whatever is freed is used again; what is not is never touched. */
TEST(memory)
{
    struct file *file[3], *last;
    struct uri uri;
    char name[8];

    fake_boot_case("memory");
    fake_boot.memory =
        (struct memory_map){2, {{FAKE_HIGH, FAKE_HIGH + 3 * MIB}, {1ULL << 32, 1ULL << 33}}};
    for (unsigned i = 0; i < MIB; i++)
        bytes[i] = (uint8_t)next_random();
    fake_serve("x", bytes, MIB);
    fake_serve("big", bytes, 3 * MIB + 1);
    for (unsigned i = 0; i < 3; i++)
        file[i] = fake_fetch("x");
    uri = uri_of("mem://10.0.0.1/x");
    fake_shown();
    CHECK_EQUAL(file_fetch(&fake_boot, &uri, NULL, &last), E_NO_MEMORY);
    CHECK_SHOWN("mem://10.0.0.1/x not enough memory (E04) \n");
    file_free(&fake_boot, file[1]);
    CHECK(file_at(&fake_boot, 1) == file[2]);
    last = fake_fetch("x");
    CHECK(last->data == (uint8_t *)FAKE_HIGH + MIB);
    CHECK(file_at(&fake_boot, 2) == last); /* the order stays that of the fetching */
    for (unsigned i = 0; i < 3; i += 2)
        CHECK_BYTES(file[i]->data, bytes, MIB);
    file_free(&fake_boot, NULL);
    CHECK(!file_at(&fake_boot, 0));
    uri = uri_of("mem://10.0.0.1/big");
    CHECK_EQUAL(file_fetch(&fake_boot, &uri, NULL, &last), E_TOO_BIG);
    fake_boot_case("as many files as there can be");
    for (unsigned i = 0; i < FILES_MAX; i++) {
        fake_serve("f", name, 1);
        fake_fetch("f");
    }
    uri = uri_of("mem://10.0.0.1/f");
    CHECK_EQUAL(file_fetch(&fake_boot, &uri, NULL, &last), E_NO_MEMORY);
    file_free(&fake_boot, file_at(&fake_boot, FILES_MAX - 1));
    CHECK_EQUAL(file_fetch(&fake_boot, &uri, NULL, &last), 0);
    file_free(&fake_boot, file_at(&fake_boot, 0)); /* not the last one: its place stays empty */
    CHECK_EQUAL(file_fetch(&fake_boot, &uri, NULL, &last), E_NO_MEMORY);
    fake_boot_case("no memory below 4 GiB");
    fake_boot.memory = (struct memory_map){1, {{1ULL << 32, 1ULL << 33}}};
    CHECK_EQUAL(file_fetch(&fake_boot, &uri, NULL, &last), E_NO_MEMORY);
    fake_boot_case("no card");
    fake.is_open = false;
    fake.open_result = E_NO_LINK;
    CHECK_EQUAL(file_fetch(&fake_boot, &uri, NULL, &last), E_NO_LINK);
    CHECK(!file_at(&fake_boot, 0));
}

/* A file of unknown length lies at the memory's start first. */
TEST(unknown_length)
{
    for (unsigned size = 0; size <= 100000; size += 50000) {
        struct file *file;

        fake_boot_case("unknown length");
        fake.unknown_length = true;
        fake_boot.memory = (struct memory_map){1, {{FAKE_HIGH, FAKE_HIGH + 100000}}};
        fake_serve("x", bytes, size);
        file = fake_fetch("x");
        CHECK_EQUAL(file->length, size);
        CHECK_BYTES(file->data, bytes, size);
        CHECK((uintptr_t)file->data + size > FAKE_HIGH + 100000 - PAGE - size % PAGE);
        CHECK((uintptr_t)file->data + size <= FAKE_HIGH + 100000);
    }
}

TEST(progress)
{
    struct uri uri;
    struct file *file;

    fake_boot_case("a small file, or a fast one");
    fake_serve("x", bytes, 200000);
    fake.pace = 200;
    fake_fetch("x");
    CHECK_SHOWN("mem://10.0.0.1/x \r200000 bytes loaded: x\n");
    fake_serve("x", bytes, 4 * MIB);
    fake.pace = 3;
    fake_fetch("x");
    CHECK_SHOWN("mem://10.0.0.1/x \r4194304 bytes loaded: x\n");
    fake.pace = 16; /* 1000 KiB a second */
    fake_fetch("x");
    CHECK_SHOWN("mem://10.0.0.1/x "
                "\r   1008 KiB,   1000 KiB/s,  24%,    3 s left "
                "\r   2016 KiB,   1000 KiB/s,  49%,    2 s left "
                "\r   3024 KiB,   1000 KiB/s,  73%,    1 s left "
                "\r   4032 KiB,   1000 KiB/s,  98%,    0 s left "
                "\n"
                "\r4194304 bytes loaded: x\n");
    fake_cancel_at = fake_now + 1500; /* an error has a line of its own */
    uri = uri_of("mem://10.0.0.1/x");
    CHECK_EQUAL(file_fetch(&fake_boot, &uri, NULL, &file), E_CANCELLED);
    CHECK_SHOWN("mem://10.0.0.1/x "
                "\r   1008 KiB,   1000 KiB/s,  24%,    3 s left "
                "\ncancelled from the keyboard (E06) \n");
    fake_cancel_at = 0;
    fake.unknown_length = true;
    fake.pace = 17;
    fake_serve("x", bytes, MIB + 500000);
    fake_fetch("x");
    CHECK_SHOWN("mem://10.0.0.1/x \r    944 KiB,    941 KiB/s"
                "\n"
                "\r1548576 bytes loaded: x\n");
}
