/* SPDX-License-Identifier: BSD-2-Clause */
/* PXE boot rules on the wire: whose menu counts, which boot servers are asked for an item, and
 * whose answer is taken. */
#include <stdio.h>
#include <string.h>

#include "lib/errors.h"
#include "fake_dhcp.h"
#include "net/pxe_menu.h"

/* Inside option 43: discovery control; a menu whose first item has type 8001h; its two servers
 * behind another type's; a multicast group. */
#define CONTROL(bits) "\x06\x01" bits
#define MENU          "\x09\x0e\x80\x01\x05Linux\x80\x02\x03Two"
#define SERVERS       "\x08\x12\x80\x02\x01\x0a\0\0\x09\x80\x01\x02\x0a\0\0\x07\x0a\0\0\x08"
#define GROUP         "\x07\x04\xef\x81\x02\x03"
#define LENGTH(text)  (uint8_t)(sizeof(text) - 1)

/* A host 10.0.0.x that offers a boot file. */
struct boot_server {
    uint8_t host; /* 0 ends a list */
    const char *file;
    const char *options; /* behind type and server identifier */
    uint8_t options_len;
    bool on_broadcast, on_multicast; /* it hears these as well */
    bool overhears;                  /* and what is sent to others */
    bool stale;                      /* answers with the transaction ID of the DHCP exchange */
    uint8_t type;                    /* of its answer, 0 = DHCPACK */
};
#define PXE         "\x3c\x09PXEClient"
#define ITEM(type)  PXE "\x2b\x07\x47\x04\x80" type "\0\0\xff"
#define SENDS(text) .options = text, .options_len = LENGTH(text)

static const struct boot_server *boot_servers;
static void (*serve_dhcp)(const struct fake_datagram *d);
static bool forgetful; /* the DHCP server's acknowledgement has no options */
static unsigned unicasts, broadcasts, multicasts; /* that asked for a boot server */

static void answer(const struct boot_server *s, const struct fake_sent *request)
{
    uint8_t m[600] = {2, 1, 6};
    uint32_t ip = fake_ip(10, 0, 0, s->host);

    memcpy(m + 4, (s->stale ? fake_sent : request)->data + 4, 4);
    memcpy(m + 16, request->data + 12, 4);
    memcpy(m + 28, request->data + 28, 16);
    strcpy((char *)m + 108, s->file);
    memcpy(m + 236, "\x63\x82\x53\x63\x35\x01\x05\x36\x04", 9);
    if (s->type)
        m[242] = s->type;
    memcpy(m + 245, &ip, 4);
    memcpy(m + 249, s->options, s->options_len);
    m[249 + s->options_len] = 255;
    fake_udp(ip, 4011, net.ip, 68, m, sizeof(m), 1);
}

static void check_request(const struct fake_sent *m)
{
    size_t len;
    const uint8_t *o = fake_option(m, 60, &len);

    CHECK(o && len == 32 && !memcmp(o, "PXEClient:Arch:00000:UNDI:002001", 32));
    o = fake_option(m, 93, &len);
    CHECK(o && len == 2);
    o = fake_option(m, 94, &len);
    CHECK(o && len == 3);
    o = fake_option(m, 97, &len);
    CHECK(o && len == 17);
    o = fake_option(m, 53, &len);
    CHECK(o && *o == 3);
    CHECK(!fake_option(m, 50, &len) && !fake_option(m, 54, &len));
    CHECK_BYTES(m->data + 12, &net.ip, 4); /* ciaddr */
    CHECK(memcmp(m->data + 4, fake_sent[0].data + 4, 4));
    CHECK(m->len >= 300);
}

static void serve(const struct fake_datagram *d)
{
    bool broadcast = d->to == 0xffffffff, multicast = d->to == fake_ip(239, 129, 2, 3);
    struct fake_sent *m;
    const uint8_t *item;
    size_t len;

    if (forgetful && d->data[242] == 3)
        dhcp->options_len = 0;
    serve_dhcp(d);
    if (!boot_servers || !fake_sent_count)
        return;
    m = &fake_sent[fake_sent_count - 1];
    item = fake_option(m, 43, &len);
    if (!item)
        return;
    CHECK(len == 7 && !memcmp(item, "\x47\x04\x80\x01\0\0\xff", 7));
    CHECK_EQUAL(d->to_port, broadcast ? 67 : 4011);
    CHECK(!multicast || !memcmp(d->to_mac, "\x01\x00\x5e\x01\x02\x03", 6));
    check_request(m);
    ++*(broadcast ? &broadcasts : multicast ? &multicasts : &unicasts);
    for (const struct boot_server *s = boot_servers; s->host; s++)
        if (broadcast   ? s->on_broadcast
            : multicast ? s->on_multicast
                        : s->overhears || d->to == fake_ip(10, 0, 0, s->host))
            answer(s, m);
}

/* Give a server these bytes as option 43, and what is in the test beside it. */
static void vendor(struct fake_server *s, const char *bytes, uint8_t len)
{
    static uint8_t raw[FAKE_SERVERS][300];
    uint8_t *option = raw[s - fake_servers];

    option[0] = 43;
    option[1] = len;
    memcpy(option + 2, bytes, len);
    s->pxe = true;
    options(s, option, 2u + len);
}

static void begin(const char *name, const char *bytes, uint8_t len)
{
    start(name);
    serve_dhcp = fake_on_udp;
    fake_on_udp = serve;
    boot_servers = NULL;
    forgetful = false;
    unicasts = broadcasts = multicasts = 0;
    vendor(dhcp, bytes, len);
}
#define BEGIN(name, bytes) begin(name, bytes, LENGTH(bytes))

static uint16_t first_type(void)
{
    const struct pxe_record *item =
        pxe_record(dhcp_option(fake_lease.menu, PXE_BOOT_MENU), PXE_MENU_UNIT, 0);

    return CHECK(item != NULL) ? item->type : 0;
}

/* Look for the boot server of the menu's first item. */
static int discover(const struct boot_server *servers)
{
    CHECK_EQUAL(fake_dhcp_run(), 0);
    if (!CHECK(fake_lease.menu != NULL))
        return E_END;
    boot_servers = servers;
    return dhcp_find_boot_server(&fake_lease, first_type());
}

static void finds(const struct boot_server *servers, const char *file, uint8_t host)
{
    CHECK_EQUAL(discover(servers), 0);
    CHECK_TEXT(fake_lease.boot_file, file);
    CHECK_EQUAL(fake_lease.boot_server, fake_ip(10, 0, 0, host));
    CHECK_EQUAL(fake_lease.proxy.len, 600);
}

static void asks(unsigned by_unicast, unsigned by_broadcast, unsigned by_multicast)
{
    CHECK_EQUAL(unicasts, by_unicast);
    CHECK_EQUAL(broadcasts, by_broadcast);
    CHECK_EQUAL(multicasts, by_multicast);
}

static const struct boot_server seven[] = {{7, "linux.0", SENDS(ITEM("\x01"))}, {0}};
static const struct boot_server eight[] = {{8, "linux.0", SENDS(ITEM("\x01"))}, {0}};
static const struct boot_server nobody[] = {{0}};

TEST(whose_menu)
{
    BEGIN("in the DHCP server's offer", CONTROL("\x03") MENU SERVERS);
    finds(seven, "linux.0", 7);
    CHECK(fake_lease.menu == &fake_lease.ack);
    CHECK(taken() < 10); /* at once */
    asks(2, 0, 0);

    BEGIN("a menu goes before the file beside it", CONTROL("\x03") MENU SERVERS);
    dhcp->file = "other";
    finds(seven, "linux.0", 7);

    BEGIN("unless bit 3 is set", CONTROL("\x0b") MENU SERVERS);
    dhcp->file = "other";
    expect(dhcp->ip, "other");
    CHECK(!fake_lease.menu);

    BEGIN("without a file bit 3 says nothing", CONTROL("\x0b") MENU SERVERS);
    finds(seven, "linux.0", 7);

    BEGIN("of a server that does not say PXEClient", CONTROL("\x03") MENU SERVERS);
    dhcp->pxe = false;
    CHECK_EQUAL(fake_dhcp_run(), E_NO_BOOT_FILE);

    BEGIN("in the offer, not in the acknowledgement", CONTROL("\x03") MENU SERVERS);
    forgetful = true;
    finds(seven, "linux.0", 7);

    BEGIN("an offer without file or menu waits for the other one", CONTROL("\x03"));
    dhcp->pxe = false;
    fake_servers[2] = *dhcp;
    fake_servers[2].ip = fake_ip(10, 0, 0, 3);
    fake_servers[2].delay = 300;
    vendor(&fake_servers[2], CONTROL("\x03") MENU SERVERS, LENGTH(CONTROL("\x03") MENU SERVERS));
    finds(seven, "linux.0", 7);
    CHECK_EQUAL(dhcp->requests, 0);
}

TEST(proxy_menu)
{
    BEGIN("in a proxy's offer", "");
    dhcp->pxe = false;
    with_proxy();
    proxy->delay = 200;
    vendor(proxy, CONTROL("\x03") MENU SERVERS, LENGTH(CONTROL("\x03") MENU SERVERS));
    finds(seven, "linux.0", 7);
    CHECK(taken() < 250);

    BEGIN("the DHCP server names a file", "");
    dhcp->pxe = false;
    dhcp->file = "own";
    dhcp->delay = 100;
    with_proxy();
    vendor(proxy, CONTROL("\x03") MENU SERVERS, LENGTH(CONTROL("\x03") MENU SERVERS));
    expect(dhcp->ip, "own");
    CHECK(!fake_lease.menu);

    BEGIN("from port 4011 of a proxy", "");
    dhcp->pxe = false;
    with_proxy();
    fake_servers[2].ip = proxy->ip;
    fake_servers[2].silent_on_67 = true;
    vendor(&fake_servers[2], CONTROL("\x03") MENU SERVERS, LENGTH(CONTROL("\x03") MENU SERVERS));
    finds(seven, "linux.0", 7);

    BEGIN("from port 4011 of the DHCP server", "");
    fake_servers[2].ip = dhcp->ip;
    fake_servers[2].silent_on_67 = true;
    vendor(&fake_servers[2], CONTROL("\x03") MENU SERVERS, LENGTH(CONTROL("\x03") MENU SERVERS));
    finds(seven, "linux.0", 7);
}

TEST(who_is_asked)
{
    static const struct boot_server far[] = {{11, "b.0", SENDS(ITEM("\x01")), .on_broadcast = true},
                                             {0}};
    static const struct boot_server group[] = {
        {12, "m.0", SENDS(ITEM("\x01")), .on_multicast = true}, {0}};

    BEGIN("the second server listed", CONTROL("\x03") MENU SERVERS);
    finds(eight, "linux.0", 8);
    asks(2, 0, 0);

    BEGIN("by broadcast too", CONTROL("\x02") MENU SERVERS);
    finds(far, "b.0", 11);
    asks(2, 1, 0);

    BEGIN("no discovery control, no list, no group", MENU);
    finds(far, "b.0", 11);
    asks(0, 1, 0);

    BEGIN("the group and everybody", MENU GROUP);
    finds(group, "m.0", 12);
    asks(0, 1, 1);

    BEGIN("the group, but it is forbidden", CONTROL("\x02") MENU GROUP);
    finds(far, "b.0", 11);
    asks(0, 1, 0);

    BEGIN("only the group", CONTROL("\x01") MENU GROUP);
    finds(group, "m.0", 12);
    asks(0, 0, 1);

    BEGIN("only the servers listed", CONTROL("\x04") MENU SERVERS GROUP);
    CHECK_EQUAL(discover(far), E_TIMEOUT);
    asks(8, 0, 0);

    BEGIN("only the servers listed: any", CONTROL("\x04") MENU "\x08\x03\x80\x01\0");
    finds(far, "b.0", 11);
    asks(0, 1, 0);

    BEGIN("only the servers listed: none", CONTROL("\x04") MENU GROUP);
    CHECK_EQUAL(discover(far), E_TIMEOUT);
    asks(0, 0, 0);

    BEGIN("list of another type only", CONTROL("\x03") MENU "\x08\x07\x80\x02\x01\x0a\0\0\x07");
    CHECK_EQUAL(discover(seven), E_TIMEOUT);
    asks(0, 0, 0);
}

TEST(whose_answer)
{
    static const struct boot_server wrong[] = {
        {20, "item", SENDS(ITEM("\x02")), .on_broadcast = true},
        {21, "renewal", SENDS("\x33\x04\0\0\1\0"), .on_broadcast = true},
        {22, "pxe", SENDS(PXE "\x2b\x10" MENU), .on_broadcast = true},
        {23, "", SENDS(ITEM("\x01")), .on_broadcast = true},
        {24, "nak", SENDS(ITEM("\x01")), .on_broadcast = true, .type = 6},
        {25, "offer", SENDS(ITEM("\x01")), .on_broadcast = true, .type = 2},
        {26, "stale", SENDS(ITEM("\x01")), .on_broadcast = true, .stale = true},
        {27, "short", SENDS(PXE "\x2b\x06\x47\x01\x80\x01\x01\0"), .on_broadcast = true},
        {0},
    };
    static const struct boot_server terse[] = {{12, "terse.0", SENDS(PXE), .on_broadcast = true},
                                               {0}};

    BEGIN("none of these", MENU);
    CHECK_EQUAL(discover(wrong), E_TIMEOUT);
    asks(0, 4, 0);
    CHECK(taken() > 6500 && taken() < 8600);

    BEGIN("one that does not repeat the item", MENU);
    finds(terse, "terse.0", 12);
}

/* An answer counts only from one that was asked. */
TEST(who_was_asked)
{
    static const struct boot_server other[] = {
        {66, "evil.0", SENDS(ITEM("\x01")), .overhears = true},
        {7, "linux.0", SENDS(ITEM("\x01"))},
        {0}};
    static const struct boot_server liar[] = {
        {66, "evil.0", SENDS(ITEM("\x01")), .overhears = true}, {0}};

    BEGIN("only listed ones were asked", CONTROL("\x03") MENU SERVERS);
    finds(other, "linux.0", 7);

    BEGIN("only listed ones count", CONTROL("\x04") MENU SERVERS GROUP);
    finds(other, "linux.0", 7);

    BEGIN("no broadcast, and no group to send to", CONTROL("\x01") MENU SERVERS);
    CHECK_EQUAL(discover(liar), E_TIMEOUT);
}

TEST(failures)
{
    static char long_list[255] = CONTROL("\x03") "\x09\x03\x80\x01\0\x08\xf3\x80\x01\x3c";

    BEGIN("nobody answers", CONTROL("\x03") MENU SERVERS);
    CHECK_EQUAL(discover(nobody), E_TIMEOUT);
    asks(8, 0, 0);
    CHECK(taken() < 8600);
    CHECK(fake_lease.menu && pxe_has_menu(fake_lease.menu)); /* nothing is lost */

    for (unsigned i = 0; i < 60; i++)
        memcpy(long_list + 13 + 4 * i, (char[]){10, 0, 0, (char)(100 + i)}, 4);
    begin("sixty servers that are off", long_list, 253);
    CHECK_EQUAL(fake_dhcp_run(), 0);
    fake_arp_off = true;
    CHECK_EQUAL(dhcp_find_boot_server(&fake_lease, first_type()), E_TIMEOUT);
    CHECK(fake_arp_requests > 3);
    CHECK(taken() < 22500);

    BEGIN("cancelled", CONTROL("\x03") MENU SERVERS);
    fake_cancel_at = 2000;
    CHECK_EQUAL(discover(nobody), E_CANCELLED);
    CHECK(fake_now <= 2002);

    BEGIN("cancelled while a listed server is off", CONTROL("\x03") MENU SERVERS);
    fake_cancel_at = 2000;
    fake_arp_off = true;
    CHECK_EQUAL(discover(nobody), E_CANCELLED);
    CHECK(fake_now <= 2002);
}

TEST(lists)
{
    static const struct boot_server nine[] = {{7, "list.0", SENDS(ITEM("\x01"))}, {0}};

    BEGIN("a list and no menu: its first type", CONTROL("\x03") "\x08\x07\x80\x01\x01\x0a\0\0\x07");
    boot_servers = nine;
    CHECK_EQUAL(fake_dhcp_run(), 0);
    CHECK_TEXT(fake_lease.boot_file, "list.0");
    asks(1, 0, 0);

    BEGIN("option 43 in two pieces, the menu in the second", CONTROL("\x03") SERVERS);
    static uint8_t more[300];
    memcpy(more, dhcp->options, dhcp->options_len);
    memcpy(more + dhcp->options_len, "\x2b\x10" MENU, 18);
    options(dhcp, more, dhcp->options_len + 18);
    finds(seven, "linux.0", 7);
}
