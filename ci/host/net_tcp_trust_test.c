/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP with servers that lie, and with others who guess. */
#include "tcp_client.h"

static void deliver(const struct fake_segment *s)
{
    fake_tcp_send(s);
    net_wait(never, NULL, 5);
}

static struct fake_segment segment(unsigned flags, uint32_t ahead)
{
    return (struct fake_segment){
        .flags = flags, .seq = SERVER_NEXT + ahead, .ack = fake_tcp.client_next, .window = 500};
}

/* Every length that a header, an option or a packet can have, and what does not fit to it. */
TEST(lengths)
{
    uint8_t frame[1600];

    connected("data offsets that cannot be");
    for (unsigned words = 0; words < 16; words++) {
        struct fake_segment s = segment(TCP_ACK, 0);

        s.data = said;
        s.len = 8;
        size_t len = fake_tcp_frame(frame, &s);
        frame[46] = (uint8_t)(words << 4);
        if (words >= 5 && words * 4 <= 28)
            continue;
        fake_segment_fix(frame, len);
        fake_deliver(frame, len, 0);
        net_wait(over, NULL, 5);
        CHECK_EQUAL(got_len, 0);
    }
    for (unsigned total = 20; total < 40; total++) {
        struct fake_segment s = segment(TCP_ACK, 0);
        size_t len = fake_tcp_frame(frame, &s);

        frame[17] = (uint8_t)total;
        fake_fix_ip(frame);
        fake_deliver(frame, len, 0);
        net_wait(over, NULL, 5);
    }
    still_works();

    connected("a wrong checksum");
    struct fake_segment s = segment(TCP_ACK, 0);
    s.data = said;
    s.len = 9;
    size_t len = fake_tcp_frame(frame, &s);
    frame[len - 1] ^= 1;
    fake_deliver(frame, len, 0);
    net_wait(over, NULL, 5);
    still_works();
}

/* What some cards do: one frame in place of many segments, whose checksum they have seen to. */
TEST(offload)
{
    static uint8_t frame[66000];
    struct fake_segment s;
    size_t len;

    connected("a frame of 60,000 bytes without a checksum");
    s = segment(TCP_ACK, 0);
    s.data = said;
    s.len = 60000;
    len = fake_tcp_frame(frame, &s);
    frame[50] ^= 1;
    fake_deliver(frame, len, 0);
    net_wait(never, NULL, 5);
    CHECK_EQUAL(got_len, 0);
    net.checked = true;
    fake_tcp_arrives(0, 60000);
    fake_deliver(frame, len, 0);
    net_wait(never, NULL, 5);
    CHECK_EQUAL(got_len, 60000);
    CHECK_BYTES(got, said, got_len);
    tcp_close(&tcp);
}

TEST(resets)
{
    unsigned acks;

    connected("reset");
    fake_tcp_reset();
    CHECK_EQUAL(net_wait(over, NULL, 100), 0);
    CHECK_EQUAL(tcp.error, E_RESET);
    tcp_close(&tcp);
    net_poll();
    CHECK_EQUAL(fake_tcp.resets, 0);

    connected("a reset in the window, but not of the next byte, is asked about");
    acks = fake_tcp.acks;
    deliver(&(struct fake_segment){.flags = TCP_RST, .seq = SERVER_NEXT + 1});
    CHECK_EQUAL(fake_tcp.acks, acks + 1);
    deliver(&(struct fake_segment){.flags = TCP_RST, .seq = SERVER_NEXT - 1});
    still_works();

    connected("SYN in a connection is asked about");
    acks = fake_tcp.acks;
    struct fake_segment s = segment(TCP_SYN, 0);
    deliver(&s);
    CHECK_EQUAL(fake_tcp.acks, acks + 1);
    s = segment(TCP_SYN | TCP_ACK, -1u); /* the SYN-ACK again */
    deliver(&s);
    CHECK_EQUAL(fake_tcp.acks, acks + 2);
    still_works();

    connected("reset behind the end");
    fake_tcp_say(said, 10);
    fake_tcp_end();
    receive_all(10);
    deliver(&(struct fake_segment){.flags = TCP_RST, .seq = SERVER_NEXT + 11});
    CHECK_EQUAL(tcp.error, E_RESET);
    tcp_close(&tcp);
}

TEST(acknowledgements)
{
    struct fake_segment s;
    unsigned acks;

    connected("an acknowledgement of what was not sent, with data");
    acks = fake_tcp.acks;
    s = segment(TCP_ACK, 0);
    s.ack += 1;
    s.data = said;
    s.len = 5;
    deliver(&s);
    CHECK_EQUAL(fake_tcp.acks, acks + 1);
    still_works();

    connected("one from long ago");
    s = segment(TCP_ACK, 0);
    s.ack -= 0x60000000;
    s.data = said;
    s.len = 5;
    deliver(&s);
    still_works();

    connected("none");
    s = segment(0, 0);
    s.data = said;
    s.len = 5;
    deliver(&s);
    still_works();

    connected("an old one");
    CHECK_EQUAL(tcp_send(&tcp, "abc", 3), 0);
    net_wait(over, NULL, 5);
    s = segment(TCP_ACK, 0);
    s.ack -= 2;
    deliver(&s);
    still_works();
}

TEST(places)
{
    static const struct {
        const char *name;
        uint32_t ahead, len;
        unsigned flags;
    } bad[] = {
        {"data behind the window", 64 * 1514, 100, 0},
        {"data far behind the window", 1 << 20, 100, 0},
        {"data from long ago", -100000u, 100, 0},
        {"an old FIN", -1u, 0, TCP_FIN},
        {"an old byte with FIN", -2u, 1, TCP_FIN},
        {"FIN far behind the window", 1 << 20, 0, TCP_FIN},
        {"a keep-alive probe", -1u, 0, 0},
        {"a keep-alive probe with a byte", -1u, 1, 0},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct fake_segment s;
        unsigned acks;

        connected(bad[i].name);
        acks = fake_tcp.acks;
        s = segment(TCP_ACK | bad[i].flags, bad[i].ahead);
        s.data = said;
        s.len = bad[i].len;
        deliver(&s);
        CHECK_EQUAL(fake_tcp.acks, acks + 1);
        still_works();
    }
}

TEST(ends)
{
    struct fake_segment s;

    connected("FIN comes before the data");
    s = segment(TCP_ACK | TCP_FIN, 3000);
    fake_tcp_arrives(3000, 1);
    deliver(&s);
    CHECK(!tcp.ended);
    fake_tcp_say(said, 3000);
    fake_tcp_end();
    receive_all(3000);
    tcp_close(&tcp);

    connected("data behind the end");
    fake_tcp_say(said, 100);
    fake_tcp_end();
    receive_all(100);
    fake_tcp_arrives(101, 100);
    s = segment(TCP_ACK, 101);
    s.data = said;
    s.len = 100;
    deliver(&s);
    CHECK_EQUAL(got_len, 100);
    CHECK(tcp.ended);
    tcp_close(&tcp);

    connected("the half that is left still sends");
    fake_tcp_end();
    receive_all(0);
    CHECK_EQUAL(tcp_send(&tcp, "abc", 3), 0);
    net_wait(over, NULL, 1);
    CHECK_EQUAL(tcp.error, 0);
    tcp_close(&tcp);

    connected("closing what is closed");
    tcp_close(&tcp);
    tcp_close(&tcp);
    net_poll();
    CHECK_EQUAL(fake_tcp.resets, 1);
}
