// sources: ci/host/fake_link.c
// sources: src/firmware/net/ethernet.c src/firmware/net/arp.c src/firmware/net/icmp.c
// sources: src/firmware/net/random.c
// sources: src/firmware/net/ipv4.c src/firmware/net/udp.c src/firmware/net/checksum.c
/* IPv4 fragments: which datagrams are put together, and which never are. */
#include <string.h>

#include "fake_link.h"
#include "net/udp.h"

enum { ETHERNET = 14, HEADERS = 34, UDP = 8, LARGEST = 8192, WAIT_MS = 15000 };

static unsigned received;
static uint8_t last[LARGEST];
static size_t last_len;
static uint32_t last_from, last_to;

static void receive(struct udp_socket *socket, const struct udp_datagram *d)
{
    received++;
    last_len = d->len;
    last_from = d->from;
    last_to = d->to;
    memcpy(last, d->data, d->len);
}

static struct udp_socket inbox = {.port = 5000, .receive = receive};

/* A datagram as one frame, which is too long for the wire. */
struct whole {
    uint8_t frame[HEADERS + 66000];
    size_t len; /* behind the IP header */
};
static struct whole a, b;

static void make(struct whole *w, unsigned host, uint16_t id, size_t len)
{
    static uint8_t data[66000];

    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)fake_random();
    fake_udp_frame(w->frame, fake_ip(10, 0, 0, host), 6000, net.ip, 5000, data, len - UDP);
    w->len = len;
    w->frame[18] = (uint8_t)(id >> 8);
    w->frame[19] = (uint8_t)id;
}

static uint8_t frame[1600];
static size_t cut(const struct whole *w, size_t from, size_t len, bool more)
{
    return fake_fragment(frame, w->frame, from, len, more);
}

static void hear(size_t len)
{
    fake_deliver(frame, len, 0);
    while (fake_pending())
        net_poll();
}

static void fragment(const struct whole *w, size_t from, size_t len, bool more)
{
    hear(cut(w, from, len, more));
}

/* The datagram has arrived once, as it was. */
static void must_have(const struct whole *w)
{
    CHECK_EQUAL(received, 1);
    CHECK_EQUAL(last_len, w->len - UDP);
    CHECK(!memcmp(last, w->frame + HEADERS + UDP, w->len - UDP));
    CHECK(!memcmp(&last_from, w->frame + 26, 4) && !memcmp(&last_to, w->frame + 30, 4));
    received = 0;
}

static void start(const char *name)
{
    fake_case(name);
    fake_configure();
    udp_open(&inbox);
    received = 0;
}

static void wait_until(uint32_t time)
{
    while (fake_now < time)
        net_poll();
}

static void test_order(void)
{
    static const size_t sizes[] = {1416, 1480, 1488, 4096, 4104, 8184, 8191, LARGEST};
    static const size_t pieces[] = {8, 576, 1392, 1480};

    for (unsigned n = 0; n < sizeof(sizes) / sizeof(*sizes) * 4 * 4; n++) {
        size_t size = sizes[n / 16], piece = pieces[n % 4], count = (size + piece - 1) / piece;
        unsigned order = n / 4 % 4; /* forwards, backwards, mixed, mixed and repeated */
        uint16_t at[LARGEST / 8 + 1];

        start("fragments in any order");
        make(&a, 7, (uint16_t)n, size);
        for (size_t i = 0; i < count; i++)
            at[i] = (uint16_t)(order == 1 ? count - 1 - i : i);
        for (size_t i = 0; order > 1 && i < count; i++) {
            size_t with = fake_random() % count;
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

static void test_several(void)
{
    start("two datagrams of one host in turns");
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
        start("one ID, several hosts");
        make(&a, 7, 99, 2000);
        make(&b, host, 99, 2000);
        fragment(&a, 0, 1480, true);
        fragment(&b, 0, 1480, true);
        fragment(&b, 1480, 520, false);
        must_have(&b);
        fragment(&a, 1480, 520, false);
        must_have(&a);
    }

    start("one ID, sent to us and to everybody");
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

static void test_protocols(void)
{
    start("one ID, another protocol");
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

    start("ICMP that looks like a whole echo request");
    make(&a, 7, 98, 1480);
    memcpy(a.frame + HEADERS, "\x08\0\xf7\xff", 4);
    memset(a.frame + HEADERS + 4, 0, 1476);
    a.frame[23] = 1;
    fragment(&a, 0, 1480, true);
    CHECK_EQUAL(fake_transmits, 0);
}

static void test_repeats(void)
{
    start("one ID, again and again");
    for (unsigned i = 0; i < 5; i++) {
        make(&a, 7, 99, 2000);
        fragment(&a, 1480, 520, false);
        fragment(&a, 0, 1480, true);
        must_have(&a);
    }

    start("after a flood of others that are never whole");
    for (unsigned i = 0; i < 3000; i++) {
        make(&b, 20 + i % 50, (uint16_t)fake_random(), 3000);
        fragment(&b, fake_random() % 2 * 1480, 1480, true);
    }
    make(&a, 7, 1, 2000);
    fragment(&a, 0, 1480, true);
    fragment(&a, 1480, 520, false);
    must_have(&a);
}

static void test_time(void)
{
    start("fragments that take their time");
    make(&a, 7, 1, 2000);
    fragment(&a, 0, 1480, true);
    wait_until(fake_now + WAIT_MS - 100);
    fragment(&a, 1480, 520, false);
    must_have(&a);

    start("fragments that take too long");
    fragment(&a, 0, 1480, true);
    wait_until(fake_now + WAIT_MS + 100);
    fragment(&a, 1480, 520, false);
    CHECK_EQUAL(received, 0);
    fragment(&a, 0, 1480, true); /* goes with the new one */
    must_have(&a);
}

/* Fragments of a datagram of 2000 bytes, one of which is not as it should be. The bytes are the
 * right ones unless OTHER says that they differ. */
enum { END = 0, MORE = 1, OTHER = 2 };
struct bad {
    const char *name;
    struct {
        uint16_t from, len;
        unsigned how;
    } piece[6];
};

static const struct bad bad[] = {
    {"a piece twice, with other bytes",
     {{0, 1480, MORE}, {0, 1480, MORE | OTHER}, {1480, 520, END}}},
    {"the end twice, with other bytes",
     {{1480, 520, END}, {1480, 520, END | OTHER}, {0, 1480, MORE}}},
    {"one unit twice", {{0, 1480, MORE}, {1472, 528, END}, {1480, 520, END}}},
    {"one unit of other bytes twice",
     {{0, 1480, MORE}, {1472, 528, END | OTHER}, {1480, 520, END}}},
    {"one unit twice, the end first", {{1472, 528, END}, {0, 1480, MORE}, {0, 1472, MORE}}},
    {"a piece within another", {{0, 1480, MORE}, {8, 8, MORE | OTHER}, {1480, 520, END}}},
    {"a piece around another", {{8, 8, MORE | OTHER}, {0, 1480, MORE}, {1480, 520, END}}},
    {"a spoilt one that comes again",
     {{8, 8, MORE}, {8, 8, MORE | OTHER}, {0, 0, MORE}, {0, 1480, MORE}, {1480, 520, END}}},
    {"two ends", {{1480, 520, END}, {1480, 528, END}, {0, 1480, MORE}}},
    {"two ends, the nearer later", {{1480, 520, END}, {1480, 8, END | OTHER}, {0, 1480, MORE}}},
    {"more behind the end", {{1480, 520, END}, {2000, 8, MORE | OTHER}, {0, 1480, MORE}}},
    {"a hole", {{0, 1472, MORE}, {1480, 520, END}}},
    {"a hole of the length of what is too much", {{0, 8, MORE}, {24, 8, MORE}, {16, 8, END}}},
    {"no first", {{1480, 520, END}, {8, 1472, MORE}}},
    {"no end", {{0, 1480, MORE}, {1480, 520, MORE}}},
    {"more behind the end, and a hole", {{1480, 520, END}, {2000, 8, MORE}, {0, 1472, MORE}}},
    {"half a unit, and what it lacks", {{0, 1476, MORE}, {1480, 520, END}, {1472, 4, MORE}}},
    {"half a unit in the middle", {{0, 1476, MORE}, {1480, 520, END}, {1472, 8, MORE}}},
    {"nothing in the middle", {{0, 1480, MORE}, {1480, 0, MORE}}},
    {"nothing", {{0, 0, MORE}, {8, 0, END}, {0, 0, MORE}}},
};

static void test_bad(void)
{
    for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        start(bad[i].name);
        make(&a, 7, (uint16_t)(1000 + i), 2100);
        make(&b, 7, (uint16_t)(1000 + i), 2100);
        /* UDP itself would take whatever there was: 9 bytes, no checksum. */
        memcpy(a.frame + HEADERS + 4, "\0\x09\0\0", 4);
        memcpy(b.frame + HEADERS + 4, "\0\x09\0\0", 4);
        for (unsigned n = 0; n < 6; n++) {
            size_t from = bad[i].piece[n].from, len = bad[i].piece[n].len;
            unsigned how = bad[i].piece[n].how;
            if (from || len || how)
                fragment(how & OTHER ? &b : &a, from, len, how & MORE);
        }
        CHECK_EQUAL(received, 0);
        make(&a, 7, (uint16_t)(2000 + i), 2000);
        fragment(&a, 0, 1480, true);
        fragment(&a, 1480, 520, false);
        must_have(&a); /* the next one is none the worse */
    }
}

/* What is checked in every datagram is checked in these too. */
static void test_checks(void)
{
    for (unsigned i = HEADERS; i < HEADERS + 40; i++) {
        start("a broken datagram in fragments");
        make(&a, 7, (uint16_t)i, 2000);
        a.frame[i] ^= 0x10;
        fragment(&a, 0, 1480, true);
        fragment(&a, 1480, 520, false);
        CHECK_EQUAL(received, 0);
    }
    for (unsigned i = ETHERNET; i < HEADERS; i++) {
        start("a broken fragment");
        make(&a, 7, (uint16_t)(100 + i), 2000);
        fragment(&a, 0, 1480, true);
        size_t len = cut(&a, 1480, 520, false);
        frame[i] ^= 0x10;
        hear(len);
        CHECK_EQUAL(received, 0);
    }
    start("a UDP length beyond the datagram");
    make(&a, 7, 1, 2000);
    a.frame[38] = 2001 >> 8;
    a.frame[39] = 2001 & 255;
    memset(a.frame + 40, 0, 2);
    fragment(&a, 0, 1480, true);
    fragment(&a, 1480, 520, false);
    CHECK_EQUAL(received, 0);

    start("for another host");
    make(&a, 7, 2, 2000);
    a.frame[33] ^= 1;
    fragment(&a, 0, 1480, true);
    fragment(&a, 1480, 520, false);
    CHECK_EQUAL(received, 0);
}

static void test_size(void)
{
    start("larger than there is room for");
    make(&a, 7, 1, LARGEST + 8);
    for (size_t from = 0; from < LARGEST; from += 1024)
        fragment(&a, from, 1024, true);
    fragment(&a, LARGEST, 8, false);
    CHECK_EQUAL(received, 0);

    start("up to the end of the numbers");
    make(&b, 7, 1, 65535);
    for (size_t from = 0; from < 65528; from += 1480)
        fragment(&b, from, 65528 - from < 1480 ? 65528 - from : 1480, true);
    make(&b, 7, 2, 65535);
    memcpy(frame, b.frame, HEADERS);
    for (size_t len = 0; len <= 1480; len++) { /* the last ones end behind 65535 */
        size_t total = cut(&b, 0, len, len & 1);
        frame[20] |= 0x1f;
        frame[21] = 0xff;
        fake_fix_ip(frame);
        hear(total);
    }
    CHECK_EQUAL(received, 0);
}

/* Any pieces in any order: what arrives is what was sent. */
static void test_random(void)
{
    unsigned good = 0;

    for (unsigned i = 0; i < 20000; i++) {
        size_t size = 16 + fake_random() % 300, from = 0, used = 0;
        struct {
            size_t from, len;
        } piece[40];

        start("random pieces");
        make(&a, 7, (uint16_t)(30000 + i), size);
        make(&b, 7, (uint16_t)(30000 + i), size + 64);
        memset(a.frame + 40, 0, 2);
        while (from < size) {
            size_t len = 8 * (1 + fake_random() % 8);
            piece[used].from = from;
            piece[used].len = len = len < size - from ? len : size - from;
            from += len;
            used++;
        }
        bool clean = fake_random() & 1;
        for (size_t left = used; left && used > 1;) {
            if (!clean && fake_random() % 8 == 0)
                fragment(&b, fake_random() % 40 * 8, fake_random() % 10 * 8, fake_random() & 1);
            size_t n = fake_random() % left--;
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

int main(void)
{
    test_order();
    test_several();
    test_protocols();
    test_repeats();
    test_time();
    test_bad();
    test_checks();
    test_size();
    test_random();
    return fake_report();
}
