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
    MORE_FRAGMENTS = 0x2000,
    FRAGMENT_OFFSET = 0x1fff, /* in units */
    FRAGMENT_BITS = MORE_FRAGMENTS | FRAGMENT_OFFSET,
    UNIT = 8,
    UNITS = 1024,
    REASSEMBLIES = 4,
    FRAGMENTS_WAIT_MS = 15000, /* as RFC 791 section 3.2 has it */
    SPOILT = -1,               /* bytes: more than there will ever be */
    TTL = 64
};

struct ipv4_packet ipv4_tx;

/* UDP datagrams that are put together. Each has one place where it can be, which several IDs and
 * several hosts share. A new one takes it over, but a stranger's not that of the host we sent to
 * last. */
static struct reassembly {
    uint32_t from, to, started;
    size_t got, total; /* bytes; total: 0 = the last fragment has not come */
    uint16_t id;
    uint8_t have[UNITS]; /* units that came; behind the last fragment: all */
    uint8_t data[UNITS * UNIT] __attribute__((aligned(4)));
} reassembly[REASSEMBLIES];

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

/* Take in a fragment (RFC 791 section 3.2). When that was all the datagram lacked, *len becomes its
 * length, and its payload is returned; else NULL. A fragment that came before is passed over; any
 * other overlap spoils the datagram, since nobody honest sends one (RFC 5722). */
static uint8_t *take_fragment(const struct ipv4_header *ip, const uint8_t *payload, size_t *len)
{
    const uint8_t *id = (const uint8_t *)&ip->id, *from = (const uint8_t *)&ip->from;
    struct reassembly *r = &reassembly[(id[1] ^ from[3]) % REASSEMBLIES];
    size_t first = be16(ip->fragment) & FRAGMENT_OFFSET, end = first * UNIT + *len;
    bool last = !(ip->fragment & be16(MORE_FRAGMENTS));
    uint8_t overlap = 0;
    uint32_t now = net_now();

    __asm__("" : "+r"(r)); /* an address from here on: the index would be multiplied at each use */
    if (end > sizeof(r->data) || (!last && end % UNIT))
        return NULL;
    bool expired = now - r->started > FRAGMENTS_WAIT_MS;
    if (r->from != ip->from || r->to != ip->to || r->id != ip->id || expired) {
        if (!expired && r->from == ipv4_tx.ip.to && r->from != ip->from)
            return NULL;
        memset(r, 0, offsetof(struct reassembly, data));
        r->from = ip->from;
        r->to = ip->to;
        r->id = ip->id;
        r->started = now;
    }
    for (uint8_t *unit = r->have + first; unit < r->have + (last ? UNITS : end / UNIT); unit++) {
        overlap |= *unit;
        *unit = 1;
    }
    uint8_t *to = r->data + first * UNIT;
    if (overlap) {
        if (memcmp(to, payload, *len))
            r->got = (size_t)SPOILT;
        return NULL;
    }
    memcpy(to, payload, *len);
    if (last)
        r->total = end;
    r->got += *len;
    if (r->got != r->total)
        return NULL;
    r->from = 0; /* what follows is another one */
    *len = r->total;
    return r->data;
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
    if (ip->fragment & be16(FRAGMENT_BITS))
        payload = ip->protocol == IPPROTO_UDP ? take_fragment(ip, payload, &total) : NULL;
    if (!payload)
        return;
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
        const uint8_t group[] = {1, 0, 0x5e, to >> 8 & 0x7f, (uint8_t)(to >> 16), to >> 24};
        mac_copy(mac, group);
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
