/* SPDX-License-Identifier: BSD-2-Clause */
/* The DHCP client against scripted servers: every way to name file and server, and everything that
 * goes wrong. */
#include <stdio.h>
#include <string.h>

#include "lib/errors.h"
#include "fake_dhcp.h"
#include "lib/features.h"
#include "net/dhcp_options.h"

FEATURE(HTTP);
FEATURE(NBI);

TEST(naming)
{
    uint32_t tftp = fake_ip(10, 0, 0, 9);

    start("BOOTP fields");
    dhcp->file = "boot.nbi";
    dhcp->siaddr = tftp;
    expect(tftp, "boot.nbi");
    CHECK_EQUAL(net.ip, fake_ip(10, 0, 0, 2));
    CHECK_EQUAL(net.mask, fake_ip(255, 255, 255, 0));
    CHECK_EQUAL(net.gateway, fake_ip(10, 0, 0, 1));
    CHECK_EQUAL(fake_lease.server_id, fake_ip(10, 0, 0, 1));
    CHECK_EQUAL(fake_lease.proxy.len, 0);
    CHECK(fake_lease.ack.len >= 300 && fake_lease.discover.len >= 300);
    CHECK(fake_now - fake_sent[0].when < 5); /* acted on at once */

    start("no siaddr: the DHCP server itself");
    dhcp->file = "boot.nbi";
    expect(fake_ip(10, 0, 0, 1), "boot.nbi");

    start("options 66 and 67");
    options(dhcp, RAW("\x42\x08"
                      "10.0.0.9\x43\x06"
                      "a/b.nb"));
    dhcp->siaddr = fake_ip(10, 0, 0, 1);
    expect(tftp, "a/b.nb");

    start("option 66 with counted NUL, 67 padded");
    options(dhcp, RAW("\x42\x09"
                      "10.0.0.9\0\x43\x07"
                      "a/b\0\xff\xff\xff"));
    expect(tftp, "a/b");

    start("names padded with FFh");
    options(dhcp, RAW("\x42\x0a\x31\x30.0.0.9\xff\xff\x43\x05"
                      "a/b\xff\xff"));
    expect(tftp, "a/b");

    start("option 66 is a host name");
    options(dhcp, RAW("\x42\x04tftp\x43\x01x"));
    dhcp->siaddr = tftp;
    expect(tftp, "x");
}

TEST(other_naming)
{
    uint32_t tftp = fake_ip(10, 0, 0, 9);

    start("option 150");
    options(dhcp, RAW("\x96\x08\x0a\0\0\x09\x0a\0\0\x08\x43\x01x"));
    expect(tftp, "x");

    start("sname is an address");
    dhcp->sname = "10.0.0.9";
    dhcp->file = "x";
    expect(tftp, "x");

    start("file field without terminator");
    dhcp->file = "0123456789012345678901234567890123456789012345678901234567890123"
                 "0123456789012345678901234567890123456789012345678901234567890123";
    expect(fake_ip(10, 0, 0, 1), dhcp->file);
}

/* A boot server that is given by name only: nobody else is asked in its place. */
static void named_only(const char *name)
{
    char found[DHCP_NAME_MAX + 1];

    expect(0, "x");
    dhcp_option_string(&fake_lease.ack, OPTION_TFTP_SERVER, found, DHCP_NAME_MAX);
    CHECK_TEXT(found, name);
}

TEST(names_only)
{
    start("option 66 is a host name, and there is no address");
    options(dhcp, RAW("\x42\x08tftp.lan\x43\x01x"));
    named_only("tftp.lan");

    start("option 66 only begins like an address");
    options(dhcp, RAW("\x42\x0a\x31\x30.0.0.9.x\x43\x01x"));
    named_only("10.0.0.9.x");

    start("option 66 is short of a number");
    options(dhcp, RAW("\x42\x07\x31\x30.0..9\x43\x01x"));
    named_only("10.0..9");

    start("sname is a host name, mostly that of the DHCP server itself");
    dhcp->sname = "boothost";
    dhcp->file = "x";
    expect(fake_ip(10, 0, 0, 1), "x");

    start("sname is an address, siaddr another");
    dhcp->sname = "10.0.0.8";
    dhcp->siaddr = fake_ip(10, 0, 0, 9);
    dhcp->file = "x";
    expect(fake_ip(10, 0, 0, 9), "x");

    start("a host name, and option 150");
    options(dhcp, RAW("\x42\x04tftp\x96\x04\x0a\0\0\x09\x43\x01x"));
    expect(fake_ip(10, 0, 0, 9), "x");

    start("sname holds options, which are no name");
    options(dhcp, RAW("\x34\x01\x02\x43\x01x"));
    dhcp->sname_options = (const uint8_t *)"\x0c\x04host\xff";
    dhcp->sname_options_len = 7;
    expect(fake_ip(10, 0, 0, 1), "x");
}

/* Whoever types a file's name at the prompt still wants the server that DHCP names. */
TEST(server_without_file)
{
    start("next server, but no file");
    dhcp->siaddr = fake_ip(10, 0, 0, 9);
    CHECK_EQUAL(fake_dhcp_run(), E_NO_BOOT_FILE);
    CHECK_EQUAL(fake_lease.boot_server, fake_ip(10, 0, 0, 9));

    start("neither");
    CHECK_EQUAL(fake_dhcp_run(), E_NO_BOOT_FILE);
    CHECK_EQUAL(fake_lease.boot_server, dhcp->ip);
}

TEST(overload)
{
    start("overload: file holds options");
    options(dhcp, RAW("\x34\x01\x01"));
    dhcp->file_options = (const uint8_t *)"\x43\x03pxe\x42\x08"
                                          "10.0.0.9\xff";
    dhcp->file_options_len = 16;
    dhcp->siaddr = fake_ip(10, 0, 0, 7);
    expect(fake_ip(10, 0, 0, 9), "pxe");

    start("overload: sname holds options");
    options(dhcp, RAW("\x34\x01\x02"));
    dhcp->sname_options = (const uint8_t *)"\x42\x08"
                                           "10.0.0.9\xff";
    dhcp->sname_options_len = 11;
    dhcp->file = "named";
    expect(fake_ip(10, 0, 0, 9), "named");

    start("overload: option runs over the end of the field");
    static uint8_t field[128];
    memset(field, 0, sizeof(field));
    field[120] = 67;
    field[121] = 7;
    memcpy(field + 122, "abcdef", 6);
    options(dhcp, RAW("\x34\x01\x01"));
    dhcp->file_options = field;
    dhcp->file_options_len = sizeof(field);
    CHECK_EQUAL(fake_dhcp_run(), E_NO_BOOT_FILE);

    start("overload option without value");
    options(dhcp, RAW("\x34\x00\x43\x01x"));
    expect(fake_ip(10, 0, 0, 1), "x");
}

TEST(strings)
{
    start("kernel arguments");
    dhcp->file = "x";
    options(dhcp, RAW("\x0c\x04host\x11\x05/root\x81\x07"
                      "quiet 1\x06\x04\x0a\0\0\x35"));
    CHECK_EQUAL(fake_dhcp_run(), 0);
    CHECK_TEXT(fake_lease.kernel_args, "quiet 1");

    start("option 129 is something else");
    dhcp->file = "x";
    options(dhcp, RAW("\x81\x04\x0a\x01\x02\x03"));
    CHECK_EQUAL(fake_dhcp_run(), 0);
    CHECK_TEXT(fake_lease.kernel_args, "");
}

TEST(client_message)
{
    size_t len;
    const uint8_t *o;

    start("what the client sends");
    dhcp->file = "x";
    CHECK_EQUAL(fake_dhcp_run(), 0);
    CHECK_EQUAL(fake_sent_count, 2);
    for (unsigned i = 0; i < 2; i++) {
        struct fake_sent *m = &fake_sent[i];
        CHECK(m->len >= 300);
        CHECK_EQUAL(m->to, 0xffffffff);
        CHECK_BYTES(m->data, "\x01\x01\x06\x00", 4);
        CHECK_BYTES(m->data + 8, "\0\0\x80\0\0\0\0\0", 8); /* secs, broadcast, ciaddr */
        CHECK_BYTES(m->data + 28, net.mac, 6);
        CHECK_BYTES(m->data + 236, "\x63\x82\x53\x63\x35\x01", 6); /* 53 comes first */
        CHECK_EQUAL(m->data[242], i ? 3 : 1);
        o = fake_option(m, 60, &len);
        CHECK(o && len == 32 && !memcmp(o, "PXEClient:Arch:00000:UNDI:002001", 32));
        o = fake_option(m, 93, &len);
        CHECK(o && len == 2 && !o[0] && !o[1]);
        o = fake_option(m, 94, &len);
        CHECK(o && len == 3 && !memcmp(o, "\x01\x02\x01", 3));
        o = fake_option(m, 97, &len);
        CHECK(o && len == 17 && o[0] == 0 && o[16] == 15);
        o = fake_option(m, 77, &len);
        CHECK(o && len == 10 && !memcmp(o, "Etherforge", 10));
        o = fake_option(m, 57, &len);
        CHECK(o && len == 2 && o[0] * 256 + o[1] == 1260);
        o = fake_option(m, 55, &len);
        for (const char *want = "\x01\x03\x06\x0c\x0f\x11\x77\x2b\x3c\x42\x43\x80\x81\x87\xaf";
             *want; want++)
            CHECK(o && memchr(o, *want, len));
        /* RFC 3442: ahead of option 3 */
        CHECK(o && memchr(o, 121, len) && memchr(o, 121, len) < memchr(o, 3, len));
        CHECK(!fake_option(m, 61, &len));
        o = fake_option(m, 175, &len); /* what is linked into this test says so */
        CHECK(o && len % 3 == 0);
        bool told[256] = {false};
        for (; o && len; o += 3, len -= 3) {
            told[*o] = true;
            CHECK_BYTES(o + 1, "\1\1", 2);
        }
        CHECK(told[FEATURE_HTTP] && told[FEATURE_NBI] && !told[FEATURE_MENU] && !told[FEATURE_ELF]);
    }
    o = fake_option(&fake_sent[1], 54, &len);
    CHECK(o && len == 4 && !memcmp(o, &dhcp->ip, 4));
    o = fake_option(&fake_sent[1], 50, &len);
    CHECK(o && len == 4 && !memcmp(o, &dhcp->yiaddr, 4));
    CHECK_BYTES(fake_sent[0].data, fake_lease.discover.data, fake_sent[0].len);
    CHECK_EQUAL(fake_lease.discover.len, fake_sent[0].len);
}

TEST(silence)
{
    fake_dhcp_case("nobody answers");
    CHECK_EQUAL(fake_dhcp_run(), E_NO_DHCP);
    CHECK_EQUAL(fake_sent_count, 10);
    CHECK(taken() > 60000 && taken() < 66000);
    for (unsigned i = 1; i < fake_sent_count; i++) {
        uint32_t gap = fake_sent[i].when - fake_sent[i - 1].when;
        uint32_t mean = i < 4 ? 1000u << (i - 1) : 8000;
        CHECK(gap >= mean - 256 && gap <= mean + 260);
        CHECK_BYTES(fake_sent[i].data + 4, fake_sent[0].data + 4, 4); /* one xid */
    }
    CHECK_EQUAL(fake_sent[0].when, 1000);                                 /* at once */
    CHECK_EQUAL(fake_sent[4].data[9], (fake_sent[4].when - 1000) / 1000); /* secs */

    fake_dhcp_case("cancelled");
    fake_cancel_at = 2500;
    CHECK_EQUAL(fake_dhcp_run(), E_CANCELLED);
    CHECK(fake_now <= 2502);

    fake_dhcp_case("link does not send");
    fake_transmit_result = E_TRANSMIT;
    CHECK_EQUAL(fake_dhcp_run(), E_TRANSMIT);

    start("lost DISCOVERs and REQUESTs");
    dhcp->file = "x";
    dhcp->deaf = 2;
    dhcp->deaf_requests = 1;
    expect(fake_ip(10, 0, 0, 1), "x");
    CHECK_EQUAL(dhcp->discovers, 3);
    CHECK_EQUAL(dhcp->requests, 2);

    start("offers, but never acknowledges");
    dhcp->file = "x";
    dhcp->deaf_requests = 1000;
    CHECK_EQUAL(fake_dhcp_run(), E_NO_DHCP);
    CHECK_EQUAL(dhcp->discovers, 10);
    CHECK(taken() < 120000);
}

TEST(nak)
{
    start("one NAK");
    dhcp->file = "x";
    dhcp->naks = 1;
    expect(fake_ip(10, 0, 0, 1), "x");
    CHECK_EQUAL(dhcp->discovers, 2);
    CHECK(memcmp(fake_sent[0].data + 4, fake_sent[2].data + 4, 4)); /* another xid */

    start("always NAK");
    dhcp->file = "x";
    dhcp->naks = 1000;
    CHECK_EQUAL(fake_dhcp_run(), E_DHCP_NAK);
    CHECK_EQUAL(dhcp->discovers, 10);
    CHECK_EQUAL(net.ip, 0);
}

TEST(hostile)
{
    start("answers that are not ours");
    dhcp->file = "right";
    dhcp->hostile = true;
    expect(fake_ip(10, 0, 0, 1), "right");
    CHECK_EQUAL(net.ip, fake_ip(10, 0, 0, 2));
    CHECK_EQUAL(fake_sent_count, 2);
}

TEST(bootp)
{
    start("BOOTP reply");
    dhcp->bootp = true;
    dhcp->file = "x";
    dhcp->siaddr = fake_ip(10, 0, 0, 9);
    expect(fake_ip(10, 0, 0, 9), "x");
    CHECK_EQUAL(fake_sent_count, 1);

    start("BOOTP reply without next server");
    dhcp->bootp = true;
    dhcp->sname = "10.0.0.9";
    dhcp->file = "x";
    expect(fake_ip(10, 0, 0, 9), "x");
    CHECK_EQUAL(fake_sent_count, 1);

    start("BOOTP reply without vendor field");
    dhcp->bootp = dhcp->no_cookie = true;
    dhcp->file = "x";
    dhcp->siaddr = fake_ip(10, 0, 0, 9);
    expect(fake_ip(10, 0, 0, 9), "x");
    CHECK_EQUAL(net.mask, fake_ip(255, 0, 0, 0)); /* of the address class */
    CHECK_EQUAL(net.gateway, 0);
}

/* Going on with what a PXE stack was configured by. */
TEST(adopt)
{
    static struct dhcp_packet ack, none;
    static struct dhcp_lease lease;

    start("to be adopted");
    dhcp->file = "boot.nbi";
    dhcp->siaddr = fake_ip(10, 0, 0, 9);
    expect(fake_ip(10, 0, 0, 9), "boot.nbi");
    ack = fake_lease.ack;

    net.ip = net.mask = net.gateway = 0;
    CHECK_EQUAL(dhcp_adopt(&ack, &ack, &lease), 0);
    CHECK_EQUAL(net.ip, fake_ip(10, 0, 0, 2));
    CHECK_EQUAL(net.mask, fake_ip(255, 255, 255, 0));
    CHECK_EQUAL(net.gateway, fake_ip(10, 0, 0, 1));
    CHECK_EQUAL(lease.boot_server, fake_ip(10, 0, 0, 9));
    CHECK(!strcmp(lease.boot_file, "boot.nbi"));
    CHECK_EQUAL(dhcp_adopt(&ack, &none, &lease), E_NO_BOOT_FILE);

    memset(ack.data + 108, 0, 128); /* `file` */
    CHECK_EQUAL(dhcp_adopt(&ack, &ack, &lease), E_NO_BOOT_FILE);
}
