/* SPDX-License-Identifier: BSD-2-Clause */
/* Where configuration files of PXELINUX are looked for. */
#include <string.h>

#include "fake_boot.h"
#include "lib/byteorder.h"
#include "lib/errors.h"
#include "loader/pxelinux.h"
#include "net/dhcp_options.h"
#include "smbios_table.h"

static void start(const char *name)
{
    fake_boot_case(name);
    set_uuid(true);
}

/* What the DHCP server said: pairs of tag and text, ended by 0. */
static void set_options(const char *const *pair)
{
    struct dhcp_packet *ack = &fake_boot.lease.ack;
    struct dhcp_message *m = (struct dhcp_message *)ack->data;
    uint8_t *p = m->options;

    m->cookie = be32(DHCP_COOKIE);
    for (; *pair; pair++) {
        size_t n = strlen(*pair) - 1;

        *p++ = (uint8_t)(*pair)[0];
        *p++ = (uint8_t)n;
        memcpy(p, *pair + 1, n);
        p += n;
    }
    *p++ = OPTION_END;
    ack->len = (size_t)(p - ack->data);
}

static int search(const char *path)
{
    struct uri uri;

    memset(&uri, 0, sizeof(uri));
    CHECK_EQUAL(uri_parse("mem://10.0.0.1/", &uri), 0);
    strcpy(uri.path, path);
    fake.fetched[0] = 0;
    return pxelinux_search(&fake_boot, &uri, E_ACCESS);
}

TEST(search)
{
    start("everywhere");
    CHECK_EQUAL(search("pxelinux.0"), E_FILE_NOT_FOUND);
    CHECK_TEXT(fake.fetched,
               "pxelinux.cfg/01234567-89ab-cdef-1032-547698badcfe "
               "pxelinux.cfg/01-52-54-00-12-34-56 pxelinux.cfg/0A000002 pxelinux.cfg/0A00000 "
               "pxelinux.cfg/0A0000 pxelinux.cfg/0A000 pxelinux.cfg/0A00 pxelinux.cfg/0A0 "
               "pxelinux.cfg/0A pxelinux.cfg/0 pxelinux.cfg/default ");

    start("no UUID");
    set_uuid(false);
    fake_serve_text("pxelinux.cfg/01-52-54-00-12-34-56", "default k\n");
    CHECK_EQUAL(search("pxelinux.cfg/"), E_FILE_NOT_FOUND);
    CHECK_TEXT(fake.fetched, "pxelinux.cfg/01-52-54-00-12-34-56 k ");

    start("option 209");
    set_options((const char *const[]){"\xd1"
                                      "conf",
                                      NULL});
    fake_serve_text("conf", "default k\n");
    CHECK_EQUAL(search("anything"), E_FILE_NOT_FOUND);
    CHECK_TEXT(fake.fetched, "conf k ");

    start("option 210");
    set_options((const char *const[]){"\xd2"
                                      "mem://10.0.0.3/",
                                      NULL});
    fake_serve_text("pxelinux.cfg/0A", "default k\n");
    CHECK_EQUAL(search("lpxelinux.0"), E_FILE_NOT_FOUND);
    CHECK_SHOWS("mem://10.0.0.3/k server does not");

    start("no URI in option 210");
    set_options((const char *const[]){"\xd2"
                                      "nothing://x/",
                                      NULL});
    CHECK_EQUAL(search("lpxelinux.0"), E_UNSUPPORTED);

    start("in a folder");
    fake_serve_text("t/pxelinux.cfg/default", "default d/k\n");
    CHECK_EQUAL(search("t/pxelinux.cfg/"), E_FILE_NOT_FOUND);
    CHECK_SHOWS("mem://10.0.0.1/t/d/k server does not");
    CHECK_EQUAL(search("t/pxelinux.0"), E_FILE_NOT_FOUND);
    CHECK_SHOWS("mem://10.0.0.1/t/d/k server does not");

    start("another file");
    CHECK_EQUAL(search("other.0"), E_ACCESS);
    CHECK_TEXT(fake.fetched, "");

    start("no answer");
    fake_refuse("pxelinux.cfg/01-52-54-00-12-34-56", E_TIMEOUT);
    CHECK_EQUAL(search("pxelinux.0"), E_TIMEOUT);
}

TEST(base)
{
    start("a configuration that is named itself");
    fake_serve_text("t/pxelinux.cfg/x", "default d/k\n");
    CHECK_EQUAL(file_run(&fake_boot, fake_fetch("t/pxelinux.cfg/x")), E_FILE_NOT_FOUND);
    CHECK_SHOWS("mem://10.0.0.1/t/d/k server does not");
    fake_serve_text("t/x", "default d/k\n");
    CHECK_EQUAL(file_run(&fake_boot, fake_fetch("t/x")), E_FILE_NOT_FOUND);
    CHECK_SHOWS("mem://10.0.0.1/t/d/k server does not");
}
