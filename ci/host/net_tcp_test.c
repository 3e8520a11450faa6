/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP with a server that does everything right. */
#include "tcp_client.h"

static size_t answer_len;

static void answer(const uint8_t *data, size_t len)
{
    if (len == 4 && CHECK_BYTES(data, "GET\n", 4)) {
        fake_tcp_say(said, answer_len);
        fake_tcp_end();
    }
}

static void transfer(size_t len)
{
    answer_len = len;
    fake_tcp.on_data = answer;
    CHECK_EQUAL(connect_to_server(), 0);
    CHECK_EQUAL(tcp_send(&tcp, "GET\n", 4), 0);
    receive_all(len);
    tcp_close(&tcp);
    net_poll();
    CHECK_EQUAL(fake_tcp.resets, 1);
    CHECK_EQUAL(fake_tcp.connections, 1);
}

TEST(transfer)
{
    start("nothing comes");
    transfer(0);
    start("one byte");
    transfer(1);
    start("some segments");
    transfer(20000);
    CHECK_EQUAL(fake_tcp.resent, 0);
    CHECK_EQUAL(fake_tcp.client_mss, 1460);
    CHECK(fake_tcp.client_scale > 0);
    CHECK(fake_tcp.client_sack);
    start("more than any window");
    transfer(sizeof(said));
    CHECK(fake_tcp.acks < sizeof(said) / 1460 / 4);
    CHECK_EQUAL(fake_tcp.resent, 0);
    start("a server without options");
    fake_tcp.mss = 0;
    fake_tcp.segment = 536;
    fake_tcp.scale = -1;
    fake_tcp.sack = false;
    fake_tcp.burst = 1 << 20;
    transfer(300000);
    CHECK(fake_tcp.client_window <= 0xffff);
    start("numbers that wrap");
    fake_tcp.first = 0u - 5000;
    transfer(100000);
}
