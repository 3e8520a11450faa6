/* SPDX-License-Identifier: BSD-2-Clause */
/* ARP: what is answered, which neighbours are believed, and who may change that. */
#include <stdlib.h>
#include <string.h>

#include "lib/errors.h"
#include "fake_tftp.h"
#include "net/arp.h"
#include "net/udp.h"

enum { REQUEST = 1, REPLY = 2, DOUBT_MS = 3000 };
static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t mac1[6] = {2, 0xbf, 0, 0, 0, 1}, mac2[6] = {2, 1, 0, 0, 0, 2};

/* Two machines that claim one address. */
static struct {
    const uint8_t *mac;
    bool answers;
    uint32_t delay;
    unsigned asked_alone;
} host[2];
static uint32_t address;
static unsigned asked_everybody;

static uint8_t frame[60];
static size_t arp(uint8_t operation, const uint8_t *from_mac, uint32_t from, const uint8_t *to_mac,
                  uint32_t to)
{
    memset(frame, 0, sizeof(frame));
    memcpy(frame, to_mac, 6);
    memcpy(frame + 6, from_mac, 6);
    memcpy(frame + 12, "\x08\x06\0\1\x08\0\6\4\0", 9);
    frame[21] = operation;
    memcpy(frame + 22, from_mac, 6);
    memcpy(frame + 28, &from, 4);
    if (operation == REPLY)
        memcpy(frame + 32, to_mac, 6);
    memcpy(frame + 38, &to, 4);
    return sizeof(frame);
}

static uint8_t reply[1600];
static size_t reply_len;

static void on_frame(const uint8_t *f, size_t len)
{
    reply_len = len;
    memcpy(reply, f, len);
    if (memcmp(f + 12, "\x08\x06", 2) || f[21] != REQUEST || memcmp(f + 38, &address, 4))
        return;
    asked_everybody += !memcmp(f, everybody, 6);
    for (unsigned i = 0; i < 2; i++) {
        bool alone = !memcmp(f, host[i].mac, 6);
        host[i].asked_alone += alone;
        if (host[i].answers && (alone || !memcmp(f, everybody, 6)))
            fake_deliver(frame, arp(REPLY, host[i].mac, address, net.mac, net.ip), host[i].delay);
    }
}

static struct fake_datagram sent;
static void on_udp(const struct fake_datagram *d)
{
    sent = *d;
}

static struct udp_socket out = {.port = 5000};

/* Send; the datagram has to go to that hardware address. */
static void must_reach(const uint8_t *mac)
{
    memset(&sent, 0, sizeof(sent));
    CHECK_EQUAL(udp_send(&out, address, 99, "x", 1), 0);
    CHECK_BYTES(sent.to_mac, mac, 6);
}

static void hear(size_t len)
{
    fake_deliver(frame, len, 0);
    while (fake_pending())
        net_poll();
}

static void forget_counts(void)
{
    host[0].asked_alone = host[1].asked_alone = asked_everybody = 0;
}

static void start(const char *name)
{
    static uint8_t last = 100;

    fake_case(name);
    fake_configure();
    fake_on_frame = on_frame;
    fake_on_udp = on_udp;
    fake_arp_off = true;
    address = fake_ip(10, 0, 0, last++);
    host[0].mac = mac1;
    host[1].mac = mac2;
    host[0].answers = true;
    host[1].answers = false;
    host[0].delay = host[1].delay = 0;
    forget_counts();
    must_reach(mac1);
    CHECK_EQUAL(asked_everybody, 1);
    forget_counts();
}

static void wait_ms(uint32_t ms)
{
    for (uint32_t end = fake_now + ms; fake_now < end;)
        net_poll();
}

TEST(answers)
{
    uint32_t other = fake_ip(10, 0, 0, 7);

    start("ARP request for us");
    hear(arp(REQUEST, mac2, other, everybody, net.ip));
    CHECK_EQUAL(reply_len, 42);
    CHECK(!memcmp(reply, mac2, 6) && !memcmp(reply + 6, net.mac, 6));
    CHECK_BYTES(reply + 12, "\x08\x06\0\1\x08\0\6\4\0\2", 10);
    CHECK(!memcmp(reply + 22, net.mac, 6) && !memcmp(reply + 28, &net.ip, 4));
    CHECK(!memcmp(reply + 32, mac2, 6) && !memcmp(reply + 38, &other, 4));

    for (unsigned i = 14; i < 42; i++) { /* for another, or in an unknown form */
        if (i >= 22 && i < 38)
            continue;
        arp(REQUEST, mac2, other, everybody, net.ip);
        frame[i] ^= 0x40;
        reply_len = 0;
        hear(60);
        CHECK_EQUAL(reply_len, 0);
    }
    arp(REQUEST, mac2, other, everybody, net.ip);
    hear(41);
    CHECK_EQUAL(reply_len, 0);
    hear(arp(REPLY, mac2, other, net.mac, net.ip));
    CHECK_EQUAL(reply_len, 0);

    /* Who wants the address for itself learns that it is taken (RFC 5227 section 2.1.1). */
    hear(arp(REQUEST, mac2, 0, everybody, net.ip));
    CHECK_EQUAL(reply_len, 42);

    reply_len = 0;
    net.ip = 0;
    hear(arp(REQUEST, mac2, other, everybody, 0));
    CHECK_EQUAL(reply_len, 0);
}

static bool answered_inside;
static void answer(struct udp_socket *socket, const struct udp_datagram *d)
{
    answered_inside = udp_send(socket, d->from, d->from_port, "y", 1) == 0;
}

TEST(udp_shows_nothing)
{
    struct udp_socket in = {.port = 6000, .receive = answer};
    uint8_t datagram[100];

    start("frames of a neighbour that come from another hardware address");
    udp_open(&in);
    size_t len = fake_udp_frame(datagram, address, 99, net.ip, 6000, "x", 1);
    memcpy(datagram + 6, mac2, 6);
    fake_deliver(datagram, len, 0);
    net_poll();
    CHECK(answered_inside && !memcmp(sent.to_mac, mac1, 6));
    must_reach(mac1);
    CHECK_EQUAL(asked_everybody + host[0].asked_alone, 0);

    address = fake_ip(10, 0, 0, 8); /* and of one that was never asked for */
    fake_deliver(datagram, fake_udp_frame(datagram, address, 99, net.ip, 6000, "x", 1), 0);
    net_poll();
    CHECK(!answered_inside);
    must_reach(mac1);
    CHECK_EQUAL(asked_everybody, 1);

    address = fake_ip(10, 0, 0, 14); /* and of one that is just being asked for */
    host[0].delay = 20;
    answered_inside = true;
    fake_deliver(datagram, fake_udp_frame(datagram, address, 99, net.ip, 6000, "x", 1), 10);
    must_reach(mac1);
    CHECK(!answered_inside);
    udp_close(&in);
}

/* Each claims that the neighbour's address is at mac2. */
static size_t claim(unsigned kind)
{
    switch (kind) {
    case 0: /* announcements (RFC 5227 section 3) */
        return arp(REQUEST, mac2, address, everybody, address);
    case 1:
        return arp(REPLY, mac2, address, everybody, address);
    case 2: /* answers that nobody asked for */
        return arp(REPLY, mac2, address, net.mac, net.ip);
    case 3:
        return arp(REPLY, mac2, address, everybody, net.ip);
    case 4: /* questions */
        return arp(REQUEST, mac2, address, everybody, net.ip);
    default:
        return arp(REQUEST, mac2, address, everybody, fake_ip(10, 0, 0, 250));
    }
}
enum { CLAIMS = 6 };

TEST(claims)
{
    for (unsigned kind = 0; kind < CLAIMS; kind++) {
        start("a claim while the neighbour is where it was");
        host[1].answers = true;
        hear(claim(kind));
        must_reach(mac1);
        CHECK_EQUAL(host[0].asked_alone, 1);
        CHECK_EQUAL(asked_everybody, 0);
        must_reach(mac1); /* and then it is known again */
        CHECK_EQUAL(host[0].asked_alone, 1);

        start("a claim while we ask the neighbour");
        host[0].delay = 100;
        hear(claim(kind));
        fake_deliver(frame, claim(kind), 50);
        must_reach(mac1);

        start("a claim of one who has taken its place");
        host[0].answers = false;
        host[1].answers = true;
        uint32_t before = fake_now;
        hear(claim(kind));
        must_reach(mac2);
        CHECK_EQUAL(host[0].asked_alone, 2);
        CHECK_EQUAL(asked_everybody, 1);
        CHECK(fake_now - before < 1000);
        must_reach(mac2);
        CHECK_EQUAL(asked_everybody, 1);

        start("a claim to an address that nobody was asked for");
        address = fake_ip(10, 0, 0, 200 + kind);
        hear(claim(kind));
        must_reach(mac1);
        CHECK_EQUAL(asked_everybody, 1);
        address = fake_ip(10, 0, 0, 210 + kind); /* nor when asking was in vain */
        host[0].answers = false;
        CHECK_EQUAL(udp_send(&out, address, 99, "x", 1), E_NO_ARP);
        hear(claim(kind));
        host[0].answers = true;
        forget_counts();
        must_reach(mac1);
        CHECK_EQUAL(asked_everybody, 1);
        CHECK_EQUAL(host[0].asked_alone, 0);
    }
}

TEST(first_answer)
{
    start("the first answer counts");
    host[1].answers = true;
    address = fake_ip(10, 0, 0, 11);
    must_reach(mac1); /* though both came in one poll */
    host[1].delay = 5;
    address = fake_ip(10, 0, 0, 13);
    must_reach(mac1);
    wait_ms(10);
    must_reach(mac1); /* the second has only caused a question */
    CHECK_EQUAL(host[0].asked_alone, 1);

    start("answers of another kind or too short");
    host[0].answers = false;
    address = fake_ip(10, 0, 0, 12);
    for (unsigned i = 14; i < 20; i++) {
        arp(REPLY, mac2, address, net.mac, net.ip);
        frame[i] ^= 1;
        fake_deliver(frame, 60, 1);
    }
    fake_deliver(frame, arp(REPLY, mac2, address, net.mac, net.ip) - 19, 1);
    CHECK_EQUAL(udp_send(&out, address, 99, "x", 1), E_NO_ARP);
}

TEST(silence)
{
    start("a neighbour that moved without a word");
    host[0].answers = false;
    host[1].answers = true;
    must_reach(mac1);
    CHECK_EQUAL(host[0].asked_alone, 0);
    wait_ms(DOUBT_MS + 1);
    must_reach(mac2);
    CHECK_EQUAL(host[0].asked_alone, 2);

    start("a neighbour that no longer answers ARP");
    host[0].answers = false;
    wait_ms(DOUBT_MS + 1);
    uint32_t before = fake_now;
    must_reach(mac1);
    CHECK(fake_now - before < 4000);
    CHECK_EQUAL(host[0].asked_alone, 2);
    CHECK_EQUAL(asked_everybody, 2);
    must_reach(mac1); /* is not asked at every packet */
    CHECK_EQUAL(asked_everybody, 2);

    start("the user gives up");
    host[0].answers = false;
    wait_ms(DOUBT_MS + 1);
    fake_cancel_at = fake_now + 100;
    CHECK_EQUAL(udp_send(&out, address, 99, "x", 1), E_CANCELLED);
}

TEST(flood)
{
    start("a flood of other hosts");
    uint32_t server = address;
    for (unsigned i = 0; i < 2000; i++) {
        uint32_t other = fake_ip(10, 0, 0, 20 + i % 60);
        hear(arp(i & 1 ? REQUEST : REPLY, mac2, other, i & 2 ? everybody : net.mac, net.ip));
    }
    CHECK_EQUAL(address, server);
    must_reach(mac1);
    CHECK_EQUAL(asked_everybody + host[0].asked_alone, 0);
}

/* The network of a TFTP server that moves to other hardware in the middle of a transfer. */
static void (*serve)(const struct fake_datagram *d);
static bool announces, impostor;
static unsigned packets;

static void moving_server(const struct fake_datagram *d)
{
    const uint8_t *mac = impostor || packets < 20 ? mac1 : mac2;

    if (++packets == 20) {
        if (!impostor) {
            host[0].answers = false;
            host[1].answers = true;
        }
        if (announces)
            fake_deliver(frame, claim(0), 0);
    }
    if (!memcmp(d->to_mac, mac, 6))
        serve(d);
    else
        CHECK(!impostor);
}

static void transfer(const char *name, bool announced, bool attack)
{
    static uint8_t data[100 * 512];
    struct download file = {.base = data, .cap = sizeof(data)};

    start(name);
    fake_tftp_case(name, sizeof(data));
    fake_tftp.windowsize = 0;
    fake_tftp.blksize = 512;
    fake_arp_off = true;
    fake_on_frame = on_frame;
    serve = fake_on_udp;
    fake_on_udp = moving_server;
    address = fake_ip(10, 0, 0, 1);
    announces = announced;
    impostor = attack;
    packets = 0;
    uint32_t before = fake_now;
    CHECK_EQUAL(fake_tftp_get(address, "file", &file), 0);
    CHECK_EQUAL(file.length, sizeof(data));
    CHECK(fake_now - before < 6000);
}

TEST(moving_server)
{
    transfer("a server that moves and says so", true, false);
    transfer("a server that moves", false, false);
    transfer("a host that claims a server's address", true, true);
}
