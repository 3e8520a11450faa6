/* Address resolution (RFC 826): a small cache, requests and replies. */
#include "core/errors.h"
#include "core/string.h"
#include "net/arp.h"
#include "net/byteorder.h"
#include "net/ethernet.h"
#include "net/net.h"

enum { ARP_REQUEST = 1, ARP_REPLY = 2, ARP_TRIES = 4, ARP_FIRST_WAIT_MS = 250, ARP_CACHE = 8 };

struct arp_packet {
    struct ethernet_header ethernet;
    uint8_t kind[6]; /* Ethernet and IPv4 addresses, their lengths */
    uint16_t operation;
    uint8_t sender_mac[6];
    uint32_t sender_ip;
    uint8_t target_mac[6];
    uint32_t target_ip;
} __attribute__((packed));

static const uint8_t arp_kind[6] = {0, 1, 8, 0, 6, 4};

static struct neighbour {
    uint32_t ip; /* 0 = free */
    uint8_t mac[6];
} cache[ARP_CACHE];
static unsigned oldest;

static struct neighbour *arp_find(uint32_t ip)
{
    for (struct neighbour *n = cache; n < cache + ARP_CACHE; n++)
        if (n->ip == ip)
            return n;
    return NULL;
}

void arp_learn(uint32_t ip, const uint8_t mac[6])
{
    struct neighbour *n = arp_find(ip);

    if (!n) {
        n = &cache[oldest++ % ARP_CACHE];
        n->ip = ip;
    }
    mac_copy(n->mac, mac);
}

void arp_forget(void)
{
    memset(cache, 0, sizeof(cache));
}

static int arp_transmit(struct arp_packet *p, uint16_t operation)
{
    mac_copy(p->ethernet.from, net.mac);
    mac_copy(p->sender_mac, net.mac);
    p->sender_ip = net.ip;
    p->operation = be16(operation);
    return link_transmit(p, sizeof(*p));
}

void arp_receive(struct ethernet_header *frame, size_t len)
{
    struct arp_packet *p = (struct arp_packet *)frame;

    if (len < sizeof(*p) || !mac_equal(p->kind, arp_kind) || !net.ip || p->target_ip != net.ip ||
        !p->sender_ip)
        return;
    arp_learn(p->sender_ip, p->sender_mac);
    if (p->operation != be16(ARP_REQUEST))
        return;
    mac_copy(p->ethernet.to, p->sender_mac);
    mac_copy(p->target_mac, p->sender_mac);
    p->target_ip = p->sender_ip;
    arp_transmit(p, ARP_REPLY);
}

static int arp_request(uint32_t ip)
{
    struct arp_packet p;

    memset(&p, 0, sizeof(p));
    memset(p.ethernet.to, 0xff, sizeof(p.ethernet.to));
    p.ethernet.type = be16(ETHERTYPE_ARP);
    mac_copy(p.kind, arp_kind);
    p.target_ip = ip;
    return arp_transmit(&p, ARP_REQUEST);
}

static bool arp_known(void *ip)
{
    return arp_find(*(uint32_t *)ip) != NULL;
}

int arp_resolve(uint32_t ip, uint8_t mac[6])
{
    for (unsigned tries = 0;; tries++) {
        struct neighbour *n = arp_find(ip);
        if (n) {
            mac_copy(mac, n->mac);
            return 0;
        }
        if (tries == ARP_TRIES || net_polling())
            return E_NO_ARP;
        int rc = arp_request(ip);
        if (!rc)
            rc = net_wait(arp_known, &ip, ARP_FIRST_WAIT_MS << tries);
        if (rc && rc != E_TIMEOUT)
            return rc;
    }
}
