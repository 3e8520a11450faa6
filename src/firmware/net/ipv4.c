/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv4 (RFC 791). */
#include "net/ipv4.h"
#include "lib/byteorder.h"
#include "lib/checksum.h"
#include "lib/errors.h"
#include "lib/string.h"
#include "net/arp.h"
#include "net/net.h"
#include "net/port.h"
#include "net/random.h"

enum {
    VERSION_4_NO_OPTIONS = 0x45,
    FRAGMENT_BITS = 0x3fff, /* there are more, and which one it is */
    TTL = 64
};

struct ipv4_packet ipv4_tx;

/* Not every image puts together what comes in fragments. */
__attribute__((weak)) uint8_t *ipv4_take_fragment(const struct ipv4_header *ip,
                                                  const uint8_t *payload, size_t *len);

/* A subnet of two addresses or one has none for broadcasts (RFC 3021 section 2.1). */
static bool is_broadcast(uint32_t to)
{
    return to == IPV4_BROADCAST || (to == (net.ip | ~net.mask) && be32(~net.mask) > 1);
}

uint32_t ipv4_sum(const struct ipv4_header *ip, const void *payload, size_t len)
{
    if (net.checked && ip != &ipv4_tx.ip)
        return 0xffff;
    return checksum_add(checksum_add(be32((uint32_t)(ip->protocol + len)) >> 16, &ip->from, 8),
                        payload, len);
}

void ipv4_tick(void)
{
    for (const struct ip_protocol *p = __start_ip_protocols; p < __stop_ip_protocols; p++)
        if (p->tick)
            p->tick();
}

void ipv4_receive(struct ethernet_header *frame, size_t len)
{
    struct ipv4_header *ip = (struct ipv4_header *)(frame + 1);
    size_t header, total;

    if (len < sizeof(*frame) + sizeof(*ip) || ip->version_length >> 4 != 4)
        return;
    header = (ip->version_length & 15) * 4u;
    total = be16(ip->length);
    if (header < sizeof(*ip) || total < header || total > len - sizeof(*frame))
        return;
    if (checksum_add(0, ip, header) != 0xffff)
        return;
    /* Before there is an address, a DHCP answer may already be sent to the one that is offered. */
    if (net.ip && ip->to != net.ip && !is_broadcast(ip->to))
        return;

    uint8_t *payload = (uint8_t *)ip + header;
    total -= header;
    if (ip->fragment & be16(FRAGMENT_BITS)) {
        if (!ipv4_take_fragment || ip->protocol != IPPROTO_UDP)
            return;
        payload = ipv4_take_fragment(ip, payload, &total);
        if (!payload)
            return;
    }
    for (const struct ip_protocol *p = __start_ip_protocols; p < __stop_ip_protocols; p++)
        if (p->number == ip->protocol)
            p->receive(ip, payload, total);
}

/* Whom to hand what goes to an address: the router of the longest mask, or the address itself; 0
 * when there is no way. Routes that are cut off or malformed, and what follows them, do not count.
 */
static uint32_t router_for(uint32_t to)
{
    const uint8_t *p = net.routes, *end = p + net.routes_len, *next;
    uint32_t longest = 0, router = net.gateway;

    if (!((to ^ net.ip) & net.mask)) {
        longest = be32(net.mask);
        router = to;
    }
    for (; p < end && *p <= 32; p = next) {
        uint32_t mask = *p ? ~0u << (32 - *p) : 0;

        next = p + 5 + (*p + 7) / 8;
        if (next > end)
            break;
        if (p == net.routes && !longest)
            router = 0; /* where there are routes, the gateway does not count */
        if (mask < longest || (be32(to ^ get32(p + 1)) & mask))
            continue;
        longest = mask;
        router = get32(next - 4);
        if (!router)
            router = to;
    }
    return router;
}

static int find_next_hop(uint32_t to, uint8_t mac[6])
{
    if (is_broadcast(to)) {
        memset(mac, 0xff, 6);
        return 0;
    }
    if ((to & 0xf0) == 0xe0) { /* multicast, 224.0.0.0/4 (RFC 1112 section 6.4) */
        struct mac_words *group = (struct mac_words *)mac; /* 01:00:5e and 23 bits */

        group->first = 0x5e0001 | (to & 0x7f00) << 16;
        group->last = (uint16_t)(to >> 16);
        return 0;
    }
    to = router_for(to);
    return to ? arp_resolve(to, mac) : E_NO_ROUTE;
}

int ipv4_begin(uint32_t to, uint8_t protocol, size_t len)
{
    struct ipv4_header *ip = &ipv4_tx.ip;
    uint8_t mac[6];
    int rc = find_next_hop(to, mac);

    if (rc)
        return rc;
    mac_copy(ipv4_tx.ethernet.to, mac);
    mac_copy(ipv4_tx.ethernet.from, net.mac);
    ipv4_tx.ethernet.type = be16(ETHERTYPE_IPV4);
    *ip = (struct ipv4_header){
        .version_length = VERSION_4_NO_OPTIONS,
        .length = be16((uint16_t)(sizeof(*ip) + len)),
        .id = (uint16_t)net_random(),
        .ttl = TTL,
        .protocol = protocol,
        .from = net.ip,
        .to = to,
    };
    ip->checksum = (uint16_t)~checksum_add(0, ip, sizeof(*ip));
    return 0;
}

int ipv4_send(void)
{
    return net_port.transmit(&ipv4_tx.ethernet, sizeof(ipv4_tx.ethernet) + be16(ipv4_tx.ip.length));
}
