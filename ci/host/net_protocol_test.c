/* SPDX-License-Identifier: BSD-2-Clause */
/* A protocol above IPv4 joins by its file alone: it gets its packets, and time. */
#include <string.h>

#include "fake_link.h"
#include "net/ipv4.h"

enum { EXPERIMENT = 253 /* RFC 3692 */ };

static unsigned received, ticks;
static size_t received_len;
static bool waiting_allowed;

static void receive(struct ipv4_header *ip, uint8_t *payload, size_t len)
{
    received++;
    received_len = len;
    waiting_allowed |= !net_polling();
    CHECK_EQUAL(ip->protocol, EXPERIMENT);
    CHECK(!memcmp(payload, "abc", 3));
}

static void tick(void)
{
    ticks++;
    waiting_allowed |= !net_polling();
}

IP_PROTOCOL(experiment) = {EXPERIMENT, receive, tick, NULL};

/* A UDP datagram whose header says that it is another protocol's. */
static size_t build(uint8_t *frame, uint8_t protocol)
{
    size_t len = fake_udp_frame(frame, fake_ip(10, 0, 0, 7), 1, net.ip, 2, "", 0);

    memcpy(frame + 34, "abc", 3);
    frame[23] = protocol;
    fake_fix_ip(frame);
    return len;
}

TEST(receive)
{
    uint8_t frame[64], part[64];
    size_t len;

    fake_case("a protocol's packets");
    fake_configure();
    fake_deliver(frame, build(frame, EXPERIMENT), 0);
    fake_deliver(frame, build(frame, EXPERIMENT + 1), 0);
    len = build(frame, EXPERIMENT);
    fake_deliver(frame, len, 0);
    CHECK_EQUAL(net_poll(), 3);
    CHECK_EQUAL(received, 2);
    CHECK_EQUAL(received_len, 8);

    fake_case("no fragments");
    fake_configure();
    received = 0;
    build(frame, EXPERIMENT);
    fake_deliver(part, fake_fragment(part, frame, 0, 8, true), 0);
    CHECK_EQUAL(net_poll(), 1);
    CHECK_EQUAL(received, 0);
}

static bool never(void *unused)
{
    return false;
}

TEST(tick)
{
    fake_case("time passes while something is waited for");
    fake_configure();
    ticks = 0;
    net_wait(never, NULL, 100);
    CHECK(ticks >= 100); /* the clock moves by 1 ms a turn */
    CHECK(!waiting_allowed);
}
