/* SPDX-License-Identifier: BSD-2-Clause */
/* Name servers and domains as a DHCP server names them. */
#include <stdio.h>
#include <string.h>

#include "fake_dhcp.h"
#include "lib/errors.h"
#include "net/dns.h"

/* Run the client; it cares for name servers only in programs that look names up. */
static void configure(const char *name, const uint8_t *raw, size_t len)
{
    uint32_t address;

    CHECK_EQUAL(dns_resolve("", &address), E_NAME);
    start(name);
    options(dhcp, raw, len);
    dhcp->file = "x";
    CHECK_EQUAL(fake_dhcp_run(), 0);
}

/* The domains, with a | behind each. */
static const char *domains(void)
{
    static char text[SEARCH_MAX + 2];
    char *p = text;

    CHECK(memchr(net.search, 0, sizeof(net.search)) != NULL);
    for (const char *d = net.search; *d; d += strlen(d) + 1)
        p += sprintf(p, "%s|", d);
    *p = 0;
    return text;
}

TEST(name_servers)
{
    configure("none", RAW(""));
    CHECK(!net.dns[0] && !net.search[0]);

    configure("two", RAW("\x06\x08\x0a\0\0\x01\x0a\0\0\x02"));
    CHECK_EQUAL(net.dns[0], fake_ip(10, 0, 0, 1));
    CHECK_EQUAL(net.dns[1], fake_ip(10, 0, 0, 2));
    CHECK(!net.dns[2]);

    configure("an address and a half", RAW("\x06\x06\x0a\0\0\x01\x0a\0"));
    CHECK_EQUAL(net.dns[0], fake_ip(10, 0, 0, 1));
    CHECK(!net.dns[1]);

    configure("more than there is room for",
              RAW("\x06\x14\x0a\0\0\x01\x0a\0\0\x02\x0a\0\0\x03\x0a\0\0\x04\x0a\0\0\x05"));
    CHECK_EQUAL(net.dns[3], fake_ip(10, 0, 0, 4));
    CHECK(!net.search[0]);

    configure("another lease has none", RAW(""));
    CHECK(!net.dns[0] && !net.dns[3]);
}

TEST(search)
{
    configure("option 15", RAW("\x0f\x08lab.test"));
    CHECK_TEXT(domains(), "lab.test|");

    configure("option 119 instead", RAW("\x0f\x08lab.test\x77\x0a\3one\4test\0"));
    CHECK_TEXT(domains(), "one.test.|");

    configure("compressed", RAW("\x77\x14\3one\4test\0\3Two\xc0\4\xc0\0\xc0\x0a"));
    CHECK_TEXT(domains(), "one.test.|Two.test.|one.test.|Two.test.|");

    configure("in two pieces, cut through a name", RAW("\x77\6\3one\4t\x77\4est\0"));
    CHECK_TEXT(domains(), "one.test.|");

    configure("a pointer into itself: what came before counts",
              RAW("\x77\x0e\3one\4test\0\1x\xc0\x0a"));
    CHECK_TEXT(domains(), "one.test.|");

    configure("cut off", RAW("\x0f\x08lab.test\x77\x09\3one\4test"));
    CHECK_TEXT(domains(), "");

    configure("a short one", RAW("\x0f\x0elonger.example\x77\3\1x\0"));
    CHECK_TEXT(domains(), "x.|");
}

/* The longest names, as many as fit. */
TEST(long_search)
{
    uint8_t raw[2 + 255 + 2 + 255], *p = raw;

    *p++ = 119;
    *p++ = 254;
    for (unsigned label = 0; label < 4; label++) {
        unsigned n = label < 3 ? 63 : 60;

        *p++ = (uint8_t)n;
        memset(p, 'a' + (int)label, n);
        p += n;
    }
    *p++ = 0; /* 254 bytes so far; then pointers to that name */
    *p++ = 119;
    *p++ = 20;
    for (unsigned i = 0; i < 10; i++, p += 2)
        memcpy(p, "\xc0\0", 2);
    configure("long", raw, (size_t)(p - raw));
    unsigned count = 0;
    for (const char *d = net.search; *d; d += strlen(d) + 1, count++)
        CHECK_EQUAL(strlen(d), 253);
    CHECK(count >= 3 && count <= 4);
}
