/* IPv4 (RFC 791). */
#include "core/errors.h"
#include "core/string.h"
#include "net/arp.h"
#include "net/byteorder.h"
#include "net/checksum.h"
#include "net/ipv4.h"
#include "net/net.h"
#include "net/random.h"

enum {
    VERSION_4_NO_OPTIONS = 0x45,
    FRAGMENT_BITS = 0x3fff /* more fragments, or an offset */,
    TTL = 64
};

struct ipv4_packet ipv4_tx;

static bool is_broadcast(uint32_t to)
{
    return to == IPV4_BROADCAST || to == (net.ip | ~net.mask);
}

uint32_t ipv4_pseudo_sum(const struct ipv4_header *ip, size_t len)
{
    return checksum_add((uint32_t)(ip->protocol + len) << 8, &ip->from, 8);
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
    if ((ip->fragment & be16(FRAGMENT_BITS)) || checksum_add(0, ip, header) != 0xffff)
        return;
    /* Before there is an address, a DHCP answer may already be sent to the one that is offered. */
    if (net.ip && ip->to != net.ip && !is_broadcast(ip->to))
        return;

    uint8_t *payload = (uint8_t *)ip + header;
    if (ip->protocol == IPPROTO_UDP)
        udp_receive(ip, payload, total - header);
    else if (ip->protocol == IPPROTO_ICMP)
        icmp_receive(ip, payload, total - header);
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
    if ((to ^ net.ip) & net.mask)
        to = net.gateway;
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
    return link_transmit(&ipv4_tx.ethernet, sizeof(ipv4_tx.ethernet) + be16(ipv4_tx.ip.length));
}
