/* SPDX-License-Identifier: BSD-2-Clause */
/* What a server says of a file's size, true or not; where the file is put; data that comes right
 * behind that. */
#include <stdlib.h>
#include <string.h>

#include "lib/errors.h"
#include "fake_tftp.h"

static struct download file;
static uint8_t *memory;

/* Fetch into `cap` bytes of fresh memory, so that a byte too many is noticed. */
static int get(size_t cap, bool at_end)
{
    free(memory);
    memory = malloc(cap + !cap);
    file = (struct download){.base = memory, .cap = cap, .at_end = at_end};
    return fake_tftp_get(fake_ip(10, 0, 0, 1), "file", &file);
}

static void expect(size_t cap, bool at_end, uint32_t size)
{
    bool same = true;

    CHECK_EQUAL(get(cap, at_end), 0);
    CHECK_EQUAL(file.length, size);
    CHECK(file.data >= memory && file.data + file.length <= memory + cap);
    for (uint32_t i = 0; same && i < file.length; i++)
        same = file.data[i] == fake_tftp_byte(i);
    CHECK(same);
    CHECK_EQUAL(fake_tftp.errors, 0);
}

TEST(place)
{
    static const uint32_t sizes[] = {1, 1468, 5000, 8192, 29460, 99999, 100000};

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        fake_tftp_case("at the end of the memory", sizes[i]);
        expect(100000, true, sizes[i]);
        CHECK_EQUAL(file.total, sizes[i]);
        CHECK_EQUAL((file.data - memory) % 4096, 0);
        CHECK(memory + 100000 - (file.data + file.length) < 4096);

        fake_tftp_case("at its start", sizes[i]);
        expect(100000, false, sizes[i]);
        CHECK(file.data == memory);

        fake_tftp_case("of unknown size: at its start", sizes[i]);
        fake_tftp.tsize = false;
        expect(100000, true, sizes[i]);
        CHECK(file.data == memory);
        CHECK_EQUAL(file.total, 0);
    }
}

/* OACK and data in one poll: where the file goes is settled before its first block is looked at. */
TEST(hasty)
{
    static const uint32_t sizes[] = {0, 1, 1467, 1468, 1469, 29460, 94000, 300000};

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        for (unsigned window = 0; window <= 64; window += 32) {
            for (unsigned at_end = 0; at_end < 2; at_end++) {
                fake_tftp_case("data right behind the OACK", sizes[i]);
                fake_tftp.hasty = true;
                fake_tftp.windowsize = window;
                expect(400000, at_end, sizes[i]);
            }
        }
    }
}

/* For a caller that takes block by block: nothing is lost when it looks late. */
TEST(hasty_paced)
{
    static uint8_t block[1468];
    uint32_t offset = 0;

    for (unsigned granted = 0; granted <= 1000; granted += 500) {
        fake_tftp_case("data right behind the OACK, block by block", 12345);
        fake_tftp.hasty = true;
        fake_tftp.windowsize = 8; /* sends so many at once, though it grants 1 */
        fake_tftp.blksize = granted;
        struct transfer *t = fake_tftp_open(true, block, sizeof(block));
        for (offset = 0;;) {
            for (int i = 0; i < 20; i++)
                net_poll(); /* the caller takes its time */
            if (t->to == block && !t->finished && !CHECK_EQUAL(tftp_fetcher.read(t), 0))
                break;
            CHECK((size_t)(t->to - block) <= t->term[TERM_BLOCK]);
            for (uint8_t *p = block; p < t->to; p++)
                CHECK(*p == fake_tftp_byte(offset++));
            if (t->finished)
                break;
            t->to = block;
            t->room = sizeof(block);
        }
        CHECK_EQUAL(offset, 12345);
        tftp_fetcher.close(t, 0);
    }
}

static void expect_short(uint32_t announced, bool at_end)
{
    fake_tftp.announced = announced;
    CHECK_EQUAL(get(400000, at_end), E_SHORT_FILE);
    CHECK_EQUAL(fake_tftp.requests, 1);
    CHECK(fake_now - 1000 < 500);
}

TEST(short)
{
    static const uint32_t sizes[] = {0, 1, 1468, 10000, 29360, 29459};

    for (unsigned at_end = 0; at_end < 2; at_end++) {
        for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
            for (unsigned window = 0; window <= 64; window += 64) {
                fake_tftp_case("ends before its announced size", sizes[i]);
                fake_tftp.windowsize = window;
                expect_short(29460, at_end);
            }
        }
        fake_tftp_case("smaller blocks than granted: the first one looks like the end", 29460);
        fake_tftp.sends = 512;
        expect_short(29460, at_end);
    }
    fake_tftp_case("block by block", 3000);
    fake_tftp.announced = 3001;
    uint8_t bytes[4000];
    struct transfer *t = fake_tftp_open(false, bytes, sizeof(bytes));
    for (unsigned i = 0; i < 3; i++)
        CHECK_EQUAL(tftp_fetcher.read(t), 0);
    CHECK_EQUAL(tftp_fetcher.read(t), E_SHORT_FILE);
    tftp_fetcher.close(t, E_SHORT_FILE);
}

TEST(long)
{
    static const uint32_t announced[] = {1, 100, 1467, 1468, 1469, 4096, 20000, 29459};

    for (unsigned i = 0; i < sizeof(announced) / sizeof(*announced); i++) {
        for (unsigned window = 0; window <= 64; window += 64) {
            fake_tftp_case("longer than announced", 29460);
            fake_tftp.announced = announced[i];
            fake_tftp.windowsize = window;
            expect(100000, false, 29460);
            CHECK_EQUAL(fake_tftp.requests, 1);

            /* The room at the end does not suffice, so it comes twice. */
            fake_tftp_case("longer than announced, for the end of the memory", 29460);
            fake_tftp.announced = announced[i];
            fake_tftp.windowsize = window;
            CHECK_EQUAL(get(100000, true), 0);
            CHECK_EQUAL(file.length, 29460);
            CHECK_EQUAL(fake_tftp.requests, 2);
            CHECK(file.data == memory && fake_tftp_byte(29459) == memory[29459]);

            fake_tftp_case("and longer than the memory", 29460);
            fake_tftp.announced = announced[i];
            fake_tftp.windowsize = window;
            CHECK_EQUAL(get(29459, true), E_TOO_BIG);
            CHECK(fake_tftp.requests <= 2);
        }
    }
    fake_tftp_case("announced with 0", 29460);
    fake_tftp.oack = "tsize\0000\0blksize\0001468";
    fake_tftp.oack_len = 21;
    expect(100000, true, 29460);
    CHECK_EQUAL(fake_tftp.requests, 1);
}
