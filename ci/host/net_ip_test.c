/* SPDX-License-Identifier: BSD-2-Clause */
/* Ethernet, ARP, IPv4, ICMP echo and UDP: what is taken, what is dropped, what is answered. */
#include "lib/errors.h"
#include "inbox.h"
#include "net/arp.h"
#include "lib/checksum.h"

/* A good datagram for inbox, to be tampered with. */
static size_t make(size_t len)
{
    static uint8_t data[1500];

    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)next_random();
    return fake_udp_frame(frame, fake_ip(10, 0, 0, 7), 6000, net.ip, 5000, data, len);
}

TEST(checksum)
{
    uint8_t data[200];

    fake_case("checksum");
    for (unsigned i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)next_random();
    for (size_t from = 0; from < 5; from++) {
        for (size_t len = 0; len < 190; len++) {
            uint16_t want = fake_checksum(data + from, len, 0);
            uint16_t got = (uint16_t)~checksum_add(0, data + from, len);
            CHECK_EQUAL((uint16_t)(got << 8 | got >> 8), want);
        }
    }
    memset(data, 0xff, sizeof(data));
    CHECK_EQUAL(checksum_add(0, data, sizeof(data)), 0xffff);
    CHECK_EQUAL(checksum_add(0xffff, data, sizeof(data)), 0xffff);
    memset(data, 0, sizeof(data));
    CHECK_EQUAL(checksum_add(0, data, sizeof(data)), 0);
    static uint8_t large[65535];
    memset(large, 0xff, sizeof(large));
    CHECK_EQUAL(checksum_add(0, large, sizeof(large) - 1), 0xffff);
}

TEST(udp_receive)
{
    start("UDP");
    for (size_t len = 0; len <= 1472; len += len < 40 ? 1 : 179) {
        deliver(make(len));
        CHECK_EQUAL(received, 1);
        CHECK_EQUAL(last.len, len);
        CHECK_BYTES(last_data, frame + 42, len);
        CHECK_EQUAL(last.from, fake_ip(10, 0, 0, 7));
        CHECK_EQUAL(last.from_port, 6000);
        CHECK_EQUAL(last.to, net.ip);
        CHECK_EQUAL(last.to_port, 5000);
    }

    make(10);
    memset(frame + 40, 0, 2); /* no checksum */
    deliver(60);
    CHECK_EQUAL(received, 1);
    CHECK_EQUAL(last.len, 10); /* padding of the frame does not count */

    for (unsigned i = 34; i < 52; i++) {
        make(10);
        frame[i] ^= 0x10;
        deliver(52);
        CHECK_EQUAL(received, 0);
    }
    for (unsigned i = 14; i < 34; i++) {
        make(10);
        frame[i] ^= 0x10;
        deliver(52);
        CHECK_EQUAL(received, 0);
    }
    for (size_t len = 0; len < 52; len++) { /* cut off */
        make(10);
        deliver(len);
        CHECK_EQUAL(received, 0);
    }
    make(10);
    frame[39] = 19; /* UDP length beyond the packet */
    memset(frame + 40, 0, 2);
    deliver(52);
    CHECK_EQUAL(received, 0);
    udp_close(&inbox);
    deliver(make(10));
    CHECK_EQUAL(received, 0);
}

TEST(ip_receive)
{
    start("IPv4 options are skipped");
    size_t len = make(10);
    memmove(frame + 38, frame + 34, len - 34);
    memset(frame + 34, 1, 4);
    frame[14] = 0x46;
    frame[17] += 4;
    fake_fix_ip(frame);
    deliver(len + 4);
    CHECK_EQUAL(received, 1);
    CHECK_EQUAL(last.len, 10);
    start("flags");
    len = make(10);
    frame[20] = 0x40; /* "don't fragment" is no fragment */
    fake_fix_ip(frame);
    deliver(len);
    CHECK_EQUAL(received, 1);

    start("addresses");
    struct {
        uint32_t to;
        unsigned taken;
    } to[] = {
        {fake_ip(10, 0, 0, 2), 1},       {fake_ip(10, 0, 0, 3), 0},
        {fake_ip(10, 0, 0, 255), 1},     {fake_ip(255, 255, 255, 255), 1},
        {fake_ip(10, 255, 255, 255), 0}, {fake_ip(224, 0, 0, 1), 0},
        {fake_ip(10, 0, 0, 0), 0},
    };
    for (unsigned i = 0; i < sizeof(to) / sizeof(*to); i++) {
        len = fake_udp_frame(frame, fake_ip(10, 0, 0, 7), 6000, to[i].to, 5000, "x", 1);
        deliver(len);
        CHECK_EQUAL(received, to[i].taken);
        if (received)
            CHECK_EQUAL(last.to, to[i].to);
    }
    len = make(10);
    frame[5] ^= 1; /* another card's hardware address */
    deliver(len);
    CHECK_EQUAL(received, 0);

    start("before there is an address");
    net.ip = net.mask = 0;
    deliver(fake_udp_frame(frame, fake_ip(10, 0, 0, 1), 67, fake_ip(10, 0, 0, 9), 5000, "x", 1));
    CHECK_EQUAL(received, 1);
}

static struct fake_datagram sent;
static void on_udp(const struct fake_datagram *d)
{
    sent = *d;
}

TEST(sockets)
{
    struct udp_socket same = {.port = 5000, .receive = receive};
    struct udp_socket any = {.port = UDP_ANY_PORT, .receive = receive};

    start("sockets");
    udp_open(&inbox); /* again */
    udp_open(&same);
    udp_open(&any);
    deliver(make(1));
    CHECK_EQUAL(received, 1);
    udp_close(&same);
    udp_close(&same);
    deliver(make(1));
    CHECK_EQUAL(received, 1);
    udp_close(&inbox);
    deliver(make(1));
    CHECK_EQUAL(received, 1); /* by the one for any port */
    udp_close(&any);
    deliver(make(1));
    CHECK_EQUAL(received, 0);
}

TEST(send)
{
    static uint8_t data[1473];

    start("sending");
    fake_on_udp = on_udp;
    CHECK_EQUAL(udp_send(&inbox, fake_ip(10, 0, 0, 40), 99, "abc", 3), 0);
    CHECK_EQUAL(fake_arp_requests, 1);
    CHECK_EQUAL(sent.from, net.ip);
    CHECK_EQUAL(sent.from_port, 5000);
    CHECK_EQUAL(sent.to_port, 99);
    CHECK(sent.len == 3 && !memcmp(sent.data, "abc", 3));
    CHECK(sent.to_mac[5] == 40);
    CHECK_EQUAL(udp_send(&inbox, fake_ip(10, 0, 0, 40), 99, "abc", 3), 0);
    CHECK_EQUAL(fake_arp_requests, 1); /* asked once */
    CHECK_EQUAL(udp_send(&inbox, fake_ip(192, 168, 0, 1), 99, data, 1472), 0);
    CHECK(sent.to_mac[5] == 1 && sent.len == 1472); /* through the gateway */
    CHECK_EQUAL(udp_send(&inbox, fake_ip(10, 0, 0, 40), 99, data, 1473), E_TOO_BIG);

    for (unsigned i = 0; i < 2; i++) {
        CHECK_EQUAL(udp_send(&inbox, i ? fake_ip(10, 0, 0, 255) : 0xffffffff, 99, "", 0), 0);
        CHECK_BYTES(sent.to_mac, "\xff\xff\xff\xff\xff\xff", 6);
    }
    for (unsigned i = 0; i < 0x10000;
         i++) { /* every checksum there is, looked at by the fake link */
        data[0] = (uint8_t)i;
        data[1] = (uint8_t)(i >> 8);
        udp_send(&inbox, 0xffffffff, 99, data, 2);
    }

    start("no way");
    net.gateway = 0;
    CHECK_EQUAL(udp_send(&inbox, fake_ip(192, 168, 0, 1), 99, "", 0), E_NO_ROUTE);
    fake_arp_off = true;
    uint32_t before = fake_now;
    CHECK_EQUAL(udp_send(&inbox, fake_ip(10, 0, 0, 50), 99, "", 0), E_NO_ARP);
    CHECK_EQUAL(fake_arp_requests, 4);
    CHECK(fake_now - before > 3000 && fake_now - before < 5000);
    fake_cancel_at = fake_now + 100;
    CHECK_EQUAL(udp_send(&inbox, fake_ip(10, 0, 0, 51), 99, "", 0), E_CANCELLED);
    fake_transmit_result = E_TRANSMIT;
    CHECK_EQUAL(udp_send(&inbox, fake_ip(10, 0, 0, 52), 99, "", 0), E_TRANSMIT);
    CHECK_EQUAL(udp_send(&inbox, 0xffffffff, 99, "", 0), E_TRANSMIT);
}

static uint8_t reply[1600];
static size_t reply_len;
static void on_frame(const uint8_t *f, size_t len)
{
    reply_len = len;
    memcpy(reply, f, len);
}

static size_t ping(size_t len)
{
    make(len);
    frame[23] = 1;
    fake_fix_ip(frame);
    memset(frame + 34, 0, 8);
    frame[34] = 8;
    frame[39] = 7;
    uint16_t sum = fake_checksum(frame + 34, len + 8, 0);
    frame[36] = (uint8_t)(sum >> 8);
    frame[37] = (uint8_t)sum;
    reply_len = 0;
    return len + 42;
}

TEST(icmp)
{
    for (size_t len = 0; len <= 1472; len += 368) {
        start("ping");
        fake_on_frame = on_frame;
        deliver(ping(len));
        CHECK_EQUAL(reply_len, len + 42);
        CHECK(!memcmp(reply, "\x02\xee\x0a\0\0\x07", 6) && !memcmp(reply + 6, net.mac, 6));
        CHECK_EQUAL(reply[34], 0);
        CHECK_EQUAL(fake_checksum(reply + 34, len + 8, 0), 0);
        CHECK_EQUAL(fake_checksum(reply + 14, 20, 0), 0);
        CHECK(!memcmp(reply + 26, &net.ip, 4) && !memcmp(reply + 30, "\x0a\0\0\x07", 4));
        CHECK_BYTES(reply + 38, frame + 38, len + 4);
    }
    start("bad pings");
    fake_on_frame = on_frame;
    ping(20);
    frame[50] ^= 1;
    deliver(62);
    CHECK_EQUAL(reply_len, 0);
    ping(20);
    frame[34] = 0;
    frame[36] += 8; /* a reply, with its right checksum */
    deliver(62);
    CHECK_EQUAL(reply_len, 0);
    ping(20);
    frame[35] = 1; /* a code that there is not */
    frame[37] -= 1;
    deliver(62);
    CHECK_EQUAL(reply_len, 0);
    ping(20);
    memset(frame + 30, 0xff, 4); /* broadcast */
    fake_fix_ip(frame);
    deliver(62);
    CHECK_EQUAL(reply_len, 0);
    net.ip = 0;
    ping(20);
    memset(frame + 30, 0, 4); /* to nobody */
    fake_fix_ip(frame);
    deliver(62);
    CHECK_EQUAL(reply_len, 0);
}

TEST(poll)
{
    start("broken frames do not end a poll");
    static uint8_t large[1600];
    fake_deliver(large, 1515, 0);
    fake_deliver(frame, make(3), 0);
    CHECK_EQUAL(net_poll(), 2);
    CHECK_EQUAL(received, 1);

    start("64 frames at a time");
    for (unsigned i = 0; i < 100; i++)
        fake_deliver(frame, make(3), 0);
    CHECK_EQUAL(net_poll(), 64);
    CHECK_EQUAL(net_poll(), 36);
    CHECK_EQUAL(received, 100);
}
