/* SPDX-License-Identifier: BSD-2-Clause */
/* TFTP at its limits: numbers that do not fit, blocks that are too long, and block numbers that
 * start again while blocks are lost. */
#include <stdlib.h>
#include <string.h>

#include "lib/errors.h"
#include "fake_tftp.h"

enum { CAP = 1 << 20 };

static int fetch(struct download *file)
{
    static uint8_t memory[CAP];

    *file = (struct download){.base = memory, .cap = sizeof(memory)};
    return fake_tftp_get(fake_ip(10, 0, 0, 1), "file", file);
}

static bool is_file(const struct download *file)
{
    for (uint32_t i = 0; i < fake_tftp.size; i++)
        if (file->data[i] != fake_tftp_byte(i))
            return false;
    return file->length == fake_tftp.size;
}

/* A size that needs more than 32 bits is a large one, not what is left of it in 32. */
TEST(large_sizes)
{
    static const char *const sizes[] = {"4294967295", "4294967296", "4294967299", "42949672960",
                                        "18446744073709551616"};
    struct download file;

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char oack[40] = "tsize";

        fake_tftp_case("sizes that do not fit", 1000);
        strcpy(oack + 6, sizes[i]);
        fake_tftp.oack = oack;
        fake_tftp.oack_len = 6 + strlen(sizes[i]) + 1;
        CHECK_EQUAL(fetch(&file), E_TOO_BIG);
    }
}

TEST(long_blocks)
{
    static const uint32_t sends[] = {512, 513, 600, 1468};
    struct download file;

    for (unsigned i = 0; i < sizeof(sends) / sizeof(sends[0]); i++) {
        fake_tftp_case("blocks longer than agreed", 5000);
        fake_tftp.blksize = 512;
        fake_tftp.tsize = false;
        fake_tftp.sends = sends[i];
        CHECK_EQUAL(fetch(&file), sends[i] == 512 ? 0 : E_PROTOCOL);
    }
}

static bool lose_round(uint32_t block, unsigned n)
{
    return block == 65536 && n == 0;
}

/* Number 0 is lost, and what comes is 1: not the next block of a server that has no 0. */
TEST(lost_round)
{
    static const uint16_t first[] = {0, 1};
    struct download file;

    for (unsigned i = 0; i < 2; i++) {
        fake_tftp_case("the block after 65535 is lost", 65600 * 8 + 3);
        fake_tftp.blksize = 8;
        fake_tftp.windowsize = 24;
        fake_tftp.first = first[i];
        fake_tftp.lose = lose_round;
        fake_tftp.timeout = 1000;
        CHECK_EQUAL(fetch(&file), 0);
        CHECK(is_file(&file));
    }
}
