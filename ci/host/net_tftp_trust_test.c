/* SPDX-License-Identifier: BSD-2-Clause */
/* Whom the TFTP client believes: answers of others, ports, and what ICMP says. */
#include <stdlib.h>
#include <string.h>

#include "lib/errors.h"
#include "fake_tftp.h"
#include "net/udp.h"

enum { SIZE = 100 * 1468 };

static struct download file;
static uint8_t memory[SIZE];
static void (*serve)(const struct fake_datagram *d); /* the fake server's own */
static unsigned to_others;

static int get(void)
{
    file = (struct download){.base = memory, .cap = SIZE};
    return fake_tftp_get(fake_ip(10, 0, 0, 1), "file", &file);
}

static void expect(void)
{
    bool same = true;

    CHECK_EQUAL(get(), 0);
    CHECK_EQUAL(file.length, SIZE);
    for (uint32_t i = 0; same && i < SIZE; i++)
        same = memory[i] == fake_tftp_byte(i);
    CHECK(same);
    CHECK_EQUAL(to_others, 0);
}

static void start(const char *name, void (*attack)(const struct fake_datagram *d))
{
    fake_tftp_case(name, SIZE);
    serve = fake_on_udp;
    fake_on_udp = attack;
    to_others = 0;
}

static void stray(uint32_t from, uint16_t from_port, uint16_t to_port, const char *packet,
                  size_t len)
{
    fake_udp(from, from_port, net.ip, to_port, packet, len, 0);
}

/* A host that knows our port answers first, with everything there is. */
static void quicker(const struct fake_datagram *d)
{
    uint32_t other = fake_ip(192, 168, 7, 66);

    if (d->to == other)
        to_others++;
    for (uint16_t from = 69; from <= 3000; from += 2931) {
        stray(other, from, d->from_port, "\0\6tsize\0009\0", 10);
        stray(other, from, d->from_port, "\0\3\0\1bad", 7);
        stray(other, from, d->from_port, "\0\3\0\2bad", 7);
        stray(other, from, d->from_port, "\0\5\0\1no", 7);
        stray(other, from, d->from_port, "\0\6", 2);
    }
    serve(d);
}

/* One that has the server's address, but not our port. */
static void next_door(const struct fake_datagram *d)
{
    for (unsigned port = 32768; port < 65536; port += 61) {
        if (port == d->from_port)
            continue;
        stray(fake_ip(10, 0, 0, 1), 69, (uint16_t)port, "\0\3\0\1bad", 7);
        stray(fake_ip(10, 0, 0, 1), 69, (uint16_t)port, "\0\5\0\1no", 7);
    }
    serve(d);
}

static void watch(const struct fake_datagram *d)
{
    to_others += d->to != fake_ip(10, 0, 0, 1);
    serve(d);
}

TEST(others)
{
    start("another host answers first", quicker);
    fake_tftp.windowsize = 0;
    expect();
    start("the server's address, another port of ours", next_door);
    expect();
    start("a server that answers from another address", watch);
    fake_tftp.reply_from = fake_ip(10, 0, 0, 9);
    CHECK_EQUAL(get(), E_TIMEOUT);
    CHECK_EQUAL(to_others, 0); /* it is not even told */
    start("from another address, an error", watch);
    fake_tftp.reply_from = fake_ip(10, 0, 0, 9);
    fake_tftp.error = 1;
    CHECK_EQUAL(get(), E_TIMEOUT);
    CHECK_EQUAL(to_others, 0);
}

static uint16_t ports[2], requests;

static void note_port(const struct fake_datagram *d)
{
    if (d->to_port == 69)
        ports[requests++ % 2] = d->from_port;
    serve(d);
}

TEST(ports)
{
    start("each request from a port of its own", note_port);
    fake_tftp.refuse = 8; /* so there are two */
    requests = 0;
    expect();
    CHECK_EQUAL(requests, 2);
    CHECK(ports[0] != ports[1]);
    CHECK(ports[0] >= 32768 && ports[1] >= 32768);
}

/* ICMP. The stack's last UDP frame, and an error message that quotes it. */
static uint8_t sent[60];
static void note_frame(const uint8_t *frame, size_t len)
{
    if (len >= 42 && frame[12] == 8 && frame[23] == 17)
        memcpy(sent, frame, 42);
}

static uint8_t message[100];
static struct {
    unsigned type, code;
    size_t quoted; /* bytes */
    int offset;    /* of the byte of `message` that is changed afterwards, or of `sent`, when */
    bool in_quote; /* (the checksum is right then) */
    bool serves;   /* the server answers all the same */
} icmp;

static void unreachable(const struct fake_datagram *d)
{
    uint8_t quoted[60];

    if (d->to_port != 69) {
        serve(d);
        return;
    }
    memcpy(quoted, sent + 14, sizeof(quoted) - 14);
    if (icmp.in_quote)
        quoted[icmp.offset] ^= 0x10;
    fake_icmp_frame(message, icmp.type, icmp.code, quoted, icmp.quoted);
    if (!icmp.in_quote && icmp.offset)
        message[icmp.offset] ^= 0x10;
    fake_deliver(message, 42 + icmp.quoted, 0);
    if (icmp.serves)
        serve(d);
}

static void start_icmp(const char *name, unsigned type, unsigned code)
{
    start(name, unreachable);
    fake_on_frame = note_frame;
    icmp.type = type;
    icmp.code = code;
    icmp.quoted = 28;
    icmp.offset = 0;
    icmp.in_quote = icmp.serves = false;
}

TEST(unreachable)
{
    for (unsigned code = 0; code < 16; code++) {
        if (code == 4)
            continue;
        start_icmp("unreachable: ends at once", 3, code);
        CHECK_EQUAL(get(), code == 3 ? E_REFUSED : E_NO_ROUTE);
        CHECK_EQUAL(fake_transmits, 1 + fake_arp_requests);
        CHECK(fake_now - 1000 < 10);
    }
    start_icmp("quoted as far as there is", 3, 3);
    icmp.quoted = 28 + 18;
    CHECK_EQUAL(get(), E_REFUSED);
}

/* Everything that is not quite about our own datagram. */
TEST(other_messages)
{
    start_icmp("too large for the next network", 3, 4);
    icmp.serves = true;
    expect();
    for (unsigned type = 0; type < 20; type++) {
        if (type == 3 || type == 8)
            continue;
        start_icmp("other messages", type, 3);
        icmp.serves = true;
        expect();
    }
    for (size_t quoted = 0; quoted < 24; quoted++) {
        start_icmp("quote is cut off", 3, 3);
        icmp.quoted = quoted;
        icmp.serves = true;
        expect();
    }
    for (int i = 34; i < 42 + 28; i++) {
        start_icmp("wrong checksum", 3, 3);
        icmp.offset = i;
        icmp.serves = true;
        expect();
    }
    static const int fields[] = {0, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23};
    for (unsigned i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
        start_icmp("quotes another datagram", 3, 3);
        icmp.offset = fields[i];
        icmp.in_quote = true;
        icmp.serves = true;
        expect();
    }
}

/* During the transfer only what goes to the server's own port counts. */
static uint16_t quoted_port;
static void in_transfer(const struct fake_datagram *d)
{
    if (d->to_port == 3000 && fake_tftp.acks == 10) {
        sent[36] = (uint8_t)(quoted_port >> 8);
        sent[37] = (uint8_t)quoted_port;
        fake_icmp_frame(message, 3, 3, sent + 14, 28);
        fake_deliver(message, 70, 0);
        fake_tftp.stall_after = quoted_port == 3000 ? 1 : 0;
    }
    serve(d);
}

TEST(in_transfer)
{
    static const uint16_t quoted[] = {69, 3001, 3000};

    for (unsigned i = 0; i < 3; i++) {
        start("unreachable in the middle", in_transfer);
        fake_on_frame = note_frame;
        fake_tftp.windowsize = 0;
        quoted_port = quoted[i];
        if (quoted_port != 3000) {
            expect();
            continue;
        }
        CHECK_EQUAL(get(), E_REFUSED);
        CHECK(fake_now - 1000 < 10);
    }
}

/* A socket without a peer, or another one, has no part in it. */
TEST(sockets)
{
    struct udp_socket none = {.port = 5000}, other = {.port = 5000, .peer = fake_ip(10, 0, 0, 8)},
                      same = {.port = 5000, .peer = fake_ip(10, 0, 0, 7), .peer_port = 99};

    start_icmp("sockets", 3, 3);
    fake_on_udp = NULL;
    other.peer_port = 99;
    udp_open(&same);
    udp_open(&none);
    udp_open(&other);
    CHECK_EQUAL(udp_send(&same, fake_ip(10, 0, 0, 7), 99, "abc", 3), 0);
    fake_icmp_frame(message, 3, 10, sent + 14, 28);
    fake_deliver(message, 70, 0);
    while (fake_pending())
        net_poll();
    CHECK_EQUAL(none.error, 0);
    CHECK_EQUAL(other.error, 0);
    CHECK_EQUAL(same.error, E_NO_ROUTE);
    udp_close(&same);
    udp_close(&none);
    udp_close(&other);

    fake_icmp_frame(message, 3, 3, sent + 14, 28);
    memset(message + 30, 0xff, 4); /* a broadcast says nothing about us */
    fake_fix_ip(message);
    same.error = 0;
    udp_open(&same);
    fake_deliver(message, 70, 0);
    while (fake_pending())
        net_poll();
    CHECK_EQUAL(same.error, 0);
    udp_close(&same);
}
