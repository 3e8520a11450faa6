/* SPDX-License-Identifier: BSD-2-Clause */
/* How TCP connections are made, and not made. */
#include "tcp_client.h"

static bool no_answer(const struct fake_segment *s)
{
    return true;
}

static bool refuse_wrongly(const struct fake_segment *s)
{
    if (s->flags & TCP_SYN)
        fake_tcp_send(&(struct fake_segment){.flags = TCP_RST | TCP_ACK, .ack = s->seq});
    return true;
}

static bool plain_rst(const struct fake_segment *s)
{
    if (s->flags & TCP_SYN)
        fake_tcp_send(&(struct fake_segment){.flags = TCP_RST});
    return true;
}

TEST(connect)
{
    uint32_t from;

    start("refused");
    fake_tcp.refuses = true;
    CHECK_EQUAL(connect_to_server(), E_REFUSED);
    CHECK_EQUAL(fake_tcp.syns, 1);

    start("nobody answers");
    fake_tcp.on_segment = no_answer;
    from = fake_now;
    CHECK_EQUAL(connect_to_server(), E_TIMEOUT);
    CHECK(fake_now - from > 10000 && fake_now - from < 20000);

    start("there is no such host");
    fake_arp_off = true;
    CHECK_EQUAL(tcp_connect(&tcp, fake_ip(10, 0, 0, 9), 80), E_NO_ARP);
    start("there is no way");
    net.gateway = 0;
    CHECK_EQUAL(tcp_connect(&tcp, fake_ip(10, 9, 0, 9), 80), E_NO_ROUTE);

    start("Esc");
    fake_tcp.on_segment = no_answer;
    fake_cancel_at = fake_now + 100;
    CHECK_EQUAL(connect_to_server(), E_CANCELLED);
    CHECK(fake_now < 1200);

    start("a reset that acknowledges something else");
    fake_tcp.on_segment = refuse_wrongly;
    CHECK_EQUAL(connect_to_server(), E_TIMEOUT);
    start("a reset that acknowledges nothing");
    fake_tcp.on_segment = plain_rst;
    CHECK_EQUAL(connect_to_server(), E_TIMEOUT);
}

static unsigned answers, resets, unreachable_code;
static uint32_t reset_seq;

/* Two answers to the first SYN that are none, then the true one. */
static bool answer_wrongly(const struct fake_segment *s)
{
    struct fake_segment reply = {.flags = TCP_SYN | TCP_ACK, .seq = 99, .window = 500};

    if (s->flags & TCP_RST) {
        resets++;
        reset_seq = s->seq;
        return true;
    }
    if (!(s->flags & TCP_SYN) || answers++)
        return false;
    reply.ack = s->seq + 2;
    fake_tcp_send(&reply);
    reply.flags = TCP_SYN;
    reply.ack = 0;
    fake_tcp_send(&reply);
    reply.flags = TCP_ACK;
    reply.ack = s->seq + 1;
    fake_tcp_send(&reply);
    return true;
}

TEST(syn_ack)
{
    start("a SYN-ACK of another connection, a SYN, an ACK");
    answers = resets = 0;
    fake_tcp.on_segment = answer_wrongly;
    CHECK_EQUAL(connect_to_server(), 0);
    CHECK_EQUAL(answers, 2);
    CHECK_EQUAL(resets, 1);
    CHECK_EQUAL(reset_seq, fake_tcp.client_next + 1);
    still_works();

    connected("a second connection ends the first");
    CHECK_EQUAL(connect_to_server(), 0);
    net_wait(over, NULL, 5);
    CHECK_EQUAL(fake_tcp.resets, 1);
    CHECK_EQUAL(fake_tcp.connections, 2);
    still_works();
}

static const struct fake_segment *syn_ack;

static bool answer_so(const struct fake_segment *s)
{
    struct fake_segment reply = *syn_ack;

    if (!(s->flags & TCP_SYN))
        return false;
    reply.flags = TCP_SYN | TCP_ACK;
    reply.ack = s->seq + 1;
    fake_tcp_send(&reply);
    return true;
}

/* Options of a SYN-ACK that say nothing, or cannot be read: the connection is made all the same. */
TEST(options)
{
    static const struct {
        const char *name, *options;
        size_t len;
    } bad[] = {
        {"an option of length 0", "\x02\x00\x05\xb4", 4},
        {"an option of length 1", "\x02\x01\x05\xb4", 4},
        {"an option that goes on behind the header", "\x01\x02\x08\x05", 4},
        {"a kind without a length", "\x01\x01\x01\x02", 4},
        {"MSS of 3 bytes", "\x02\x03\x01\x01", 4},
        {"MSS 0", "\x02\x04\x00\x00", 4},
        {"MSS 65535", "\x02\x04\xff\xff", 4},
        {"a scale of 255", "\x03\x03\xff\x00", 4},
        {"a scale of 4 bytes", "\x03\x04\x07\x07", 4},
        {"an end, and what is behind it", "\x00\x02\x04\x00", 4},
        {"unknown ones", "\xfd\x06xxxx\x05\x0a\0\0\0\0\0\0\0\0", 16},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct fake_segment s = {.seq = 77, .window = 0xffff};

        start(bad[i].name);
        s.options = (const uint8_t *)bad[i].options;
        s.options_len = bad[i].len;
        syn_ack = &s;
        fake_tcp.on_segment = answer_so;
        CHECK_EQUAL(connect_to_server(), 0);
        CHECK_EQUAL(tcp_send(&tcp, said, TCP_SEND_MAX), 0);
        CHECK_EQUAL(tcp.error, 0);
        tcp_close(&tcp);
    }
}

static bool send_unreachable(const struct fake_segment *s)
{
    uint8_t frame[1600], quoted[28] = {0x45, 0, 0, 40};
    uint32_t server = fake_ip(10, 0, 0, 1);

    if (!(s->flags & TCP_SYN))
        return true;
    quoted[9] = 6;
    memcpy(quoted + 12, &net.ip, 4);
    memcpy(quoted + 16, &server, 4);
    fake_put16(quoted + 20, s->port);
    fake_put16(quoted + 22, FAKE_TCP_PORT);
    for (unsigned i = 0; i < 4; i++) { /* the last one is true */
        fake_put32(quoted + 24, s->seq + (i == 0));
        fake_put16(quoted + 20, s->port ^ (i == 1));
        fake_put16(quoted + 22, FAKE_TCP_PORT ^ (i == 2));
        if (i < 3 || unreachable_code)
            fake_deliver(frame, fake_icmp_frame(frame, 3, i < 3 ? 3 : unreachable_code, quoted, 28),
                         0);
    }
    return true;
}

TEST(unreachable)
{
    start("a router says that nobody listens");
    unreachable_code = 3;
    fake_tcp.on_segment = send_unreachable;
    CHECK_EQUAL(connect_to_server(), E_REFUSED);
    start("a router knows no way");
    unreachable_code = 1;
    fake_tcp.on_segment = send_unreachable;
    CHECK_EQUAL(connect_to_server(), E_NO_ROUTE);
    start("it is about something else");
    unreachable_code = 0;
    fake_tcp.on_segment = send_unreachable;
    CHECK_EQUAL(connect_to_server(), E_TIMEOUT);
}

TEST(foresight)
{
    uint32_t seq[50];
    uint16_t port[50];

    start("numbers and ports that nobody foresees");
    for (unsigned i = 0; i < 50; i++) {
        CHECK_EQUAL(connect_to_server(), 0);
        seq[i] = fake_tcp.client_next;
        port[i] = fake_tcp.client_port;
        CHECK(port[i] >= 32768);
        for (unsigned j = 0; j < i; j++)
            CHECK(seq[j] - seq[i] + 100000 > 200000);
        CHECK(!i || port[i] != port[i - 1]);
    }
    tcp_close(&tcp);
}
