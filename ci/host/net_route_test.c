/* SPDX-License-Identifier: BSD-2-Clause */
/* Routes that DHCP brings (RFC 3442), and subnets of two addresses and one (RFC 3021). */
#include <string.h>

#include <sanitizer/asan_interface.h>

#include "lib/errors.h"
#include "fake_dhcp.h"
#include "net/dhcp_options.h"
#include "net/pxe_menu.h"
#include "net/udp.h"

static struct fake_datagram sent;

static void on_udp(const struct fake_datagram *d)
{
    sent = *d;
}

/* Where a packet to `to` goes: the last octet of the host whose MAC address it has; 255 for all. */
static unsigned hop(uint32_t to)
{
    static const struct udp_socket socket = {.port = 5000};
    int rc;

    fake_on_udp = on_udp;
    memset(&sent, 0, sizeof(sent));
    rc = udp_send(&socket, to, 99, "x", 1);
    return rc ? (unsigned)-rc << 8 : sent.to_mac[5];
}

/* Boot with these bytes as option 121 behind option 3 (10.0.0.1). */
static void routes(const char *name, const char *bytes, size_t len)
{
    static uint8_t raw[300];

    start(name);
    dhcp->file = "x";
    raw[0] = 121;
    raw[1] = (uint8_t)len;
    memcpy(raw + 2, bytes, len);
    options(dhcp, raw, 2 + len);
    expect(dhcp->ip, "x");
}
#define ROUTES(name, bytes) routes(name, bytes, sizeof(bytes) - 1)
#define ROUTER(last)        "\x0a\0\0" last
#define ON_LINK             "\0\0\0\0"

TEST(routes)
{
    uint32_t far = fake_ip(192, 168, 7, 9), local = fake_ip(10, 0, 0, 40);

    ROUTES("default route", "\0" ROUTER("\x05"));
    CHECK_EQUAL(hop(far), 5); /* option 3 does not count */
    CHECK_EQUAL(hop(local), 40);
    CHECK_EQUAL(hop(0xffffffff), 255);

    ROUTES("no default route", "\x10\xc0\xa8" ROUTER("\x05"));
    CHECK_EQUAL(hop(far), 5);
    CHECK_EQUAL(hop(fake_ip(192, 169, 7, 9)), -E_NO_ROUTE << 8);
    CHECK_EQUAL(hop(local), 40);

    ROUTES("the longest mask", "\x10\xc0\xa8" ROUTER("\x05") "\x20\xc0\xa8\x07\x09" ROUTER(
                                   "\x06") "\0" ROUTER("\x07") "\x18\xc0\xa8\x07" ROUTER("\x08"));
    CHECK_EQUAL(hop(far), 6);
    CHECK_EQUAL(hop(fake_ip(192, 168, 7, 8)), 8);
    CHECK_EQUAL(hop(fake_ip(192, 168, 8, 8)), 5);
    CHECK_EQUAL(hop(fake_ip(172, 16, 0, 1)), 7);
    CHECK_EQUAL(hop(local), 40);

    ROUTES("masks inside an octet", "\x0d\xac\x18" ROUTER("\x05") "\x1f\xc0\xa8\x07\x08" ROUTER(
                                        "\x06") "\x01\x80" ROUTER("\x07"));
    CHECK_EQUAL(hop(fake_ip(172, 31, 255, 255)), 5);
    CHECK_EQUAL(hop(fake_ip(172, 32, 0, 1)), 7);
    CHECK_EQUAL(hop(far), 6);
    CHECK_EQUAL(hop(fake_ip(192, 168, 7, 10)), 7);
    CHECK_EQUAL(hop(fake_ip(11, 0, 0, 1)), -E_NO_ROUTE << 8);

    ROUTES("bits behind the mask", "\x09\xc0\xff" ROUTER("\x05"));
    CHECK_EQUAL(hop(fake_ip(192, 128, 0, 1)), 5);

    ROUTES("on this link", "\x18\xc0\xa8\x07" ON_LINK "\0" ROUTER("\x05"));
    CHECK_EQUAL(hop(far), 9);
    CHECK_EQUAL(hop(fake_ip(192, 168, 8, 9)), 5);

    ROUTES("everything on this link", "\0" ON_LINK);
    CHECK_EQUAL(hop(far), 9);

    ROUTES("a router outside the subnet", "\x20\xc0\xa8\x01\x01" ON_LINK "\0\xc0\xa8\x01\x01");
    CHECK_EQUAL(hop(far), 1);

    ROUTES("a host of the subnet behind a router", "\x20\x0a\0\0\x28" ROUTER("\x05"));
    CHECK_EQUAL(hop(local), 5);
    CHECK_EQUAL(hop(fake_ip(10, 0, 0, 41)), 41);
}

TEST(bad_routes)
{
    uint32_t far = fake_ip(192, 168, 7, 9);
    uint8_t raw[255];

    ROUTES("empty", "");
    CHECK_EQUAL(hop(far), 1); /* as option 3 says */
    ROUTES("33 bits", "\x21\xc0\xa8\x07\x09\0" ROUTER("\x05"));
    CHECK_EQUAL(hop(far), 1);
    ROUTES("255 bits", "\xff\xc0\xa8\x07\x09\0" ROUTER("\x05"));
    CHECK_EQUAL(hop(far), 1);
    for (unsigned len = 1; len < 5; len++) {
        routes("default route, cut off", "\0" ROUTER("\x05"), len);
        CHECK_EQUAL(hop(far), 1);
    }
    for (unsigned len = 1; len < 9; len++) {
        routes("host route, cut off", "\x20\xc0\xa8\x07\x09" ROUTER("\x05"), len);
        CHECK_EQUAL(hop(far), 1);
    }
    for (unsigned len = 5; len < 12; len++) {
        routes("the second one cut off", "\0" ROUTER("\x05") "\x10\xc0\xa8" ROUTER("\x06"), len);
        CHECK_EQUAL(hop(far), 5);
    }
    ROUTES("the second one of 33 bits",
           "\0" ROUTER("\x05") "\x21\xc0\xa8\x07\x09\0" ROUTER("\x06"));
    CHECK_EQUAL(hop(far), 5);

    for (unsigned i = 0; i < 3000; i++) { /* any bytes at all */
        size_t len = next_random() % sizeof(raw);

        for (unsigned n = 0; n < len; n++)
            raw[n] = (uint8_t)(next_random() % (n & 1 ? 256 : 34));
        routes("any bytes", (const char *)raw, len);
        ASAN_POISON_MEMORY_REGION(net.routes + net.routes_len, sizeof(net.routes) - net.routes_len);
        hop(far);
        ASAN_UNPOISON_MEMORY_REGION(net.routes, sizeof(net.routes));
    }
}

TEST(many_routes)
{
    static uint8_t raw[3 * 257];
    uint8_t *p = raw, all[720];

    for (unsigned i = 0; i < 90; i++) /* 10.1.i.0/24 through 10.0.0.i */
        memcpy(all + 8 * i, (uint8_t[]){24, 10, 1, (uint8_t)i, 10, 0, 0, (uint8_t)i}, 8);
    for (unsigned i = 0; i < 720; i += 240) {
        *p++ = 121;
        *p++ = 240;
        p = (uint8_t *)memcpy(p, all + i, 240) + 240;
    }
    start("ninety routes in three pieces");
    dhcp->file = "x";
    options(dhcp, raw, (size_t)(p - raw));
    expect(dhcp->ip, "x");
    for (unsigned i = 10; i < 90; i++)
        CHECK_EQUAL(hop(fake_ip(10, 1, i, 1)), i);

    start("no routes are left of the boot before");
    dhcp->file = "x";
    expect(dhcp->ip, "x");
    CHECK_EQUAL(hop(fake_ip(10, 1, 50, 1)), 1);
}

/* An address, a mask, and whether a packet from a peer arrives and one to it goes there. */
static void subnet(const char *name, uint32_t ip, uint32_t mask, uint32_t gateway)
{
    fake_case(name);
    net.ip = ip;
    net.mask = mask;
    net.gateway = gateway;
}

TEST(small_subnets)
{
    for (unsigned i = 0; i < 2; i++) { /* of two addresses: the peer is a host, whoever is which */
        subnet("/31", fake_ip(10, 0, 0, 8 + i), fake_ip(255, 255, 255, 254),
               fake_ip(10, 0, 0, 9 - i));
        CHECK_EQUAL(hop(fake_ip(10, 0, 0, 9 - i)), 9 - i);
        CHECK_EQUAL(hop(fake_ip(10, 0, 0, 20)), 9 - i);
        CHECK_EQUAL(hop(0xffffffff), 255);
    }
    subnet("/31 at the end", fake_ip(10, 0, 0, 254), fake_ip(255, 255, 255, 254), 0);
    CHECK_EQUAL(hop(fake_ip(10, 0, 0, 255)), 255);
    CHECK(memcmp(sent.to_mac, "\xff\xff\xff\xff\xff\xff", 6));

    subnet("/32", fake_ip(10, 0, 0, 8), 0xffffffff, fake_ip(192, 168, 1, 1));
    CHECK_EQUAL(hop(fake_ip(10, 0, 0, 9)), 1);
    CHECK_EQUAL(hop(fake_ip(192, 168, 1, 1)), 1);
    CHECK_EQUAL(hop(0xffffffff), 255);

    subnet("/30", fake_ip(10, 0, 0, 9), fake_ip(255, 255, 255, 252), 0);
    CHECK_EQUAL(hop(fake_ip(10, 0, 0, 10)), 10);
    CHECK_EQUAL(hop(fake_ip(10, 0, 0, 11)), 255);
    CHECK_BYTES(sent.to_mac, "\xff\xff\xff\xff\xff\xff", 6);
}
