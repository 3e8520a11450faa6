/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers that are forged, cut off or malformed. */
#include <string.h>

#include "fake_dns.h"
#include "lib/errors.h"
#include "net/dns.h"

#define A(a, b, c, d) \
    NULL,             \
    {                 \
        a, b, c, d    \
    }
TEST(forgeries)
{
    for (unsigned i = 0; i < 2; i++) {
        fake_dns_case("what is no answer", fake_zone, 1);
        fake_name_servers[0].forges = true;
        fake_name_servers[0].delay = 10;
        fake_address = 0;
        fake_forget();
        CHECK_EQUAL(dns_resolve("a.test", &fake_address), 0);
        CHECK_EQUAL(fake_address, fake_ip(10, 0, 0, 7));
    }
    fake_dns_case("a second server is not believed before it is asked", fake_zone, 2);
    net.dns[1] = fake_ip(10, 0, 0, 99);
    fake_name_servers[0].forges = true;
    fake_name_servers[0].delay = 10;
    fake_expect("files.lab.test", 7);
}

/* An answer cut off anywhere gives its address, or is said to be malformed. */
TEST(truncated)
{
    fake_dns_case("whole", fake_zone, 1);
    for (size_t cut = 12; cut < 400; cut++) {
        fake_dns_case("cut off", fake_zone, 1);
        fake_name_servers[0].cut = cut;
        fake_cancel_at = 1100; /* without the whole question it is no answer */
        int rc = fake_resolve("a.test");
        CHECK(rc == (cut < 24 ? E_CANCELLED : cut < 130 ? E_PROTOCOL : 0) || cut > 100);
        CHECK(rc == 0 || rc == E_PROTOCOL || rc == E_CANCELLED);
        CHECK(rc || fake_address == fake_ip(10, 0, 0, 7));
    }
    static const struct fake_record many[] = {{"m.test", A(10, 0, 0, 7)}, {NULL, NULL, {0}}};
    fake_dns_case("more announced than came, but the address did", many, 1);
    fake_name_servers[0].raw = (const uint8_t *)"\xc0\x0c\0\1\0\1\0\0\0\0\0\4\x0a\0\0\7\xc0";
    fake_name_servers[0].raw_len = 17;
    fake_name_servers[0].raw_count = 9;
    fake_expect("m.test", 7);
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
        {"an alias of the root", RAW("\xc0\x0c\0\5\0\1\0\0\0\0\0\1\0"), E_NAME},
        {"an alias of nothing", RAW("\xc0\x0c\0\5\0\1\0\0\0\0\0\0"), E_PROTOCOL},
        {"an alias that leads over the end", RAW("\xc0\x0c\0\5\0\1\0\0\0\0\0\1\x3f"), E_PROTOCOL},
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        fake_dns_case(cases[i].name, fake_zone, 1);
        fake_name_servers[0].raw = cases[i].raw;
        fake_name_servers[0].raw_len = cases[i].len;
        fake_name_servers[0].raw_count = 1;
        CHECK_EQUAL(fake_resolve("a.test"), cases[i].rc);
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
    fake_dns_case("a long chain", fake_zone, 1);
    fake_name_servers[0].raw = raw;
    fake_name_servers[0].raw_len = n + 16;
    fake_name_servers[0].raw_count = 2;
    fake_expect("a.test", 7);
}
