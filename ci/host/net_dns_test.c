/* SPDX-License-Identifier: BSD-2-Clause */
/* Names to addresses, against name servers that are good, slow, dead, wrong or hostile. */
#include <stdio.h>
#include <string.h>

#include "fake_dns.h"
#include "lib/errors.h"
#include "net/arp.h"
#include "net/dns.h"

#define A(a, b, c, d) \
    NULL,             \
    {                 \
        a, b, c, d    \
    }
static const struct fake_record zone[] = {
    {"files.lab.test", A(10, 0, 0, 7)},
    {"www.lab.test", "files.lab.test", {0}},
    {"a.test", "b.test", {0}},
    {"b.test", "c.other", {0}},
    {"c.other", "files.lab.test", {0}},
    {"loop.test", "pool.test", {0}},
    {"pool.test", "loop.test", {0}},
    {"self.test", "self.test", {0}},
    {"nowhere.test", "absent.test", {0}},
    {"x.sub.lab.test", A(10, 0, 0, 8)},
    {"top", A(10, 0, 0, 9)},
    {NULL, NULL, {0}},
};

static uint32_t address;

/* Another lease: nothing is known. */
static void forget(void)
{
    static const struct dhcp_packet none = {.len = 300};
    struct net before = net;

    dns_configure(&none);
    CHECK(!net.dns[0] && !net.search[0]);
    net = before;
}

static int resolve(const char *name)
{
    forget();
    address = 0;
    return dns_resolve(name, &address);
}

static void expect(const char *name, unsigned last)
{
    CHECK_EQUAL(resolve(name), 0);
    CHECK_EQUAL(address, fake_ip(10, 0, 0, last));
}

static uint32_t taken(void)
{
    return fake_now - 1000;
}

TEST(addresses)
{
    fake_dns_case("a host", zone, 1);
    expect("files.lab.test", 7);
    CHECK_EQUAL(fake_question_count, 1);
    CHECK_TEXT(fake_questions[0], "files.lab.test");
    expect("FILES.Lab.Test", 7);
    expect("files.lab.test.", 7);
    expect("www.lab.test", 7);
    expect("a.test", 7);
    expect("top.", 9);

    fake_dns_case("in capitals", zone, 1);
    fake_name_servers[0].shouts = true;
    expect("a.test", 7);

    fake_dns_case("compressed", zone, 1);
    fake_name_servers[0].compressed = true;
    expect("a.test", 7);

    fake_dns_case("in another order, among strangers", zone, 1);
    fake_name_servers[0].backwards = true;
    expect("a.test", 7);
    CHECK_EQUAL(fake_question_count, 1);

    fake_dns_case("aliases whose target is not in the answer", zone, 1);
    fake_name_servers[0].one_by_one = true;
    expect("a.test", 7);
    CHECK_EQUAL(fake_question_count, 4);
    CHECK_TEXT(fake_questions[1], "b.test");
    CHECK_TEXT(fake_questions[3], "files.lab.test");
    CHECK(fake_ids[0] != fake_ids[1] && fake_ids[1] != fake_ids[2]);
    CHECK(fake_ports[0] != fake_ports[1] && fake_ports[1] != fake_ports[2]);
}

TEST(no_such_name)
{
    fake_dns_case("none", zone, 2);
    CHECK_EQUAL(resolve("absent.test"), E_NAME);
    CHECK_EQUAL(fake_question_count, 1); /* what one says of the zone, all would say */
    CHECK_EQUAL(resolve("nowhere.test"), E_NAME);

    fake_dns_case("a name without an address", zone, 1);
    fake_name_servers[0].raw = (const uint8_t *)"";
    CHECK_EQUAL(resolve("files.lab.test"), E_NAME);

    fake_dns_case("no name server", zone, 0);
    CHECK_EQUAL(resolve("files.lab.test"), E_NO_DNS);

    fake_dns_case("aliases in a circle", zone, 1);
    CHECK_EQUAL(resolve("loop.test"), E_PROTOCOL);
    CHECK_EQUAL(resolve("self.test"), E_PROTOCOL);
    fake_name_servers[0].one_by_one = true;
    fake_question_count = 0;
    CHECK_EQUAL(resolve("loop.test"), E_PROTOCOL);
    CHECK(fake_question_count >= 16 && fake_question_count <= 21);
    CHECK(taken() < 100);
}

/* A label or a name that is too long, or empty, is asked of nobody. */
TEST(names)
{
    char label[80], name[400];

    for (unsigned n = 62; n <= 65; n++) {
        fake_dns_case("label", zone, 1);
        memset(label, 'x', n);
        label[n] = 0;
        CHECK_EQUAL(resolve(label), E_NAME);
        CHECK_EQUAL(fake_question_count, n <= 63);
    }
    for (unsigned n = 200; n < 400; n++) {
        fake_dns_case("length", zone, 1);
        for (unsigned i = 0; i < n; i++)
            name[i] = i % 50 == 49 ? '.' : 'y';
        name[n - 1] = 'y';
        name[n] = 0;
        CHECK_EQUAL(resolve(name), E_NAME);
        CHECK_EQUAL(fake_question_count, n <= 253);
    }
    fake_dns_case("a label of 256 characters and more", zone, 1);
    memset(name, 'x', 399);
    name[300] = 0;
    CHECK_EQUAL(resolve(name), E_NAME);
    memcpy(name + 240, ".a.b", 5);
    CHECK_EQUAL(resolve(name), E_NAME);
    static const char *const odd[] = {".", "..", "a..b", ".a", "a..", "..a.b"};
    for (unsigned i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
        fake_case(odd[i]);
        CHECK_EQUAL(resolve(odd[i]), E_NAME);
    }
    CHECK_EQUAL(fake_question_count, 0);
}

static void domains(const char *first, const char *second)
{
    memset(net.search, 0, sizeof(net.search));
    strcpy(net.search, first);
    if (*first)
        strcpy(net.search + strlen(first) + 1, second);
}

TEST(search)
{
    fake_dns_case("without a dot: in the domains first", zone, 1);
    domains("lab.test", "");
    expect("files", 7);
    CHECK_EQUAL(fake_question_count, 1);
    CHECK_TEXT(fake_questions[0], "files.lab.test");
    domains("absent.", "lab.test.");
    expect("www", 7);
    CHECK_EQUAL(fake_question_count, 3);
    CHECK_TEXT(fake_questions[1], "www.absent");

    fake_dns_case("then as it stands", zone, 1);
    domains("one.test", "two.test");
    expect("top", 9);
    CHECK_EQUAL(fake_question_count, 3);
    CHECK_TEXT(fake_questions[2], "top");

    fake_dns_case("with a dot: as it stands first", zone, 1);
    domains("lab.test", "");
    expect("x.sub", 8);
    CHECK_EQUAL(fake_question_count, 2);
    CHECK_TEXT(fake_questions[0], "x.sub");
    CHECK_TEXT(fake_questions[1], "x.sub.lab.test");

    fake_dns_case("with a dot at the end: only so", zone, 1);
    domains("lab.test", "");
    CHECK_EQUAL(resolve("files."), E_NAME);
    CHECK_EQUAL(fake_question_count, 1);
    CHECK_EQUAL(resolve("x.sub."), E_NAME);
    CHECK_EQUAL(fake_question_count, 2);

    fake_dns_case("no answer ends the search", zone, 1);
    domains("lab.test", "other.test");
    fake_name_servers[0].silent = true;
    CHECK_EQUAL(resolve("files"), E_TIMEOUT);
    CHECK_EQUAL(fake_question_count, 4);
    CHECK(taken() >= 7500 && taken() < 7600);

    fake_dns_case("nobody has it", zone, 1);
    domains("one.test", "two.test");
    CHECK_EQUAL(resolve("none"), E_NAME);
    CHECK_EQUAL(fake_question_count, 3);
}

static void no_arp_for_first(const uint8_t *frame, size_t len)
{
    fake_arp_off = frame[12] == 8 && frame[13] == 6 && frame[41] == 53;
}

TEST(servers)
{
    fake_dns_case("a dead one costs half a second", zone, 2);
    fake_name_servers[0].silent = true;
    expect("files.lab.test", 7);
    CHECK(taken() >= 500 && taken() < 520);
    CHECK_TEXT(fake_questions[1], "files.lab.test");
    CHECK_EQUAL(dns_resolve("www.lab.test", &address), 0);
    CHECK(taken() < 520); /* and only once */
    CHECK_EQUAL(fake_name_servers[0].asked, 1);

    fake_dns_case("one that is not there at all costs less", zone, 2);
    arp_forget();
    fake_on_frame = no_arp_for_first;
    expect("files.lab.test", 7);
    CHECK(taken() >= 250 && taken() < 270);
    CHECK_EQUAL(dns_resolve("www.lab.test", &address), 0);
    CHECK(taken() < 270);

    fake_dns_case("the last of four", zone, 4);
    net.dns[0] = net.dns[2] = 0;
    fake_name_servers[1].silent = true;
    expect("files.lab.test", 7);
    CHECK_EQUAL(fake_question_count, 2);

    fake_dns_case("one that does not listen costs nothing", zone, 2);
    fake_name_servers[0].closed = fake_name_servers[1].closed = true;
    CHECK_EQUAL(resolve("files.lab.test"), E_REFUSED);
    CHECK(taken() < 50);
    fake_name_servers[1].closed = false;
    expect("files.lab.test", 7);
    CHECK(taken() < 60);

    for (unsigned code = 1; code < 16; code++) {
        fake_dns_case("one that fails", zone, 2);
        fake_name_servers[0].code = fake_name_servers[1].code = code;
        CHECK_EQUAL(resolve("files.lab.test"), E_NAME);
        CHECK_EQUAL(fake_question_count, code == 3 ? 1 : 3);
        if (code == 3)
            continue;
        fake_name_servers[1].code = 0;
        expect("files.lab.test", 7);
        CHECK(taken() < 50);
        fake_name_servers[1].silent = true;
        CHECK_EQUAL(resolve("files.lab.test"), E_NAME);
        CHECK(taken() < 570);
    }

    fake_dns_case("answers that get lost", zone, 1);
    fake_name_servers[0].delay = 5000; /* late, but from the server that was asked */
    expect("files.lab.test", 7);
    CHECK(taken() >= 5000 && taken() < 5010);

    fake_dns_case("cancelled", zone, 1);
    fake_name_servers[0].silent = true;
    fake_cancel_at = 3000;
    CHECK_EQUAL(resolve("files.lab.test"), E_CANCELLED);
    CHECK(taken() < 2010);

    fake_dns_case("no way", zone, 1);
    net.dns[0] = fake_ip(10, 9, 9, 9);
    net.gateway = 0;
    CHECK_EQUAL(resolve("files.lab.test"), E_NO_ROUTE);
}

TEST(forgeries)
{
    for (unsigned i = 0; i < 2; i++) {
        fake_dns_case("what is no answer", zone, 1);
        fake_name_servers[0].forges = true;
        fake_name_servers[0].delay = 10;
        address = 0;
        forget();
        CHECK_EQUAL(dns_resolve("a.test", &address), 0);
        CHECK_EQUAL(address, fake_ip(10, 0, 0, 7));
    }
    fake_dns_case("a second server is not believed before it is asked", zone, 2);
    net.dns[1] = fake_ip(10, 0, 0, 99);
    fake_name_servers[0].forges = true;
    fake_name_servers[0].delay = 10;
    expect("files.lab.test", 7);
}

TEST(memory)
{
    fake_dns_case("asked once", zone, 1);
    expect("files.lab.test", 7);
    for (unsigned i = 0; i < 3; i++) {
        address = 0;
        CHECK_EQUAL(dns_resolve("files.lab.test", &address), 0);
        CHECK_EQUAL(address, fake_ip(10, 0, 0, 7));
    }
    CHECK_EQUAL(fake_question_count, 1);
    CHECK_EQUAL(dns_resolve("x.sub.lab.test", &address), 0);
    CHECK_EQUAL(address, fake_ip(10, 0, 0, 8));
    CHECK_EQUAL(fake_question_count, 2);

    fake_now += 60001; /* and again after a minute */
    CHECK_EQUAL(dns_resolve("x.sub.lab.test", &address), 0);
    CHECK_EQUAL(fake_question_count, 3);

    CHECK_EQUAL(dns_resolve("absent.test", &address), E_NAME);
    CHECK_EQUAL(dns_resolve("absent.test", &address), E_NAME);
    CHECK_EQUAL(fake_question_count, 5);
    CHECK_EQUAL(dns_resolve("", &address), E_NAME);

    expect("x.sub.lab.test", 8); /* another lease */
    CHECK_EQUAL(fake_question_count, 6);
}

/* An answer cut off anywhere gives its address, or is said to be malformed. */
TEST(truncated)
{
    fake_dns_case("whole", zone, 1);
    for (size_t cut = 12; cut < 400; cut++) {
        fake_dns_case("cut off", zone, 1);
        fake_name_servers[0].cut = cut;
        fake_cancel_at = 1100; /* without the whole question it is no answer */
        int rc = resolve("a.test");
        CHECK(rc == (cut < 24 ? E_CANCELLED : cut < 130 ? E_PROTOCOL : 0) || cut > 100);
        CHECK(rc == 0 || rc == E_PROTOCOL || rc == E_CANCELLED);
        CHECK(rc || address == fake_ip(10, 0, 0, 7));
    }
    static const struct fake_record many[] = {{"m.test", A(10, 0, 0, 7)}, {NULL, NULL, {0}}};
    fake_dns_case("more announced than came, but the address did", many, 1);
    fake_name_servers[0].raw = (const uint8_t *)"\xc0\x0c\0\1\0\1\0\0\0\0\0\4\x0a\0\0\7\xc0";
    fake_name_servers[0].raw_len = 17;
    fake_name_servers[0].raw_count = 9;
    expect("m.test", 7);
}

/* Each of these stands behind a good question, as the answers; none of them gives an address. */
TEST(malformed)
{
#define RAW(text) (const uint8_t *)(text), sizeof(text) - 1
    static const struct {
        const char *name;
        const uint8_t *raw;
        size_t len;
        int rc;
    } cases[] = {
        {"a pointer to itself", RAW("\xc0\x18\0\1\0\1\0\0\0\0\0\4\1\2\3\4"), E_PROTOCOL},
        {"a pointer forwards", RAW("\xc0\x1a\1x\0\0\1\0\1\0\0\0\0\0\4\1\2\3\4"), E_PROTOCOL},
        {"a label before a pointer to it", RAW("\1x\xc0\x18\0\1\0\1\0\0\0\0\0\4\1"), E_PROTOCOL},
        {"a pointer behind the end", RAW("\xff\xff\0\1\0\1\0\0\0\0\0\4\1\2\3\4"), E_PROTOCOL},
        {"half a pointer", RAW("\xc0"), E_PROTOCOL},
        {"a label of kind 40h", RAW("\x40\0\0\1\0\1\0\0\0\0\0\4\1\2\3\4"), E_PROTOCOL},
        {"a label over the end",
         RAW("\x3f"
             "abc"),
         E_PROTOCOL},
        {"a record over the end", RAW("\xc0\x0c\0\1\0\1\0\0\0\0\0\5\1\2\3\4"), E_PROTOCOL},
        {"an address of three bytes", RAW("\xc0\x0c\0\1\0\1\0\0\0\0\0\3\1\2\3"), E_NAME},
        {"an address of 16",
         RAW("\xc0\x0c\0\1\0\1\0\0\0\0\0\x10"
             "0123456789abcdef"),
         E_NAME},
        {"another class", RAW("\xc0\x0c\0\1\0\3\0\0\0\0\0\4\1\2\3\4"), E_NAME},
        {"another type", RAW("\xc0\x0c\0\x1c\0\1\0\0\0\0\0\4\1\2\3\4"), E_NAME},
        {"of another host", RAW("\1x\0\0\1\0\1\0\0\0\0\0\4\1\2\3\4"), E_NAME},
        {"an alias of nothing", RAW("\xc0\x0c\0\5\0\1\0\0\0\0\0\0"), E_PROTOCOL},
        {"an alias that leads over the end", RAW("\xc0\x0c\0\5\0\1\0\0\0\0\0\1\x3f"), E_PROTOCOL},
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        fake_dns_case(cases[i].name, zone, 1);
        fake_name_servers[0].raw = cases[i].raw;
        fake_name_servers[0].raw_len = cases[i].len;
        fake_name_servers[0].raw_count = 1;
        CHECK_EQUAL(resolve("a.test"), cases[i].rc);
    }
}

/* A chain of pointers, each to the one before it: each is followed once. */
TEST(pointers)
{
    static uint8_t raw[1200];
    size_t n = 0;

    for (unsigned at = 12; n < 1000; n += 2) {
        raw[n] = (uint8_t)(0xc0 | at >> 8);
        raw[n + 1] = (uint8_t)at;
        at = 24 + (unsigned)n;
    }
    /* They stand in a record of no known type; the next one has the last of them as its name. */
    memmove(raw + 11, raw, n);
    memcpy(raw, "\0\0\x63\0\1\0\0\0\0", 9);
    raw[9] = (uint8_t)(n >> 8);
    raw[10] = (uint8_t)n;
    for (size_t i = 11 + 2; i < 11 + n; i += 2) {
        unsigned at = 24 + (unsigned)i - 2;
        raw[i] = (uint8_t)(0xc0 | at >> 8);
        raw[i + 1] = (uint8_t)at;
    }
    n += 11;
    raw[n] = (uint8_t)(0xc0 | (24 + n - 2) >> 8);
    raw[n + 1] = (uint8_t)(24 + n - 2);
    memcpy(raw + n + 2, "\0\1\0\1\0\0\0\0\0\4\x0a\0\0\7", 14);
    fake_dns_case("a long chain", zone, 1);
    fake_name_servers[0].raw = raw;
    fake_name_servers[0].raw_len = n + 16;
    fake_name_servers[0].raw_count = 2;
    expect("a.test", 7);
}
