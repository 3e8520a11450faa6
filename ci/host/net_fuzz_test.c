// sources: src/firmware/core/print.c src/firmware/core/errors.c
// sources: ci/host/fake_link.c
// sources: src/firmware/net/dhcp.c src/firmware/net/dhcp_options.c src/firmware/net/pxe_menu.c
// sources: src/firmware/net/tftp.c src/firmware/net/tftp_get.c src/firmware/net/udp.c
// sources: src/firmware/net/ipv4.c src/firmware/net/icmp.c src/firmware/net/arp.c
// sources: src/firmware/net/ethernet.c src/firmware/net/checksum.c
// sources: src/firmware/net/dhcp_lease.c
// sources: src/firmware/net/random.c
/* Mutated packets of every kind, from a fixed seed: nothing is read or written out of bounds, and
 * every call ends. */
#include <stdlib.h>
#include <string.h>

#include <sanitizer/asan_interface.h>

#include "fake_link.h"
#include "net/pxe_menu.h"
#include "net/tftp.h"

static uint32_t below(uint32_t n)
{
    return fake_random() % n;
}

/* Change, cut or lengthen a packet; leave one in eight as it is. Returns its new length, at most
 * `cap`. */
static size_t mutate(uint8_t *data, size_t len, size_t cap)
{
    static const uint8_t edge[] = {0, 1, 2, 3, 4, 5, 6, 8, 0x7f, 0x80, 0xfe, 0xff};

    if (!below(8))
        return len;
    for (unsigned n = below(6); n && len; n--)
        data[below((uint32_t)len)] = below(2) ? edge[below(sizeof(edge))] : (uint8_t)fake_random();
    if (!below(3))
        len = below((uint32_t)len + 1);
    while (!below(4) && len + 8 < cap)
        for (unsigned i = 0; i < 8; i++)
            data[len++] = (uint8_t)fake_random();
    return len;
}

static const uint8_t options[] =
    "\x63\x82\x53\x63\x35\x01\x02\x36\x04\x0a\0\0\1\x01\x04\xff\xff\xff\0\x03\x04\x0a\0\0\1\x34\x01"
    "\3"
    "\x3c\x09PXEClient\x2b\x15\x06\x01\x02\x09\x04\x80\x00\x01x\x08\x07\x80\x00\x01\x0a\0\0\x05\x0a"
    "\x00\xff\x42\x08"
    "10.0.0.9\x43\x06"
    "a/b.nb\x0c\x04host\x11\x05/root\x81\x07quiet "
    "1\x96\x04\x0a\0\0\x09\x06\x04\x0a\0\0\x35\0\0\xff";

enum { BOOT_MENU_TAG = 236 + 44 }; /* where it is in a message with these options */

static void serve_dhcp(const struct fake_datagram *d)
{
    uint8_t m[1472] = {2, 1, 6};
    size_t len = 236 + sizeof(options);

    memcpy(m + 16, "\x0a\0\0\2\x0a\0\0\x03", 8);
    if (below(2))
        strcpy((char *)m + 108, "file");
    else
        memcpy(m + 108,
               "\x43\x03pxe\x42\x08"
               "10.0.0.9\xff",
               16);
    memcpy(m + 44, "\x43\x03xyz\xff", 6);
    memcpy(m + 236, options, sizeof(options));
    if (below(2))
        m[BOOT_MENU_TAG] = 200;
    if (below(2))
        memset(m + 16, 0, 4); /* a proxy */
    m[242] = (uint8_t)(below(4) ? (d->data[242] == 1 ? 2 : 5) : below(9));
    for (unsigned n = 1 + below(3); n; n--) {
        len = mutate(m, len, sizeof(m));
        if (below(8)) {
            memcpy(m + 4, d->data + 4, 4);
            memcpy(m + 28, d->data + 28, 16);
            m[0] = 2;
        }
        fake_udp(fake_ip(10, 0, 0, 1), below(2) ? 67 : 4011, 0xffffffff, 68, m, len, below(50));
    }
}

static bool terminated(const char *s)
{
    return memchr(s, 0, DHCP_NAME_MAX + 1) != NULL;
}

static int find_boot_server(struct dhcp_lease *lease)
{
    const uint8_t *menu = dhcp_option(lease->menu, PXE_BOOT_MENU);
    int rc = dhcp_find_boot_server(lease, pxe_record(menu, PXE_MENU_UNIT, 0));

    CHECK(rc || lease->boot_file[0]);
    return rc;
}

static void fuzz_dhcp(void)
{
    unsigned found = 0;
    static struct dhcp_lease lease;
    static const struct dhcp_identity me;

    for (unsigned i = 0; i < 8000; i++) {
        fake_case("DHCP");
        fake_on_udp = serve_dhcp;
        fake_cancel_at = fake_now + 3000;
        memset(&lease, 0x55, sizeof(lease));
        int rc = dhcp_configure(&me, &lease);
        CHECK(rc <= 0);
        CHECK(rc || lease.boot_file[0] || lease.menu);
        if (!rc && lease.menu)
            found += !find_boot_server(&lease);
        CHECK(terminated(lease.boot_file) && terminated(lease.hostname));
        CHECK(terminated(lease.root_path) && terminated(lease.kernel_args));
    }
    CHECK(found > 100);
}

/* The readers of options alone, on messages behind whose end nothing may be read. */
static void fuzz_options(void)
{
    static struct dhcp_packet p;
    char name[DHCP_NAME_MAX + 1];
    uint32_t server;

    fake_case("options");
    for (unsigned i = 0; i < 20000; i++) {
        memset(p.data, 0, BOOTP_FIXED);
        memcpy(p.data + 44, options + 4, 64);
        memcpy(p.data + 108, options + 40, 70);
        memcpy(p.data + BOOTP_FIXED, options, sizeof(options));
        p.len = BOOTP_FIXED + sizeof(options) - below(sizeof(options));
        for (unsigned n = below(12); n; n--)
            p.data[44 + below((uint32_t)p.len - 44)] = (uint8_t)fake_random();
        ASAN_POISON_MEMORY_REGION(p.data + p.len, sizeof(p.data) - p.len);
        for (unsigned tag = 0; tag < 256; tag++) {
            const uint8_t *option = dhcp_option(&p, (uint8_t)tag);
            if (option) {
                dhcp_option_string(&p, (uint8_t)tag, name);
                CHECK(strlen(name) <= option[0]);
                option = dhcp_option(&p, DHCP_INNER(tag, 8));
                CHECK(!option || option + option[0] < p.data + p.len);
            }
        }
        dhcp_boot_target(&p, &server, name);
        CHECK(terminated(name) && dhcp_names_file(&p) == (name[0] != 0));
        ASAN_UNPOISON_MEMORY_REGION(p.data, sizeof(p.data));
    }
}

/* Every option that holds an address, cut off by the end of the message. */
static void short_addresses(void)
{
    static struct dhcp_packet p;

    fake_case("short addresses");
    memcpy(p.data + BOOTP_FIXED, options, 4);
    for (uint8_t len = 0; len <= 4; len++) {
        memcpy(p.data + BOOTP_FIXED + 4, "\x36\0\x0a\0\0\1", 6);
        p.data[BOOTP_FIXED + 5] = len;
        p.len = BOOTP_FIXED + 6u + len;
        ASAN_POISON_MEMORY_REGION(p.data + p.len, sizeof(p.data) - p.len);
        CHECK_EQUAL(dhcp_server(&p), len < 4 ? 0 : fake_ip(10, 0, 0, 1));
        ASAN_UNPOISON_MEMORY_REGION(p.data, sizeof(p.data));
    }
}

static void serve_tftp(const struct fake_datagram *d)
{
    static const char oack[] = "\0\6tsize\0"
                               "5000\0blksize\0001000\0windowsize\0004";
    uint8_t p[1472] = {0};
    uint16_t block = d->data[1] == 4 ? (uint16_t)(d->data[2] << 8 | d->data[3]) : 0;

    if (d->data[1] == 5)
        return;
    for (unsigned n = below(6); n; n--) {
        size_t len;
        if (!below(20)) {
            memcpy(p, "\0\5\0\1message", 12);
            len = 12;
        } else if (d->data[1] == 1 && below(4)) {
            memcpy(p, oack, sizeof(oack));
            len = sizeof(oack);
        } else {
            block++;
            memcpy(p, "\0\3", 2);
            p[2] = (uint8_t)(block >> 8);
            p[3] = (uint8_t)block;
            len = 4 + (below(4) ? 1000 : below(2) ? 512 : below(600));
        }
        len = mutate(p, len, sizeof(p));
        fake_udp(fake_ip(10, 0, 0, 1), below(20) ? 3000 : (uint16_t)below(65536), net.ip,
                 d->from_port, p, len, below(20));
    }
}

static void fuzz_tftp(void)
{
    for (unsigned i = 0; i < 4000; i++) {
        fake_case("TFTP");
        fake_configure();
        fake_on_udp = serve_tftp;
        fake_cancel_at = fake_now + 3000;
        struct download file = {.cap = 100 + below(8000)};
        file.base = malloc(file.cap);
        int rc = tftp_get(fake_ip(10, 0, 0, 1), "file", &file);
        CHECK(rc <= 0 && file.length <= file.cap);
        CHECK(strlen(tftp_server_message()) < 96);
        free(file.base);
    }
}

static void ignore(struct udp_socket *socket, const struct udp_datagram *d)
{
    static volatile uint8_t sum;

    for (size_t i = 0; i < d->len; i++)
        sum ^= d->data[i];
}

/* Whole frames; where it matters with a checksum that makes them look good. */
static void fuzz_frames(void)
{
    static struct udp_socket socket = {.port = 5000, .receive = ignore};
    static const uint8_t arp[42] =
        "\xff\xff\xff\xff\xff\xff\x02\xee\x0a\0\0\x07\x08\x06\0\1\x08\0\6\4\0\1"
        "\x02\xee\x0a\0\0\x07\x0a\0\0\x07\0\0\0\0\0\0\x0a\0\0\x02";

    static const uint8_t text[200] = "text";
    fake_case("frames");
    fake_configure();
    udp_open(&socket);
    for (unsigned i = 0; i < 100000; i++) {
        uint8_t frame[1600];
        size_t len = below(200);
        len = fake_udp_frame(frame, fake_ip(10, 0, 0, 7), 6000, net.ip, 5000, text, len);
        if (!below(3)) {
            memcpy(frame, arp, sizeof(arp));
            len = sizeof(arp);
        } else if (below(2)) {
            frame[23] = 1;
            frame[34] = 8;
        }
        len = mutate(frame, len, sizeof(frame));
        if (below(4) && len > 34)
            fake_fix_ip(frame);
        if (below(2))
            memset(frame + 40, 0, 2);
        fake_deliver(frame, len, 0);
        net_poll();
    }
    udp_close(&socket);
    CHECK(fake_transmits > 1000); /* some frames were still good ARP requests and pings */
}

int main(void)
{
    fuzz_dhcp();
    fuzz_options();
    short_addresses();
    fuzz_tftp();
    fuzz_frames();
    return fake_report();
}
