/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP where segments are lost, overtake others, or come again. */
#include "tcp_client.h"

enum { LENGTH = 300000 };

static void say_all(void)
{
    fake_tcp_say(said, LENGTH);
    fake_tcp_end();
}

/* All of it comes, whatever happens on the way. Returns how long that took. */
static uint32_t fetch(void)
{
    uint32_t from = fake_now;

    fake_tcp.on_connect = say_all;
    if (CHECK_EQUAL(connect_to_server(), 0)) {
        receive_all(LENGTH);
        tcp_close(&tcp);
    }
    return fake_now - from;
}

static bool some_are_lost(uint32_t at, unsigned n)
{
    return !((next_random() >> 8) % 20);
}

static bool one_is_lost(uint32_t at, unsigned n)
{
    return at == 50 * 1460 && !n;
}

static bool tail_is_lost(uint32_t at, unsigned n)
{
    return at > LENGTH - 3000 && !n;
}

static bool many_gaps(uint32_t at, unsigned n)
{
    return at / 1460 % 2 && !n;
}

static uint32_t under_way; /* at most */

static bool watch(const struct fake_segment *s)
{
    uint32_t now = fake_tcp.sent - fake_tcp.acked;

    under_way = now > under_way ? now : under_way;
    return false;
}

TEST(segments_lost)
{
    start("one segment is lost: one comes again, and at once");
    fake_tcp.lose = one_is_lost;
    CHECK(fetch() < 200);
    CHECK_EQUAL(fake_tcp.resent, 1);

    start("the same where selective acknowledgements are not known");
    fake_tcp.lose = one_is_lost;
    fake_tcp.sack = false;
    CHECK(fetch() < 200);

    start("the last segments are lost");
    fake_tcp.lose = tail_is_lost;
    CHECK(fetch() < 2000);

    start("half of what is under way is lost, and all is at once");
    fake_tcp.lose = many_gaps;
    fake_tcp.burst = 1 << 20;
    fake_tcp.delay = 20;
    fake_tcp.on_segment = watch;
    fetch();
    CHECK(receives > 2);
    CHECK_EQUAL(under_way, LENGTH + 1);

    start("more gaps than are remembered");
    fake_tcp.lose = many_gaps;
    fake_tcp.burst = 200 * 1460;
    fetch();

    start("every twentieth is lost");
    fake_tcp.lose = some_are_lost;
    fake_tcp.delay = 20;
    fetch();
}

static bool some_acks_lost(const struct fake_segment *s)
{
    return !(next_random() >> 8 & 3);
}

TEST(acknowledgements_lost)
{
    start("acknowledgements are lost");
    fake_tcp.lose_ack = some_acks_lost;
    fetch();
    CHECK_EQUAL(fake_tcp.connections, 1);
}

TEST(order)
{
    start("segments that overtake each other");
    fake_tcp.reorders = true;
    fetch();
    CHECK_EQUAL(receives > 1, true);

    start("every segment comes twice");
    fake_tcp.twice = true;
    fetch();

    start("both, and some are lost");
    fake_tcp.twice = fake_tcp.reorders = true;
    fake_tcp.lose = some_are_lost;
    fake_tcp.first = 0u - 100000;
    fetch();
}

static void piece(uint32_t at, uint32_t len)
{
    fake_tcp_arrives(at, len);
    fake_tcp_send(&(struct fake_segment){.flags = TCP_ACK,
                                         .seq = fake_tcp_seq(at),
                                         .ack = fake_tcp.client_next,
                                         .window = 500,
                                         .data = said + at,
                                         .len = len});
    net_poll();
}

/* Overlapping pieces in any order: each place has its byte, and none is read twice. */
TEST(overlaps)
{
    for (unsigned round = 0; round < 50; round++) {
        start("pieces of any size from anywhere");
        fake_tcp.first = next_random();
        CHECK_EQUAL(connect_to_server(), 0);
        net_poll();
        for (unsigned i = 0; got_len < 20000 && i < 3000; i++) {
            uint32_t at = next_random() % 20000, len = 1 + next_random() % 1460;

            if (i % 8 == 7)
                at = (uint32_t)got_len; /* what is awaited, so that it comes to an end */
            if (at + len > 20000)
                len = 20000 - at;
            piece(at, len);
        }
        CHECK_EQUAL(got_len, 20000);
        CHECK_BYTES(got, said, 20000);
        tcp_close(&tcp);
    }
}

static unsigned requests_lost;

static bool lose_requests(const struct fake_segment *s)
{
    return s->len && requests_lost && requests_lost--;
}

static void answer(const uint8_t *data, size_t len)
{
    if (len == 3000) {
        CHECK_BYTES(data, said, len);
        fake_tcp_end();
    }
}

TEST(requests)
{
    uint32_t from;

    start("a request of several segments, which the server gets in the second attempt");
    fake_tcp.on_data = answer;
    fake_tcp.lose_ack = lose_requests;
    requests_lost = 6;
    CHECK_EQUAL(connect_to_server(), 0);
    CHECK_EQUAL(tcp_send(&tcp, said, 3000), 0);
    CHECK_EQUAL(tcp_send(&tcp, said, 1), E_TOO_BIG);
    from = fake_now;
    receive_all(0);
    CHECK(fake_now - from >= 200 && fake_now - from < 500);

    start("only its first segment is lost");
    fake_tcp.on_data = answer;
    fake_tcp.lose_ack = lose_requests;
    requests_lost = 1;
    CHECK_EQUAL(connect_to_server(), 0);
    CHECK_EQUAL(tcp_send(&tcp, said, 3000), 0);
    from = fake_now;
    receive_all(0);
    CHECK_EQUAL(fake_now - from, 0); /* three acknowledgements of the same byte tell */

    start("a request that is never acknowledged");
    fake_tcp.lose_ack = lose_requests;
    requests_lost = 1000;
    CHECK_EQUAL(connect_to_server(), 0);
    CHECK_EQUAL(tcp_send(&tcp, said, 1000), 0);
    from = fake_now;
    CHECK_EQUAL(net_wait(over, NULL, 60000), 0);
    CHECK_EQUAL(tcp.error, E_STALLED);
    CHECK(fake_now - from < 20000);
    CHECK_EQUAL(tcp_send(&tcp, "x", 1), E_STALLED);
    tcp_close(&tcp);

    start("too long a request");
    CHECK_EQUAL(connect_to_server(), 0);
    CHECK_EQUAL(tcp_send(&tcp, said, TCP_SEND_MAX + 1), E_TOO_BIG);
    tcp_close(&tcp);
}
