/* SPDX-License-Identifier: BSD-2-Clause */
/* Fetched files: where they lie, what they are called, what is said of them. */
#include <string.h>

#include "fake_boot.h"

static uint8_t bytes[1 << 20];

TEST(fetch)
{
    struct uri uri = {.server = 0};
    struct file *a, *b;

    fake_boot_case("two files");
    fake_serve("dir/a.txt", "hello", 5);
    fake_serve("b", bytes, sizeof(bytes));
    a = fake_fetch("dir/a.txt");
    b = fake_fetch("b");
    CHECK_SHOWN("mem://10.0.0.1/dir/a.txt \r5 bytes loaded: dir/a.txt\n"
                "mem://10.0.0.1/b \r1048576 bytes loaded: b\n");
    CHECK_TEXT(a->name, "a.txt");
    CHECK_BYTES(a->data, "hello", 5);
    CHECK_EQUAL((uintptr_t)a->data, FAKE_HIGH_END - 4096);
    CHECK_EQUAL((uintptr_t)b->data, FAKE_HIGH_END - 4096 - sizeof(bytes));
    CHECK(file_find(&fake_boot, "a.txt") == a && file_find(&fake_boot, "b") == b);
    CHECK(!file_find(&fake_boot, "c"));
    CHECK(file_at(&fake_boot, 0) == a && file_at(&fake_boot, 1) == b && !file_at(&fake_boot, 2));
    CHECK_EQUAL(uri_parse("mem://10.0.0.1/nothing", &uri), 0);
    CHECK_EQUAL(file_fetch(&fake_boot, &uri, NULL, &a), E_FILE_NOT_FOUND);
    CHECK_SHOWN("mem://10.0.0.1/nothing server does not have the file (E14) \n");
}
