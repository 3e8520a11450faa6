/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv4 fragments that are put together: in any order, several datagrams at a time, in time. */
#include "fragments.h"

static void wait_until(uint32_t time)
{
    while (fake_now < time)
        net_poll();
}

TEST(order)
{
    static const size_t sizes[] = {1416, 1480, 1488, 4096, 4104, 8184, 8191, LARGEST};
    static const size_t pieces[] = {8, 576, 1392, 1480};

    for (unsigned n = 0; n < sizeof(sizes) / sizeof(*sizes) * 4 * 4; n++) {
        size_t size = sizes[n / 16], piece = pieces[n % 4], count = (size + piece - 1) / piece;
        unsigned order = n / 4 % 4; /* forwards, backwards, mixed, mixed and repeated */
        uint16_t at[LARGEST / 8 + 1];

        begin("fragments in any order");
        make(&a, 7, (uint16_t)n, size);
        for (size_t i = 0; i < count; i++)
            at[i] = (uint16_t)(order == 1 ? count - 1 - i : i);
        for (size_t i = 0; order > 1 && i < count; i++) {
            size_t with = next_random() % count;
            uint16_t other = at[with];
            at[with] = at[i];
            at[i] = other;
        }
        for (size_t i = 0; i < count; i++) {
            size_t from = at[i] * piece, len = size - from < piece ? size - from : piece;
            CHECK_EQUAL(received, 0);
            fragment(&a, from, len, from + len < size);
            if (order == 3 && i + 1 < count)
                fragment(&a, from, len, from + len < size);
        }
        must_have(&a);
    }
}

TEST(several)
{
    begin("two datagrams of one host in turns");
    make(&a, 7, 0x1234, 3000);
    make(&b, 7, 0x1235, 2000);
    fragment(&a, 0, 1480, true);
    fragment(&b, 0, 1480, true);
    fragment(&a, 1480, 1480, true);
    fragment(&b, 1480, 520, false);
    must_have(&b);
    fragment(&a, 2960, 40, false);
    must_have(&a);

    for (unsigned host = 8; host < 11; host++) {
        begin("one ID, several hosts");
        make(&a, 7, 99, 2000);
        make(&b, host, 99, 2000);
        fragment(&a, 0, 1480, true);
        fragment(&b, 0, 1480, true);
        fragment(&b, 1480, 520, false);
        must_have(&b);
        fragment(&a, 1480, 520, false);
        must_have(&a);
    }

    begin("one ID, sent to us and to everybody");
    make(&a, 7, 99, 2000);
    make(&b, 7, 99, 2000);
    memset(b.frame + 30, 0xff, 4);
    memset(b.frame + HEADERS + 6, 0, 2); /* no checksum */
    fragment(&a, 0, 1480, true);
    fragment(&b, 1480, 520, false);
    CHECK_EQUAL(received, 0);
    fragment(&b, 0, 1480, true);
    must_have(&b);
}

TEST(protocols)
{
    begin("one ID, another protocol");
    make(&a, 7, 99, 2000);
    b = a;
    fragment(&a, 0, 1480, true);
    for (unsigned protocol = 0; protocol < 256; protocol++) {
        b.frame[23] = (uint8_t)protocol;
        if (protocol != 17)
            fragment(&b, protocol % 4 * 8, 1480, protocol & 1);
    }
    CHECK_EQUAL(fake_transmits + received, 0);
    fragment(&a, 1480, 520, false);
    must_have(&a);

    begin("ICMP that looks like a whole echo request");
    make(&a, 7, 98, 1480);
    memcpy(a.frame + HEADERS, "\x08\0\xf7\xff", 4);
    memset(a.frame + HEADERS + 4, 0, 1476);
    a.frame[23] = 1;
    fragment(&a, 0, 1480, true);
    CHECK_EQUAL(fake_transmits, 0);
}

TEST(repeats)
{
    begin("one ID, again and again");
    for (unsigned i = 0; i < 5; i++) {
        make(&a, 7, 99, 2000);
        fragment(&a, 1480, 520, false);
        fragment(&a, 0, 1480, true);
        must_have(&a);
    }
}

TEST(floods)
{
    begin("after a flood of others that are never whole");
    for (unsigned i = 0; i < 3000; i++) {
        make(&b, 20 + i % 50, (uint16_t)next_random(), 3000);
        fragment(&b, next_random() % 2 * 1480, 1480, true);
    }
    make(&a, 7, 1, 2000);
    fragment(&a, 0, 1480, true);
    fragment(&a, 1480, 520, false);
    must_have(&a);

    begin("strangers between the fragments of the host we sent to");
    CHECK_EQUAL(udp_send(&inbox, fake_ip(10, 0, 0, 7), 6000, "x", 1), 0);
    make(&a, 7, 300, 2000);
    fragment(&a, 0, 1480, true);
    for (unsigned i = 0; i < 100; i++) {
        make(&b, 20 + i, (uint16_t)next_random(), 2000);
        fragment(&b, 0, 1480, true);
    }
    fragment(&a, 1480, 520, false);
    must_have(&a);
    fragment(&a, 0, 1480, true);
    for (unsigned i = 0; i < 4; i++) { /* that host itself goes on to others */
        make(&a, 7, (uint16_t)(400 + i), 2000);
        fragment(&a, 0, 1480, true);
        fragment(&a, 1480, 520, false);
        must_have(&a);
    }
    for (unsigned i = 0; i < 4; i++) { /* and is in nobody's way for ever */
        make(&a, 7, (uint16_t)(500 + i), 2000);
        fragment(&a, 0, 1480, true);
    }
    wait_until(fake_now + WAIT_MS + 100);
    for (unsigned i = 0; i < 4; i++) {
        make(&b, 20 + i, 0, 2000);
        fragment(&b, 0, 1480, true);
        fragment(&b, 1480, 520, false);
        must_have(&b);
    }
}

TEST(time)
{
    begin("fragments that take their time");
    make(&a, 7, 1, 2000);
    fragment(&a, 0, 1480, true);
    wait_until(fake_now + WAIT_MS - 100);
    fragment(&a, 1480, 520, false);
    must_have(&a);

    begin("fragments that take too long");
    fragment(&a, 0, 1480, true);
    wait_until(fake_now + WAIT_MS + 100);
    fragment(&a, 1480, 520, false);
    CHECK_EQUAL(received, 0);
    fragment(&a, 0, 1480, true); /* goes with the new one */
    must_have(&a);
}

/* Any pieces in any order: what arrives is what was sent. */
TEST(random)
{
    unsigned good = 0;

    for (unsigned i = 0; i < 20000; i++) {
        size_t size = 16 + next_random() % 300, from = 0, used = 0;
        struct {
            size_t from, len;
        } piece[40];

        begin("random pieces");
        make(&a, 7, (uint16_t)(30000 + i), size);
        make(&b, 7, (uint16_t)(30000 + i), size + 64);
        memset(a.frame + 40, 0, 2);
        while (from < size) {
            size_t len = 8 * (1 + next_random() % 8);
            piece[used].from = from;
            piece[used].len = len = len < size - from ? len : size - from;
            from += len;
            used++;
        }
        bool clean = next_random() & 1;
        for (size_t left = used; left && used > 1;) {
            if (!clean && next_random() % 8 == 0)
                fragment(&b, next_random() % 40 * 8, next_random() % 10 * 8, next_random() & 1);
            size_t n = next_random() % left--;
            fragment(&a, piece[n].from, piece[n].len, piece[n].from + piece[n].len < size);
            piece[n] = piece[left];
        }
        if (clean && used > 1)
            CHECK_EQUAL(received, 1);
        good += received;
        if (clean && received)
            must_have(&a);
    }
    CHECK(good > 5000);
}
