/* SPDX-License-Identifier: BSD-2-Clause */
/* Blocks that overtake each other, from a server that starts a new window at each ACK: what that
 * costs in traffic and in time. And how slow a server may be. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/errors.h"
#include "fake_tftp.h"

enum { BLOCKS = 2000, SIZE = (BLOCKS - 1) * 1468 + 7 };

static struct download file;

static int get(uint32_t size)
{
    int rc;
    bool same;

    file = (struct download){.base = malloc(size), .cap = size};
    rc = fake_tftp_get(fake_ip(10, 0, 0, 1), "file", &file);
    same = rc || file.length == size;
    for (uint32_t i = 0; same && i < file.length; i++)
        same = file.data[i] == fake_tftp_byte(i);
    CHECK(same);
    free(file.base);
    return rc;
}

/* Whole, for so many blocks sent per hundred of the file, within so many ms. */
static void expect(unsigned percent, uint32_t ms)
{
    CHECK_EQUAL(get(SIZE), 0);
    if (!CHECK(fake_tftp.data_sent * 100 <= BLOCKS * percent) || !CHECK(fake_now - 1000 <= ms) ||
        getenv("CHECK_TRACE"))
        printf("    %u%% of the traffic, %u ms\n", fake_tftp.data_sent * 100 / BLOCKS,
               fake_now - 1000);
    CHECK_EQUAL(fake_tftp.errors, 0);
}

TEST(late)
{
    static const unsigned by[] = {1, 2, 3, 10, 40, 63, 200};

    for (unsigned i = 0; i < sizeof(by) / sizeof(*by); i++) {
        fake_tftp_case("one block in 64 comes late", SIZE);
        fake_tftp.late_every = 64;
        fake_tftp.late_by = by[i];
        expect(101, 60);

        fake_tftp_case("one block in 7 comes late", SIZE);
        fake_tftp.late_every = 7;
        fake_tftp.late_by = by[i];
        expect(101, 60);

        fake_tftp_case("one block in 61 comes late, small window", SIZE);
        fake_tftp.windowsize = 8;
        fake_tftp.late_every = 61;
        fake_tftp.late_by = by[i];
        expect(101, 60);
    }
}

TEST(too_big)
{
    for (uint32_t size = 50000; size < 50000 + 1468 * 8; size += 1468) {
        fake_tftp_case("more than the memory holds, and late blocks", SIZE);
        fake_tftp.tsize = false;
        fake_tftp.late_every = 5;
        fake_tftp.late_by = 3;
        CHECK_EQUAL(get(size), E_TOO_BIG);
    }
}

static unsigned every, ms;

/* Behind everything that is on its way. */
static bool much_later(uint32_t block, unsigned n)
{
    fake_tftp.delay = next_random() % every ? 0 : ms;
    return false;
}

/* Before what was sent in the `ms` before it. */
static bool early(uint32_t block, unsigned n)
{
    fake_tftp.delay = next_random() % every ? ms : 0;
    return false;
}

TEST(times)
{
    for (every = 16; every <= 64; every *= 4) {
        for (ms = 1; ms <= 5; ms += 2) {
            fake_tftp_case("some blocks come some ms late", SIZE);
            fake_tftp.lose = much_later;
            expect(149, 40 * ms);
            fake_tftp_case("some blocks come some ms early", SIZE);
            fake_tftp.lose = early;
            expect(149, 40 * (ms + 1));
        }
    }
}

/* On a slow line, one block a millisecond or less. */
static uint32_t line_free, spacing;
static bool slowly(uint32_t block, unsigned n)
{
    if (line_free < fake_now)
        line_free = fake_now;
    line_free += spacing;
    fake_tftp.delay = line_free - fake_now;
    return !n && block % 100 == 50;
}

TEST(slow_line)
{
    for (spacing = 1; spacing <= 81; spacing *= 3) {
        fake_tftp_case("a loss per 100 blocks on a slow line", SIZE);
        fake_tftp.lose = slowly;
        line_free = 0;
        expect(spacing < 10 ? 200 : 700, BLOCKS * spacing * 7);
    }
}

static bool lose_hundredth(uint32_t block, unsigned n)
{
    return next_random() % 100 < 1;
}

TEST(loss)
{
    fake_tftp_case("1 % is lost", SIZE);
    fake_tftp.lose = lose_hundredth;
    expect(170, 200);

    fake_tftp_case("1 % is lost, 25 ms away", SIZE);
    fake_tftp.lose = lose_hundredth;
    fake_tftp.delay = 25;
    expect(170, 1500);
}

/* However it holds us: a file has to come at 16 KiB a minute. */
TEST(slow_server)
{
    static const struct {
        uint32_t blksize, delay;
        int rc;
    } servers[] = {
        {8, 17000, E_STALLED},  {8, 1000, E_STALLED},    {1468, 17000, E_STALLED},
        {512, 2500, E_STALLED}, {1468, 7000, E_STALLED}, {512, 1500, 0},
        {1468, 4000, 0},
    };

    for (unsigned i = 0; i < sizeof(servers) / sizeof(*servers); i++) {
        fake_tftp_case("slow server", 40000);
        fake_tftp.blksize = servers[i].blksize;
        fake_tftp.delay = servers[i].delay;
        fake_tftp.windowsize = 0;
        fake_tftp.ignores_old_acks = true;
        CHECK_EQUAL(get(40000), servers[i].rc);
        if (servers[i].rc)
            CHECK(fake_now - 1000 > 60000 && fake_now - 1000 < 160000);
    }
}

/* A server may keep us awake with what we know already, or with what is of no use. */
static uint32_t nagging_block;
static void nag(void)
{
    uint8_t packet[4 + 1468] = {0, 3, 0, (uint8_t)nagging_block};

    if (fake_tftp.acks && fake_now % 2)
        fake_udp(fake_ip(10, 0, 0, 1), 3000, net.ip, fake_tftp.client_port, packet, sizeof(packet),
                 0);
}

TEST(nagging)
{
    static const uint32_t blocks[] = {1, 10, 12, 74, 75, 200}; /* 11 is the next one */

    for (unsigned i = 0; i < sizeof(blocks) / sizeof(*blocks); i++) {
        fake_tftp_case("the same block again and again", 400 * 1468);
        fake_tftp.stall_after = 10;
        fake_on_idle = nag;
        nagging_block = blocks[i];
        CHECK_EQUAL(get(400 * 1468), E_STALLED);
        CHECK(fake_now - 1000 < 80000);
    }
}
