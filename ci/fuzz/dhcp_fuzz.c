/* SPDX-License-Identifier: BSD-2-Clause */
/* A whole DHCP conversation, proxy, boot menu and discovery of boot servers included.
 *
 * Input: what the client is; then the servers' messages. Each message the client sends gets one,
 * and as many more as have the flag AND_NEXT: flags, delay, lengths of file, sname and options,
 * those. */
#include "fake_link.h"
#include "fuzz.h"
#include "net/pxe_menu.h"

enum { KNOWS_FILE = 1, SECOND_STAGE = 2 };
enum {
    AND_NEXT = 1,
    PORT_4011 = 2,
    OTHER_SERVER = 4,
    PROXY = 8,
    NO_COOKIE = 16,
    OTHER_XID = 32,
    NEXT_SERVER = 64,
    RAW = 128, /* the options are the whole message, from `op` on */
};

static struct input in;

/* Build the next message; returns its length. */
static size_t build(uint8_t m[DHCP_PACKET_MAX], uint8_t flags)
{
    uint8_t file = take(&in), sname = take(&in);
    size_t len = take16(&in) % DHCP_PACKET_MAX, at = flags & NO_COOKIE ? 236 : 240;

    memset(m, 0, DHCP_PACKET_MAX);
    if (flags & RAW)
        return take_bytes(&in, m, len);
    memcpy(m, "\2\1\6", 3);
    if (!(flags & PROXY))
        memcpy(m + 16, "\x0a\0\0\2", 4);
    if (flags & NEXT_SERVER)
        memcpy(m + 20, "\x0a\0\0\3", 4);
    take_bytes(&in, m + 108, file < 128 ? file : 128);
    take_bytes(&in, m + 44, sname < 64 ? sname : 64);
    memcpy(m + 236, "\x63\x82\x53\x63", 4);
    return at + take_bytes(&in, m + at, len < DHCP_PACKET_MAX - at ? len : DHCP_PACKET_MAX - at);
}

static void serve(const struct fake_datagram *d)
{
    uint8_t m[DHCP_PACKET_MAX], flags = AND_NEXT;

    CHECK(d->len >= 240 && d->from_port == 68);
    while (in.left && flags & AND_NEXT) {
        flags = take(&in);
        uint32_t delay = take(&in) * 8u;
        size_t len = build(m, flags);
        if (!(flags & (OTHER_XID | RAW))) {
            memcpy(m + 4, d->data + 4, 4);
            memcpy(m + 28, d->data + 28, 16);
        }
        fake_udp(fake_ip(10, 0, 0, flags & OTHER_SERVER ? 9 : 1), flags & PORT_4011 ? 4011 : 67,
                 0xffffffff, 68, m, len, delay);
    }
    if (!in.left) /* nobody says any more */
        fake_cancel_at = fake_now + 2500;
}

static void require_string(const char *s, size_t size)
{
    CHECK(memchr(s, 0, size) != NULL);
}

/* Time flies while nothing is on its way. */
static void hurry(void)
{
    if (!fake_pending())
        fake_now += 20;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dhcp_lease lease;
    struct dhcp_identity me = {.have_uuid = true};
    uint8_t kind;
    int rc;

    in = (struct input){data, size};
    kind = take(&in);
    me.knows_file = kind & KNOWS_FILE;
    me.second_stage = kind & SECOND_STAGE;
    fake_case("DHCP");
    fake_on_udp = serve;
    fake_on_idle = hurry;
    memset(&lease, 0x55, sizeof(lease));
    rc = dhcp_configure(&me, &lease);
    CHECK(rc <= 0);
    CHECK(rc || lease.boot_file[0] || lease.menu || me.knows_file);
    if (!rc && lease.menu) {
        const struct dhcp_value *menu = dhcp_option(lease.menu, PXE_BOOT_MENU);
        const struct pxe_record *first = pxe_record(menu, PXE_MENU_UNIT, 0);

        CHECK(first != NULL);
        if (first->type != PXE_LOCAL_BOOT)
            rc = dhcp_find_boot_server(&lease, first->type);
        CHECK(rc <= 0 && (rc || lease.boot_file[0] || first->type == PXE_LOCAL_BOOT));
    }
    if (!rc) {
        require_string(lease.boot_file, sizeof(lease.boot_file));
        require_string(lease.kernel_args, sizeof(lease.kernel_args));
        CHECK(net.ip && net.routes_len <= sizeof(net.routes));
        CHECK(lease.ack.len <= DHCP_PACKET_MAX && lease.proxy.len <= DHCP_PACKET_MAX);
    }
    return 0;
}
