/* SPDX-License-Identifier: BSD-2-Clause */
/* Files that romtool writes, whose zeros at the end become a hole. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "file.h"

enum { BLOCK = 4096, MOST = 3 * BLOCK };

static char path[] = P_tmpdir "/romtool_file_XXXXXX";

/* A file of `length` zeros but for the byte at `place`, when that lies in it. */
static void write_and_read(size_t length, size_t place)
{
    static uint8_t bytes[MOST];
    struct buffer found = {NULL, 0};
    char name[64];

    snprintf(name, sizeof(name), "%zu bytes, not 0 at %zu", length, place);
    check_case(name);
    memset(bytes, 0, sizeof(bytes));
    if (place < length)
        bytes[place] = 1;
    CHECK_EQUAL(file_write(path, (struct span){bytes, length}), 0);
    CHECK_EQUAL(file_read(path, &found), 0);
    if (CHECK_EQUAL(found.length, length))
        CHECK_BYTES(found.data, bytes, length);
    buffer_free(&found);
}

TEST(zeros_at_the_end)
{
    static const size_t lengths[] = {0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, MOST};

    close(mkstemp(path));
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        size_t length = lengths[i];

        write_and_read(length, length); /* none */
        write_and_read(length, 0);
        for (size_t blocks = 0; blocks * BLOCK < length; blocks++)
            for (size_t back = 1; back <= 2 && blocks * BLOCK + back <= length; back++)
                write_and_read(length, length - blocks * BLOCK - back);
    }
    unlink(path);
}

TEST(hole)
{
    static const uint8_t bytes[1440 * 1024] = {1};
    struct stat info;

    CHECK_EQUAL(file_write(path, (struct span){bytes, sizeof(bytes)}), 0);
    CHECK(stat(path, &info) == 0 && info.st_size == sizeof(bytes));
    CHECK(info.st_blocks <= 2 * BLOCK / 512);
    unlink(path);
}
