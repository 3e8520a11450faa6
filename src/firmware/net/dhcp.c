/* SPDX-License-Identifier: BSD-2-Clause */
/* DHCP client (RFC 2131, PXE 2.1 section 2). */
#include "lib/byteorder.h"
#include "lib/errors.h"
#include "lib/settings.h"
#include "lib/string.h"
#include "net/dhcp_client.h"
#include "net/dhcp_options.h"
#include "net/ipv4.h"
#include "net/net.h"
#include "net/pxe_menu.h"
#include "net/random.h"
#include "net/udp.h"

enum { CLIENT_PORT = 68, SERVER_PORT = 67, PXE_PORT = 4011 };
enum {
    DISCOVER_MS = 63000, /* 1 + 2 + 4 + 7 * 8 s */
    HURRIED_MS = 7000,   /* 1 + 2 + 4 s */
    REQUEST_MS = 7000,   /* likewise */
    PXE_TRIES = 4,       /* 0.5 + 1 + 2 + 4 s */
    FIRST_WAIT_MS = 1000,
    DOUBLINGS = 3, /* of that, at most */
    PXE_FIRST_WAIT_MS = 500,
    FILE_WAIT_MS = 10000, /* for an offer that says how to go on: one more DISCOVER at least */
    PXE_WAIT_MS = 2000,   /* the same where there is another way */
    DISCOVERY_MS = 10000, /* after that no further boot server is tried */
};

struct dhcp_client dhcp_client;

/* Its `error` is above 0 while the client waits, and says for what; then it is 0 or an error. */
enum state { OFFERS = 1, ACKNOWLEDGEMENT, PXE_REPLY };
static void dhcp_receive(struct udp_socket *socket, const struct udp_datagram *datagram);
static struct udp_socket dhcp_socket = {
    .port = CLIENT_PORT, .receive = dhcp_receive, .peer_port = PXE_PORT};

/* True when the message says how to go on: with a boot file or with a menu. */
static bool decides(const struct dhcp_packet *packet)
{
    return packet->len && (dhcp_names_file(packet) || pxe_has_menu(packet));
}

/* Keep an offer: the first of its kind, unless only a later one names a boot file or has a menu. */
static void take_offer(void)
{
    bool address = dhcp_message(&dhcp_client.in)->yiaddr != 0;
    struct dhcp_packet *best = address ? &dhcp_client.lease->ack : &dhcp_client.lease->proxy;

    if (address ? dhcp_server(&dhcp_client.in) == dhcp_client.deaf : !dhcp_is_pxe(&dhcp_client.in))
        return;
    if (best->len && (decides(best) || !decides(&dhcp_client.in)))
        return;
    if (address && !best->len)
        dhcp_client.offered = net_now();
    *best = dhcp_client.in;
}

/* An acknowledgement that forgot the boot file or menu of its offer leaves the offer to decide. */
static void take_ack(void)
{
    struct dhcp_lease *lease = dhcp_client.lease;

    if (decides(&lease->ack) && !decides(&dhcp_client.in))
        lease->proxy = lease->ack;
    lease->ack = dhcp_client.in;
    dhcp_socket.error = 0;
}

/* True when who sent dhcp_client.in was asked for a boot server. */
static bool was_asked(void)
{
    for (unsigned i = 0; i < dhcp_client.server_count; i++)
        if (dhcp_client.servers[i] == dhcp_client.from)
            return true;
    return dhcp_client.group || dhcp_client.everybody;
}

/* The boot server's, or a proxy's offer that is late. */
static bool is_pxe_answer(uint8_t type)
{
    if (type == DHCPACK && was_asked())
        return dhcp_client.item == NO_ITEM
                   ? decides(&dhcp_client.in)
                   : pxe_is_boot_server(&dhcp_client.in, (uint16_t)dhcp_client.item);
    return type == DHCPOFFER && dhcp_client.item == NO_ITEM &&
           !dhcp_message(&dhcp_client.in)->yiaddr && dhcp_is_pxe(&dhcp_client.in) &&
           decides(&dhcp_client.in);
}

/* The server whose offer was requested, and nobody else (RFC 2131 section 4.3.1). */
static void handle_verdict(uint8_t type)
{
    struct dhcp_packet *offer = &dhcp_client.lease->ack;

    if (dhcp_option_address(&dhcp_client.in, OPTION_SERVER_ID) !=
        dhcp_option_address(offer, OPTION_SERVER_ID))
        return;
    if (type == DHCPNAK)
        dhcp_socket.error = E_DHCP_NAK;
    else if (type == DHCPACK &&
             dhcp_message(&dhcp_client.in)->yiaddr == dhcp_message(offer)->yiaddr)
        take_ack();
}

static void dhcp_handle(uint8_t type)
{
    if (dhcp_socket.error == OFFERS) {
        if (type == DHCPOFFER || type == DHCP_BOOTP)
            take_offer();
    } else if (dhcp_socket.error == ACKNOWLEDGEMENT) {
        if (type == DHCPOFFER && !dhcp_message(&dhcp_client.in)->yiaddr)
            take_offer();
        else
            handle_verdict(type);
    } else if (dhcp_socket.error == PXE_REPLY) {
        if (is_pxe_answer(type)) {
            dhcp_client.lease->proxy = dhcp_client.in;
            dhcp_socket.error = 0;
        }
    }
}

static void dhcp_receive(struct udp_socket *socket, const struct udp_datagram *datagram)
{
    const struct dhcp_message *m = (const struct dhcp_message *)datagram->data;

    if (datagram->len < BOOTP_FIXED || datagram->len > DHCP_PACKET_MAX || m->op != BOOTREPLY ||
        m->xid != dhcp_client.xid || memcmp(m->chaddr, net.mac, sizeof(net.mac)) ||
        (datagram->from_port != SERVER_PORT && datagram->from_port != PXE_PORT))
        return;
    dhcp_client.from = datagram->from;
    dhcp_client.in.len = datagram->len;
    memcpy(dhcp_client.in.data, m, datagram->len);
    dhcp_handle(dhcp_type(&dhcp_client.in));
}

/* An offer to go on with: one that names a boot file or is a PXE service's own, or has a proxy's
 * beside it, or has waited long enough for that. */
static bool offers_suffice(void)
{
    const struct dhcp_packet *offer = &dhcp_client.lease->ack;
    uint32_t enough = FILE_WAIT_MS;

    if (!offer->len)
        return false;
    if (dhcp_names_file(offer) || dhcp_client.lease->proxy.len)
        return true;
    if (dhcp_is_pxe(offer))
        enough = dhcp_option(offer, OPTION_VENDOR)->len ? 0 : PXE_WAIT_MS;
    else if (dhcp_client.me->knows_file)
        enough = settings[SETTING_SERVER] ? 0 : PXE_WAIT_MS;
    return net_now() - dhcp_client.offered >= enough;
}

static bool dhcp_done(void *unused)
{
    return dhcp_socket.error == OFFERS ? offers_suffice() : dhcp_socket.error <= 0;
}

static int send_out(uint32_t to, uint16_t port)
{
    return udp_send(&dhcp_socket, to, port, dhcp_client.out.data, dhcp_client.out.len);
}

/* Wait about `ms` (±¼ s, RFC 2131 section 4.1) for what dhcp_socket.error says. */
static int wait_about(uint32_t ms)
{
    int rc = net_wait(dhcp_done, NULL, ms - 256 + (net_random() >> 23));

    return rc ? rc : dhcp_socket.error;
}

/* Try `i`: each waits twice as long as the one before it, up to a limit, and not longer than *left,
 * from which it is taken. */
static int ask_everyone(enum state state, unsigned i, uint32_t *left)
{
    uint32_t ms = FIRST_WAIT_MS << (i < DOUBLINGS ? i : DOUBLINGS);
    int rc;

    if (ms > *left)
        ms = *left;
    *left -= ms;
    dhcp_socket.error = state;
    rc = send_out(IPV4_BROADCAST, SERVER_PORT);
    return rc ? rc : wait_about(ms);
}

/* REQUEST the address of the offer chosen. */
static int request(void)
{
    uint32_t left = REQUEST_MS;
    int rc = E_TIMEOUT;

    dhcp_build(DHCPREQUEST, &dhcp_client.lease->ack);
    for (unsigned i = 0; left && rc == E_TIMEOUT; i++)
        rc = ask_everyone(ACKNOWLEDGEMENT, i, &left);
    return rc;
}

/* From DISCOVER to the acknowledged address in lease->ack. A server that refuses or forgets its
 * offer costs one try; in the next one, others go before it. */
static int acquire(void)
{
    struct dhcp_lease *lease = dhcp_client.lease;
    uint32_t left = settings[SETTING_TIMEOUT] * 1000;
    int rc = E_TIMEOUT;

    if (!left)
        left = net.hurried ? HURRIED_MS : DISCOVER_MS;
    for (unsigned i = 0; left; i++) {
        dhcp_build(DHCPDISCOVER, NULL);
        lease->discover = dhcp_client.out;
        int found = ask_everyone(OFFERS, i, &left);
        if (found == E_TIMEOUT && (!lease->ack.len || left)) {
            dhcp_client.deaf = NO_SERVER;
            continue;
        }
        if (found < 0 && found != E_TIMEOUT)
            return found;
        rc = dhcp_type(&lease->ack) == DHCP_BOOTP ? 0 : request();
        if (rc != E_TIMEOUT && rc != E_DHCP_NAK)
            return rc;
        if (rc == E_TIMEOUT)
            dhcp_client.deaf = dhcp_server(&lease->ack);
        lease->ack.len = 0;
        dhcp_client.xid = net_random(); /* what still comes belongs to the past */
    }
    return rc == E_DHCP_NAK ? rc : E_NO_DHCP;
}

/* Whom to ask for dhcp_client.item: all that the boot rules in `offer` let us ask. Without an item,
 * the PXE service behind `offer`. */
static void choose_servers(const struct dhcp_packet *offer)
{
    unsigned control = pxe_discovery_control(offer);
    const struct pxe_record *listed;

    dhcp_client.group = dhcp_option_address(offer, PXE_DISCOVERY_MULTICAST);
    dhcp_client.servers[0] = dhcp_server(offer);
    dhcp_client.server_count = 1;
    if (dhcp_client.item != NO_ITEM) {
        listed = pxe_boot_servers(offer, (uint16_t)dhcp_client.item);
        dhcp_client.server_count = listed ? listed->count : 0;
        if (listed)
            memcpy(dhcp_client.servers, listed->values, listed->count * PXE_SERVER_UNIT);
        /* A record without addresses stands for any server. */
        if (listed && !listed->count)
            control &= ~PXE_LISTED_ONLY;
    }
    if (dhcp_client.item == NO_ITEM || (control & PXE_LISTED_ONLY))
        control = ~0u;
    if (control & PXE_NO_MULTICAST)
        dhcp_client.group = 0;
    dhcp_client.everybody = ~control & PXE_NO_BROADCAST;
}

/* True when nobody can answer but one server. A proxy may be late, where none has been seen. */
static bool only_one_can_answer(void)
{
    return dhcp_client.server_count == 1 && !dhcp_client.group && !dhcp_client.everybody &&
           (dhcp_client.item != NO_ITEM || dhcp_client.lease->proxy.len);
}

/* Send dhcp_client.out to all of them. A server that cannot be reached costs time, no more. */
static int ask_servers(void)
{
    int rc = 0;

    if (dhcp_client.group)
        send_out(dhcp_client.group, PXE_PORT);
    if (dhcp_client.everybody)
        send_out(IPV4_BROADCAST, SERVER_PORT);
    for (unsigned i = 0; i < dhcp_client.server_count && rc != E_CANCELLED; i++) {
        if (dhcp_done(NULL) || net_now() - dhcp_client.offered > DISCOVERY_MS)
            break;
        rc = send_out(dhcp_client.servers[i], PXE_PORT);
    }
    return rc;
}

/* Boot server discovery (PXE 2.1 section 2.4) for `item` of the menu or server list in `offer`;
 * with NO_ITEM, ask the PXE service behind `offer` for what its offer left out. The answer goes to
 * lease->proxy. */
static int discover(const struct dhcp_packet *offer, int item)
{
    int rc = E_TIMEOUT;

    dhcp_client.offered = net_now();
    dhcp_client.item = item;
    choose_servers(offer);
    if (item != NO_ITEM)
        dhcp_client.xid = net_random(); /* what still comes answers other questions */
    dhcp_build(DHCPREQUEST, offer);
    dhcp_socket.error = PXE_REPLY;
    dhcp_socket.peer = only_one_can_answer() ? dhcp_client.servers[0] : 0;
    for (unsigned i = 0; i < PXE_TRIES && rc == E_TIMEOUT; i++) {
        rc = ask_servers();
        if (rc != E_CANCELLED)
            rc = wait_about(PXE_FIRST_WAIT_MS << i);
    }
    return rc;
}

/* Who decides: the DHCP server's own word, then a proxy's, then what the PXE service says when
 * asked. */
static int find_boot_file(void)
{
    struct dhcp_lease *lease = dhcp_client.lease;
    struct dhcp_packet *proxy = &lease->proxy, *offer = proxy;

    dhcp_boot_target(&lease->ack, &lease->boot_server, lease->boot_file);
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
        int rc = discover(offer, first ? first->type : NO_ITEM);
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
    int rc;

    memset(lease, 0, sizeof(*lease));
    net.ip = net.mask = 0;
    dhcp_client.me = me;
    dhcp_client.lease = lease;
    dhcp_client.item = NO_ITEM;
    dhcp_client.deaf = NO_SERVER;
    dhcp_client.started = net_now();
    dhcp_client.xid = net_random();
    udp_open(&dhcp_socket);
    rc = acquire();
    if (!rc) {
        dhcp_bind(lease);
        rc = find_boot_file();
    }
    udp_close(&dhcp_socket);
    return rc;
}

int dhcp_find_boot_server(struct dhcp_lease *lease, uint16_t type)
{
    int rc;

    udp_open(&dhcp_socket);
    rc = discover(lease->menu, type);
    udp_close(&dhcp_socket);
    if (!rc)
        dhcp_boot_target(&lease->proxy, &lease->boot_server, lease->boot_file);
    return rc;
}
