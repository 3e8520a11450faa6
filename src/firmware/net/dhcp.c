/* DHCP client (RFC 2131, PXE 2.1 section 2). */
#include "core/errors.h"
#include "core/string.h"
#include "core/timer.h"
#include "net/byteorder.h"
#include "net/dhcp.h"
#include "net/dhcp_options.h"
#include "net/net.h"
#include "net/ipv4.h"
#include "net/pxe_menu.h"
#include "net/udp.h"

enum { CLIENT_PORT = 68, SERVER_PORT = 67, PXE_PORT = 4011 };
enum {
    DISCOVER_TRIES = 5, /* 1 + 2 + 4 + 8 + 16 s */
    HURRIED_TRIES = 3,  /* 1 + 2 + 4 s */
    REQUEST_TRIES = 3,  /* 1 + 2 + 4 s */
    PXE_TRIES = 3,      /* 0.5 + 1 + 2 s */
    FIRST_WAIT_MS = 1000,
    PXE_FIRST_WAIT_MS = 500,
    PROXY_WAIT_MS = 2000,
    DISCOVERY_MS = 10000, /* after that no further boot server is tried */
    MESSAGE_MIN = 300,    /* RFC 1542 2.1 */
};

/* What the client waits for. */
enum state { OFFERS, ACKNOWLEDGEMENT, PXE_REPLY, ANSWERED, REFUSED };

static struct {
    struct udp_socket socket;
    const struct dhcp_identity *me;
    struct dhcp_lease *lease; /* ack: the best offer until it comes; proxy: the best proxy offer */
    struct dhcp_packet in, out;
    const struct pxe_record *item; /* whose boot server is asked for, NULL = none */
    enum state state;
    uint16_t secs;
    uint32_t xid;
    uint32_t started, offered; /* when; offered: discovery of boot servers, too */
} dhcp;

/* Options that every message carries (PXE 2.1 table 2-1). */
static const char common_options[] =
    "\x39\x02\x04\xec"                         /* 57: answers of up to 1260 bytes */
    "\x5d\x02\0\0"                             /* 93: x86 BIOS */
    "\x5e\x03\x01\x02\x01"                     /* 94: UNDI 2.1 */
    "\x3c\x20PXEClient:Arch:00000:UNDI:002001" /* 60 */
    "\x37\x15"                                 /* 55: what the answer should have, 21 options */
    "\x01\x03\x06\x0c\x0f\x11\x2b\x36\x3c\x42\x43\x80\x81\x82\x83\x84\x85\x86\x87\x96\xaf";

static uint8_t *add_option(uint8_t *p, uint8_t tag, const void *value, uint8_t len)
{
    *p++ = tag;
    *p++ = len;
    memcpy(p, value, len);
    return p + len;
}

/* Build dhcp.out: a message of `type` about the offer `from` (NULL when discovering). */
static void build(uint8_t type, const struct dhcp_packet *from)
{
    struct dhcp_message *m = (struct dhcp_message *)dhcp.out.data;
    const char *user_class = dhcp.me->second_stage ? "Etherforge.zpxe" : "Etherforge";
    uint8_t *p = m->options;

    memset(&dhcp.out, 0, sizeof(dhcp.out));
    m->op = BOOTREQUEST;
    m->htype = 1;
    m->hlen = sizeof(net.mac);
    m->xid = dhcp.xid;
    if (!from) /* a REQUEST repeats what its DISCOVER said */
        dhcp.secs = be16((uint16_t)((timer_ms() - dhcp.started) / 1000));
    m->secs = dhcp.secs;
    m->flags = be16(DHCP_FLAG_BROADCAST);
    m->ciaddr = net.ip;
    memcpy(m->chaddr, net.mac, sizeof(net.mac));
    m->cookie = be32(DHCP_COOKIE);

    p = add_option(p, OPTION_TYPE, &type, 1);
    if (dhcp.item) {
        static const uint8_t boot_item[] = {PXE_BOOT_ITEM & 0xff, 7, PXE_BOOT_ITEM >> 8, 4};
        memcpy(p, boot_item, sizeof(boot_item));
        memcpy(p + 4, &dhcp.item->type, sizeof(dhcp.item->type));
        p[8] = OPTION_END; /* after layer 0 */
        p += 9;
    } else if (from && !net.ip) {
        uint32_t server = dhcp_server(from);
        p = add_option(p, OPTION_SERVER_ID, &server, sizeof(server));
        p = add_option(p, OPTION_REQUESTED_IP, &dhcp_message(from)->yiaddr, sizeof(uint32_t));
    }
    memcpy(p, common_options, sizeof(common_options) - 1);
    p += sizeof(common_options) - 1;
    p = add_option(p, OPTION_USER_CLASS, user_class, (uint8_t)strlen(user_class));
    if (dhcp.me->have_uuid) {
        uint8_t uuid[1 + sizeof(dhcp.me->uuid)] = {0};
        memcpy(uuid + 1, dhcp.me->uuid, sizeof(dhcp.me->uuid));
        p = add_option(p, OPTION_UUID, uuid, sizeof(uuid));
    }
    *p++ = OPTION_END;
    dhcp.out.len = (size_t)(p - dhcp.out.data);
    if (dhcp.out.len < MESSAGE_MIN)
        dhcp.out.len = MESSAGE_MIN;
}

/* True when the message says how to go on: with a boot file or with a menu. */
static bool decides(const struct dhcp_packet *packet)
{
    return packet->len && (dhcp_names_file(packet) || pxe_has_menu(packet));
}

/* Keep an offer: the first of its kind, unless only a later one names a boot file or has a menu. */
static void take_offer(void)
{
    bool address = dhcp_message(&dhcp.in)->yiaddr != 0;
    struct dhcp_packet *best = address ? &dhcp.lease->ack : &dhcp.lease->proxy;

    if (!address && !dhcp_is_pxe(&dhcp.in))
        return;
    if (best->len && (decides(best) || !decides(&dhcp.in)))
        return;
    if (address && !best->len)
        dhcp.offered = timer_ms();
    *best = dhcp.in;
}

/* An acknowledgement that forgot the boot file or menu of its offer leaves the offer to decide. */
static void take_ack(void)
{
    struct dhcp_lease *lease = dhcp.lease;

    if (decides(&lease->ack) && !decides(&dhcp.in))
        lease->proxy = lease->ack;
    lease->ack = dhcp.in;
    dhcp.state = ANSWERED;
}

static bool is_pxe_answer(uint8_t type)
{
    if (dhcp.item)
        return type == DHCPACK && pxe_is_boot_server(&dhcp.in, dhcp.item->type);
    return decides(&dhcp.in) &&
           (type == DHCPACK ||
            (type == DHCPOFFER && !dhcp_message(&dhcp.in)->yiaddr && dhcp_is_pxe(&dhcp.in)));
}

static void dhcp_handle(uint8_t type)
{
    const struct dhcp_message *m = dhcp_message(&dhcp.in), *offer = dhcp_message(&dhcp.lease->ack);

    if (dhcp.state == OFFERS) {
        if (type == DHCPOFFER || type == DHCP_BOOTP)
            take_offer();
    } else if (dhcp.state == ACKNOWLEDGEMENT) {
        if (type == DHCPACK && m->yiaddr == offer->yiaddr)
            take_ack();
        else if (type == DHCPNAK && dhcp_server(&dhcp.in) == dhcp_server(&dhcp.lease->ack))
            dhcp.state = REFUSED;
        else if (type == DHCPOFFER && !m->yiaddr)
            take_offer();
    } else if (dhcp.state == PXE_REPLY) {
        if (is_pxe_answer(type)) {
            dhcp.lease->proxy = dhcp.in;
            dhcp.state = ANSWERED;
        }
    }
}

static void dhcp_receive(struct udp_socket *socket, const struct udp_datagram *datagram)
{
    const struct dhcp_message *m = (const struct dhcp_message *)datagram->data;

    if (datagram->len < BOOTP_FIXED || datagram->len > DHCP_PACKET_MAX || m->op != BOOTREPLY ||
        m->xid != dhcp.xid || memcmp(m->chaddr, net.mac, sizeof(net.mac)))
        return;
    dhcp.in.len = datagram->len;
    memcpy(dhcp.in.data, m, datagram->len);
    dhcp_handle(dhcp_type(&dhcp.in));
}

/* An offer to go on with: one that names a boot file or is a PXE service's own, or has a proxy's
 * beside it, or has waited long enough for that. */
static bool offers_suffice(void)
{
    const struct dhcp_packet *offer = &dhcp.lease->ack;

    return offer->len && (dhcp_names_file(offer) || dhcp.lease->proxy.len ||
                          (dhcp_is_pxe(offer) && dhcp_option(offer, OPTION_VENDOR)) ||
                          timer_ms() - dhcp.offered >= PROXY_WAIT_MS);
}

static bool dhcp_done(void *unused)
{
    return dhcp.state == OFFERS ? offers_suffice() : dhcp.state >= ANSWERED;
}

static int send_out(uint32_t to, uint16_t port)
{
    return udp_send(&dhcp.socket, to, port, dhcp.out.data, dhcp.out.len);
}

/* Wait about `ms` (±¼ s, RFC 2131 section 4.1) for what dhcp.state says. */
static int wait_about(uint32_t ms)
{
    uint32_t random = (timer_ms() ^ dhcp.xid) * 0x9e3779b1;

    return net_wait(dhcp_done, NULL, ms - 256 + (random >> 23));
}

static int ask_everyone(enum state state, uint32_t ms)
{
    int rc;

    dhcp.state = state;
    rc = send_out(IPV4_BROADCAST, SERVER_PORT);
    return rc ? rc : wait_about(ms);
}

/* REQUEST the address of the offer chosen. */
static int request(void)
{
    build(DHCPREQUEST, &dhcp.lease->ack);
    for (unsigned i = 0; i < REQUEST_TRIES; i++) {
        int rc = ask_everyone(ACKNOWLEDGEMENT, FIRST_WAIT_MS << i);
        if (rc != E_TIMEOUT)
            return dhcp.state == REFUSED ? E_DHCP_NAK : rc;
    }
    return E_TIMEOUT;
}

/* From DISCOVER to the acknowledged address in lease->ack. A server that refuses or forgets its
 * offer costs one try. */
static int acquire(void)
{
    struct dhcp_lease *lease = dhcp.lease;
    int rc = E_TIMEOUT;

    for (unsigned i = 0; i < (net.hurried ? HURRIED_TRIES : DISCOVER_TRIES); i++) {
        build(DHCPDISCOVER, NULL);
        lease->discover = dhcp.out;
        int found = ask_everyone(OFFERS, FIRST_WAIT_MS << i);
        if (found == E_TIMEOUT)
            continue;
        if (found)
            return found;
        rc = dhcp_type(&lease->ack) == DHCP_BOOTP ? 0 : request();
        if (rc != E_TIMEOUT && rc != E_DHCP_NAK)
            return rc;
        lease->ack.len = 0;
        dhcp.xid++; /* what still comes belongs to the past */
    }
    return rc == E_DHCP_NAK ? rc : E_NO_DHCP;
}

/* Send dhcp.out to every boot server for dhcp.item that `rules` let us ask. One that cannot be
 * reached costs time, no more. */
static int send_to_boot_servers(const struct dhcp_packet *rules)
{
    const struct pxe_record *listed = pxe_boot_servers(rules, dhcp.item->type);
    unsigned control = pxe_discovery_control(rules), count = listed ? listed->count : 0;
    uint32_t server = dhcp_option_address(rules, PXE_DISCOVERY_MULTICAST);
    int rc = 0;

    /* A record without addresses stands for any server. */
    if ((control & PXE_LISTED_ONLY) && (count || !listed))
        control = PXE_NO_BROADCAST | PXE_NO_MULTICAST;
    if (server && !(control & PXE_NO_MULTICAST))
        send_out(server, PXE_PORT);
    if (!(control & PXE_NO_BROADCAST))
        send_out(IPV4_BROADCAST, SERVER_PORT);
    for (unsigned i = 0; i < count && rc != E_CANCELLED; i++) {
        if (dhcp_done(NULL) || timer_ms() - dhcp.offered > DISCOVERY_MS)
            break;
        memcpy(&server, listed->values + i * PXE_SERVER_UNIT, sizeof(server));
        rc = send_out(server, PXE_PORT);
    }
    return rc;
}

/* Boot server discovery (PXE 2.1 section 2.4) for `item` of the menu or server list in `offer`;
 * without one, ask the PXE service behind `offer` for what its offer left out. The answer goes to
 * lease->proxy. */
static int discover(const struct dhcp_packet *offer, const struct pxe_record *item)
{
    int rc = E_TIMEOUT;

    dhcp.offered = timer_ms();
    dhcp.item = item;
    if (item)
        dhcp.xid++; /* what still comes answers other questions */
    build(DHCPREQUEST, offer);
    dhcp.state = PXE_REPLY;
    for (unsigned i = 0; i < PXE_TRIES && rc && rc != E_CANCELLED; i++) {
        rc = item ? send_to_boot_servers(offer) : send_out(dhcp_server(offer), PXE_PORT);
        if (rc != E_CANCELLED)
            rc = wait_about(PXE_FIRST_WAIT_MS << i);
    }
    return rc;
}

/* Who decides: the DHCP server's own word, then a proxy's, then what the PXE service says when
 * asked. */
static int find_boot_file(void)
{
    struct dhcp_lease *lease = dhcp.lease;
    struct dhcp_packet *proxy = &lease->proxy, *offer = proxy;

    if (decides(&lease->ack)) {
        proxy->len = 0;
        offer = &lease->ack;
    } else if (!decides(proxy)) {
        if (!proxy->len)
            offer = &lease->ack;
        if (!dhcp_is_pxe(offer))
            return E_NO_BOOT_FILE;
        const struct pxe_record *first =
            pxe_record(dhcp_option(offer, PXE_BOOT_SERVERS), PXE_SERVER_UNIT, 0);
        int rc = discover(offer, first);
        if (rc)
            return rc == E_CANCELLED ? rc : E_NO_BOOT_FILE;
        offer = proxy;
    }
    dhcp_boot_target(offer, &lease->boot_server, lease->boot_file);
    if (pxe_has_menu(offer))
        lease->menu = offer;
    return 0;
}

int dhcp_configure(const struct dhcp_identity *me, struct dhcp_lease *lease)
{
    uint32_t tail;
    int rc;

    memset(lease, 0, sizeof(*lease));
    memcpy(&tail, net.mac + 2, sizeof(tail));
    net.ip = net.mask = net.gateway = 0;
    dhcp.me = me;
    dhcp.lease = lease;
    dhcp.item = NULL;
    dhcp.started = timer_ms();
    dhcp.xid = tail + dhcp.started;
    dhcp.socket.port = CLIENT_PORT;
    dhcp.socket.receive = dhcp_receive;
    udp_open(&dhcp.socket);
    rc = acquire();
    if (!rc) {
        dhcp_bind(lease);
        rc = find_boot_file();
    }
    udp_close(&dhcp.socket);
    return rc;
}

int dhcp_find_boot_server(struct dhcp_lease *lease, const struct pxe_record *item)
{
    int rc;

    udp_open(&dhcp.socket);
    rc = discover(lease->menu, item);
    udp_close(&dhcp.socket);
    if (!rc)
        dhcp_boot_target(&lease->proxy, &lease->boot_server, lease->boot_file);
    return rc;
}
