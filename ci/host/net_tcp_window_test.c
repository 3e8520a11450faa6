/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP with readers that take little, cards that hold little, and servers that wait. */
#include "net/tcp_queue.h"
#include "tcp_client.h"

static void say_all(void)
{
    fake_tcp_say(said, sizeof(said));
    fake_tcp_end();
}

static void say_more_than_is_kept(void)
{
    for (unsigned len = 0; len <= QUEUE_SIZE; len += sizeof(said))
        fake_tcp_say(said, sizeof(said));
}

static bool enough(void *unused)
{
    return tcp.error || tcp.ended || got_len == take_max;
}

/* Take so many more bytes, which have to come. */
static void take_more(size_t len)
{
    take_max += len;
    tcp_resume(&tcp);
    CHECK_EQUAL(net_wait(enough, NULL, 5000), 0);
}

TEST(paced)
{
    start("a reader that takes 10,000 bytes now and then");
    fake_tcp.burst = 1 << 20;
    take_max = 0;
    fake_tcp.on_connect = say_more_than_is_kept;
    CHECK_EQUAL(connect_to_server(), 0);
    for (unsigned i = 0; i < 30; i++) {
        take_more(10000);
        CHECK_EQUAL(got_len, (i + 1) * 10000);
    }
    CHECK_BYTES(got, said, got_len);
    CHECK_EQUAL(fake_tcp.resent, 0);

    CHECK_EQUAL(net_wait(never, NULL, 100000), E_TIMEOUT); /* it closes, and both ends live on */
    CHECK(fake_tcp.sent - got_len <= QUEUE_SIZE);
    CHECK(fake_tcp.sent - got_len > QUEUE_SIZE - 1460);
    CHECK(fake_tcp.client_window < 1460);
    CHECK(fake_tcp.probes > 3);
    CHECK_EQUAL(tcp.error, 0);
    take_max = sizeof(got);
    tcp_resume(&tcp);
    CHECK_EQUAL(net_wait(enough, NULL, 5000), 0);
    CHECK_BYTES(got, said, sizeof(said));
    tcp_close(&tcp);

    start("a reader that takes nothing until the server has said all");
    fake_tcp.burst = 1 << 20;
    take_max = 0;
    fake_tcp.on_connect = say_all;
    CHECK_EQUAL(connect_to_server(), 0);
    CHECK_EQUAL(net_wait(never, NULL, 10000), E_TIMEOUT);
    CHECK(!tcp.ended);
    take_max = sizeof(got);
    tcp_resume(&tcp);
    receive_all(sizeof(said));
    tcp_resume(&tcp); /* nobody waits */
    tcp_close(&tcp);
}

static unsigned largest, under_way;

/* How much a server sends without waiting. */
static bool watch(const struct fake_segment *s)
{
    under_way = fake_tcp.sent - fake_tcp.acked;
    if (under_way > largest)
        largest = under_way;
    return false;
}

TEST(small_cards)
{
    for (unsigned frames = 2; frames < 10; frames++) {
        start("a card that holds few frames");
        net.burst = (uint8_t)frames;
        fake_tcp.burst = 1 << 20;
        fake_tcp.on_connect = say_all;
        fake_tcp.on_segment = watch;
        largest = 0;
        CHECK_EQUAL(connect_to_server(), 0);
        receive_all(sizeof(said));
        tcp_close(&tcp);
        CHECK(largest <= frames * 1474);
        CHECK(largest >= frames / 2 * 1460);
        CHECK_EQUAL(fake_tcp.resent, 0);
        CHECK(fake_now < 20000);
    }
}

TEST(small_packets)
{
    start("an MTU of 576");
    net.mtu = 576;
    fake_tcp.segment = 536;
    fake_tcp.on_connect = say_all;
    CHECK_EQUAL(connect_to_server(), 0);
    CHECK_EQUAL(fake_tcp.client_mss, 536);
    receive_all(sizeof(said));
    tcp_close(&tcp);
}

static unsigned window, longest;

static bool shut(const struct fake_segment *s)
{
    fake_tcp.window = window;
    if (s->len > longest)
        longest = (unsigned)s->len;
    return false;
}

static void end_when_whole(const uint8_t *data, size_t len)
{
    window = 1000;
    if (len == 2000)
        fake_tcp_end();
}

TEST(server_shuts_its_window)
{
    start("a server that takes nothing, then all");
    fake_tcp.scale = -1;
    fake_tcp.window = window = longest = 0;
    fake_tcp.on_segment = shut;
    fake_tcp.on_data = end_when_whole;
    CHECK_EQUAL(connect_to_server(), 0);
    CHECK_EQUAL(tcp_send(&tcp, said, 2000), 0);
    CHECK_EQUAL(longest, 0);
    net_wait(over, NULL, 200);
    CHECK_EQUAL(longest, 0);
    net_wait(over, NULL, 100); /* the timer asks, with a byte (RFC 9293 section 3.8.6.1) */
    CHECK_EQUAL(longest, 1);
    receive_all(0);
    CHECK(longest <= 1000);
    tcp_close(&tcp);
}

static void byte_a_minute(void)
{
    static uint32_t last;

    if (fake_tcp.open && fake_now - last > 60000) {
        last = fake_now;
        fake_tcp_say(said + got_len, 1);
    }
}

TEST(slow)
{
    void (*server)(void);

    start("a byte a minute is a connection that lives");
    CHECK_EQUAL(connect_to_server(), 0);
    server = fake_on_idle;
    fake_on_idle = byte_a_minute;
    CHECK_EQUAL(net_wait(over, NULL, 600000), E_TIMEOUT);
    fake_on_idle = server;
    CHECK(got_len >= 9);
    CHECK_EQUAL(tcp.error, 0);
    tcp_close(&tcp);
    CHECK_EQUAL(fake_tcp.resets, 1);
}
