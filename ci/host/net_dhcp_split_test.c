/* SPDX-License-Identifier: BSD-2-Clause */
/* Options in several pieces are one option (RFC 3396), whatever option it is and wherever the
pieces
 * are: in the field `options`, then `file`, then `sname`. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "lib/errors.h"
#include "fake_dhcp.h"
#include "net/dhcp_options.h"
#include "net/pxe_menu.h"

static void file_field(const void *raw, size_t len)
{
    dhcp->file_options = raw;
    dhcp->file_options_len = len;
}

static void sname_field(const void *raw, size_t len)
{
    dhcp->sname_options = raw;
    dhcp->sname_options_len = len;
}

TEST(names)
{
    start("67 in three pieces, one of them empty");
    options(dhcp, RAW("\x43\x02"
                      "di\x0c\x01h\x43\x00\x43\x08r/boot.0"));
    expect(dhcp->ip, "dir/boot.0");
    /* the message itself is kept as it came, for programs that read it */
    CHECK(memmem(fake_lease.ack.data, fake_lease.ack.len,
                 "\x43\x02"
                 "di\x0c\x01h",
                 7));

    start("67 in all three fields");
    options(dhcp, RAW("\x43\x02"
                      "di\x34\x01\x03"));
    file_field(RAW("\x43\x03r/b\xff"));
    sname_field(RAW("\x43\x04oot0\xff"));
    expect(dhcp->ip, "dir/boot0");

    start("67 in the two fields behind");
    options(dhcp, RAW("\x34\x01\x03"));
    file_field(RAW("\x43\x03one\xff"));
    sname_field(RAW("\x43\x03two\xff"));
    expect(dhcp->ip, "onetwo");

    start("66 in two pieces");
    options(dhcp, RAW("\x42\x04\x31\x30.0\x43\x01x\x42\x04.0.9"));
    expect(fake_ip(10, 0, 0, 9), "x");

    start("a piece that is cut off, and those before it");
    options(dhcp, RAW("\x43\x01x\x34\x01\x01"));
    static uint8_t field[128];
    memset(field, 0, sizeof(field));
    memcpy(field + 123, "\x43\x04yyy", 5);
    file_field(field, sizeof(field));
    expect(dhcp->ip, "x");

    start("52 counts in the field `options` only");
    options(dhcp, RAW("\x34\x01\x01\x43\x01x"));
    file_field(RAW("\x34\x01\x03\xff"));
    sname_field(RAW("\x43\x01y\xff"));
    CHECK_EQUAL(fake_dhcp_run(), 0);
    CHECK_TEXT(fake_lease.boot_file, "x");
}

/* An option of `len` bytes 'a' to 'z', in pieces of at most `piece`. */
static size_t pieces(uint8_t *to, uint8_t tag, size_t len, size_t piece)
{
    uint8_t *p = to;

    for (size_t i = 0; i < len; i++) {
        if (i % piece == 0) {
            *p++ = tag;
            *p++ = (uint8_t)(len - i < piece ? len - i : piece);
        }
        *p++ = (uint8_t)('a' + i % 26);
    }
    return (size_t)(p - to);
}

TEST(long)
{
    static uint8_t raw[1200];
    static const size_t names[] = {256, 300, 400}, args[] = {256, 600, 1100};

    for (unsigned i = 0; i < 3; i++) {
        start("a long file name");
        options(dhcp, raw, pieces(raw, 67, names[i], 200));
        CHECK_EQUAL(fake_dhcp_run(), 0);
        CHECK_EQUAL(strlen(fake_lease.boot_file), names[i]);

        start("long kernel arguments");
        dhcp->file = "x";
        options(dhcp, raw, pieces(raw, 129, args[i], 255));
        CHECK_EQUAL(fake_dhcp_run(), 0);
        CHECK_EQUAL(strlen(fake_lease.kernel_args), args[i]);
        CHECK_EQUAL(fake_lease.kernel_args[args[i] - 1], 'a' + (int)((args[i] - 1) % 26));
    }

    start("a name that no TFTP request has room for is not cut to another one");
    options(dhcp, raw, pieces(raw, 67, 401, 255));
    CHECK_EQUAL(fake_dhcp_run(), E_NO_BOOT_FILE);
}

TEST(values)
{
    start("addresses in pieces");
    dhcp->no_server_id = true;
    options(dhcp, RAW("\x36\x02\x0a\0\x36\x02\0\1\x96\x01\x0a\x96\x03\0\0\x09\x43\x01x"));
    expect(fake_ip(10, 0, 0, 9), "x");
    CHECK_EQUAL(fake_lease.server_id, dhcp->ip);

    start("the same address twice");
    dhcp->file = "x";
    options(dhcp, RAW("\x01\x04\xff\xff\0\0\x03\x04\x0a\0\0\x05"));
    expect(dhcp->ip, "x");
    CHECK_EQUAL(net.mask, fake_ip(255, 255, 255, 0));
    CHECK_EQUAL(net.gateway, fake_ip(10, 0, 0, 1));

    start("121 cut inside an address");
    dhcp->file = "x";
    options(dhcp, RAW("\x79\x03\x08\xac\x0a\x79\x01\0\x79\x02\0\x05"));
    expect(dhcp->ip, "x");
    CHECK(net.routes_len == 6 && !memcmp(net.routes, "\x08\xac\x0a\0\0\x05", 6));

    start("60 in two pieces");
    with_proxy();
    proxy->pxe = false;
    proxy->file = "pxe.0";
    options(proxy, RAW("\x3c\x03PXE\x3c\x06"
                       "Client"));
    expect(proxy->ip, "pxe.0");
}

#define MENU "\x80\x01\x05Linux\x80\x02\x03Two"

static void menu(const char *name, const uint8_t *raw, size_t len)
{
    start(name);
    dhcp->pxe = true;
    options(dhcp, raw, len);
    CHECK_EQUAL(fake_dhcp_run(), 0);
    if (!CHECK(fake_lease.menu != NULL))
        return;
    const struct dhcp_value *items = dhcp_option(fake_lease.menu, PXE_BOOT_MENU);
    CHECK(items->len == 14 && !memcmp(items->data, MENU, 14));
    CHECK_EQUAL(pxe_discovery_control(fake_lease.menu), 3);
}

TEST(vendor)
{
    menu("43 cut inside its menu", RAW("\x2b\x08\x06\x01\x03\x09\x0e\x80\x01\x05\x2b\x0b"
                                       "Linux\x80\x02\x03Two"));
    menu("43 cut between tag and length", RAW("\x2b\x04\x06\x01\x03\x09\x2b\x0f\x0e\x80\x01\x05"
                                              "Linux\x80\x02\x03Two"));
    menu("the menu itself in two pieces",
         RAW("\x2b\x0b\x06\x01\x03\x09\x06\x80\x01\x05Lin\x2b\x0a\x09"
             "\x08ux\x80\x02\x03Two"));
    menu("each piece with its own end",
         RAW("\x2b\x04\x06\x01\x03\xff\x2b\x11\x09\x0e" MENU "\xff"));
    menu("what stands behind the end",
         RAW("\x2b\x1b\x06\x01\x03\x09\x0e" MENU "\xff\x09\x05zzzzz"));

    start("43 in all three fields");
    dhcp->pxe = true;
    options(dhcp, RAW("\x34\x01\x03\x2b\x06\x06\x01\x03\x09\x0e\x80"));
    file_field(RAW("\x2b\x07\x01\x05Linux\xff"));
    sname_field(RAW("\x2b\x06\x80\x02\x03Two\xff"));
    CHECK_EQUAL(fake_dhcp_run(), 0);
    CHECK(fake_lease.menu && dhcp_option(fake_lease.menu, PXE_BOOT_MENU)->len == 14);
}
