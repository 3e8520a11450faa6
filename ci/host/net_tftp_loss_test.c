/* SPDX-License-Identifier: BSD-2-Clause */
/* The TFTP client on a bad network: loss, repetition, disorder, rollover, packets of others. */
#include <stdlib.h>
#include <string.h>

#include "lib/errors.h"
#include "fake_tftp.h"

static struct download file;

/* Fetch and compare; returns the time it took. */
static uint32_t expect(uint32_t size)
{
    bool same;

    file.base = malloc(size + 1);
    file.cap = size;
    CHECK_EQUAL(fake_tftp_get(fake_ip(10, 0, 0, 1), "file", &file), 0);
    same = file.length == size;
    CHECK_EQUAL(file.length, size);
    for (uint32_t i = 0; same && i < size; i++)
        same = file.data[i] == fake_tftp_byte(i);
    CHECK(same);
    CHECK_EQUAL(fake_tftp.errors, 0);
    free(file.base);
    return fake_now - 1000;
}

static uint32_t lost_block;
static unsigned lost_times;
static bool lose_one(uint32_t block, unsigned n)
{
    return block == lost_block && n < lost_times;
}

/* Every place where one packet can be lost, in lock-step. */
TEST(lock_step)
{
    for (unsigned old = 0; old < 2; old++) {
        for (lost_block = 0; lost_block <= 5; lost_block++) {
            lost_times = 1;
            fake_tftp_case(old ? "lost DATA, server with its own clock" : "lost DATA",
                           4 * 1468 + 5);
            fake_tftp.windowsize = 0;
            fake_tftp.ignores_old_acks = old;
            fake_tftp.timeout = old ? 1000 : 0;
            fake_tftp.lose = lose_one;
            CHECK(expect(4 * 1468 + 5) < 2000);

            fake_tftp_case(old ? "lost ACK, server with its own clock" : "lost ACK", 4 * 1468 + 5);
            fake_tftp.windowsize = 0;
            fake_tftp.ignores_old_acks = old;
            fake_tftp.timeout = old ? 1000 : 0;
            fake_tftp.lose_ack = lose_one;
            CHECK(expect(4 * 1468 + 5) < 2000);
        }
    }

    fake_tftp_case("every block is lost twice, time to wait doubles", 3 * 1468);
    fake_tftp.windowsize = 0;
    lost_block = 2;
    lost_times = 3;
    fake_tftp.lose = lose_one;
    uint32_t took = expect(3 * 1468);
    CHECK(took > 3 * 430 && took < 4000);
}

TEST(repeats)
{
    fake_tftp_case("every block twice: no block is acknowledged twice", 100 * 1468);
    fake_tftp.windowsize = 0;
    fake_tftp.twice = true;
    expect(100 * 1468);
    CHECK_EQUAL(fake_tftp.acks, 102);
    CHECK_EQUAL(fake_tftp.data_sent, 2 * 101);

    fake_tftp_case("every block twice in windows", 1000 * 1468);
    fake_tftp.twice = true;
    expect(1000 * 1468);
    CHECK_EQUAL(fake_tftp.acks, 1 + 1000 / 64 + 1);

    fake_tftp_case("slow server: the clock repeats, and learns patience", 40 * 1468);
    fake_tftp.windowsize = 0;
    fake_tftp.ignores_old_acks = true;
    fake_tftp.delay = 700;
    expect(40 * 1468);
    CHECK(fake_tftp.acks < 41 + 25);
    CHECK(fake_now - 1000 < 43 * 700);
}

static bool lose_some(uint32_t block, unsigned n)
{
    return next_random() % 100 < 3;
}

static bool lose_tail(uint32_t block, unsigned n)
{
    return !n && block % 64 > 50;
}

TEST(windows)
{
    fake_tftp_case("one block of a window is lost: one ACK, at once", 64 * 1468 * 3);
    lost_block = 70;
    lost_times = 1;
    fake_tftp.lose = lose_one;
    CHECK(expect(64 * 1468 * 3) < 50);
    CHECK_EQUAL(fake_tftp.acks, 1 + 1 + 1 + 1 + 1);

    fake_tftp_case("a server that goes back sends less than a window", 64 * 1468 * 3);
    fake_tftp.short_window = 10;
    fake_tftp.lose = lose_one;
    CHECK(expect(64 * 1468 * 3) < 100);

    fake_tftp_case("it is lost again: one more ACK", 64 * 1468 * 3);
    lost_times = 2;
    fake_tftp.lose = lose_one;
    CHECK(expect(64 * 1468 * 3) < 50);
    CHECK_EQUAL(fake_tftp.acks, 1 + 1 + 2 + 1 + 1);

    fake_tftp_case("last block of a window is lost: the clock", 64 * 1468 * 3);
    lost_block = 128;
    lost_times = 1;
    fake_tftp.lose = lose_one;
    uint32_t took = expect(64 * 1468 * 3);
    CHECK(took > 240 && took < 600);

    fake_tftp_case("the end of each window is lost", 1000 * 1468 + 7);
    fake_tftp.lose = lose_tail;
    expect(1000 * 1468 + 7);

    for (unsigned window = 1; window <= 64; window += 9) {
        fake_tftp_case("3 % of all packets are lost", 1000 * 1468 + 7);
        fake_tftp.windowsize = window;
        fake_tftp.lose = fake_tftp.lose_ack = lose_some;
        expect(1000 * 1468 + 7);
    }

    fake_tftp_case("the ACK of a window is lost, server sends it again", 64 * 1468 * 3);
    lost_block = 64;
    fake_tftp.lose_ack = lose_one;
    fake_tftp.timeout = 100;
    CHECK(expect(64 * 1468 * 3) < 700);
}

/* More than 65535 blocks. */
TEST(rollover)
{
    static const uint16_t window[] = {0, 16, 64};

    for (unsigned first = 0; first < 2; first++) {
        for (unsigned i = 0; i < 3; i++) {
            uint32_t blocks = i == 1 ? 140000 : 70000;
            fake_tftp_case(first ? "rollover to 1" : "rollover to 0", blocks * 8 + 9);
            fake_tftp.blksize = 8;
            fake_tftp.first = (uint16_t)first;
            fake_tftp.windowsize = window[i];
            CHECK(expect(blocks * 8 + 9) < (first && window[i] ? 600 : 100));
        }
        fake_tftp_case("rollover with the first block after it lost", 70000 * 8 + 9);
        fake_tftp.blksize = 8;
        fake_tftp.first = (uint16_t)first;
        lost_block = 65536;
        lost_times = 1;
        fake_tftp.lose = lose_one;
        expect(70000 * 8 + 9);

        fake_tftp_case("rollover in lock-step with loss", 70000 * 8 + 9);
        fake_tftp.blksize = 8;
        fake_tftp.windowsize = 0;
        fake_tftp.first = (uint16_t)first;
        fake_tftp.lose = lose_one;
        expect(70000 * 8 + 9);
    }
}

/* Packets in any order: a delay of 0 to 3 ms each. */
static bool shuffle(uint32_t block, unsigned n)
{
    fake_tftp.delay = next_random() % 4;
    return false;
}

TEST(disorder)
{
    for (unsigned window = 1; window <= 64; window += 7) {
        fake_tftp_case("out of order", 600 * 1468 + 7);
        fake_tftp.windowsize = window;
        fake_tftp.lose = shuffle;
        expect(600 * 1468 + 7);
        CHECK(fake_tftp.data_sent < 600 * (window + 2));
    }
}

static void stray(uint32_t from, uint16_t port, const char *packet, size_t len)
{
    fake_udp(from, port, net.ip, fake_tftp.client_port, packet, len, 0);
}

static bool intrude(uint32_t block, unsigned n)
{
    uint32_t server = fake_ip(10, 0, 0, 1), other = fake_ip(10, 0, 0, 66);

    if (block == 30 && !n) {
        stray(server, 3001,
              "\0\3\0\x1e"
              "bad",
              7); /* other port of the server */
        stray(other, 3000,
              "\0\3\0\x1e"
              "bad",
              7); /* other host */
        stray(server, 3001,
              "\0\5\0\0"
              "bad",
              8);                         /* errors of others are not answered */
        stray(server, 3000, "\0\3\0", 3); /* short */
        stray(server, 3000, "\0\3", 2);
        stray(server, 3000, "", 0);
        stray(server, 3000,
              "\0\6tsize\0"
              "9\0",
              10); /* late OACK */
        stray(server, 3000,
              "\0\7\0\x1e"
              "bad",
              7); /* no such opcode */
        stray(server, 3000,
              "\0\3\x80\0"
              "bad",
              7); /* block from far away */
    }
    return false;
}

static bool overlong(uint32_t block, unsigned n)
{
    static char packet[1472] = "\0\3\0\x1e";

    if (block == 30)
        stray(fake_ip(10, 0, 0, 1), 3000, packet, 1472);
    return block == 30;
}

TEST(strangers)
{
    fake_tftp_case("packets that are not the server's", 100 * 1468);
    fake_tftp.lose = intrude;
    expect(100 * 1468);
    CHECK_EQUAL(fake_tftp.unknown_tid_errors, 1); /* other hosts are not answered */

    fake_tftp_case("block longer than blksize", 100 * 1468);
    fake_tftp.lose = overlong;
    fake_tftp.blksize = 1000;
    file.base = malloc(100 * 1468);
    file.cap = 100 * 1468;
    CHECK_EQUAL(fake_tftp_get(fake_ip(10, 0, 0, 1), "file", &file), E_PROTOCOL);
    CHECK_EQUAL(fake_tftp.last_error, 4);
    free(file.base);

    fake_tftp_case("two answers to a repeated request", 1000);
    fake_tftp.delay = 600; /* longer than the client waits at first */
    expect(1000);
    CHECK_EQUAL(fake_tftp.requests, 2);
}
