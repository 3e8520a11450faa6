/* SPDX-License-Identifier: BSD-2-Clause */
/* Address resolution (RFC 826): a small cache, requests and replies. */
#include "net/arp.h"
#include "lib/byteorder.h"
#include "lib/errors.h"
#include "lib/string.h"
#include "net/ethernet.h"
#include "net/net.h"
#include "net/port.h"

enum {
    ARP_REQUEST = 1,
    ARP_REPLY = 2,
    ARP_TRIES = 4,
    UNICAST_TRIES = 2, /* of those, with a neighbour that was known */
    ARP_CACHE = 8,
    DOUBT_MS = 3000 /* what is older is in doubt */
};

struct arp_packet {
    struct ethernet_header ethernet;
    uint8_t kind[6]; /* Ethernet and IPv4 addresses, their lengths */
    uint16_t operation;
    uint8_t sender_mac[6];
    uint32_t sender_ip;
    uint8_t target_mac[6];
    uint32_t target_ip;
} __attribute__((packed));

uint8_t arp_wait_ms = ARP_WAIT_MS;

static struct arp_packet request = {
    .ethernet.type = __builtin_bswap16(ETHERTYPE_ARP),
    .kind = {0, 1, 8, 0, 6, 4},
};

/* Hosts that we asked for. Nobody else gets in, so that no flood pushes out one in use. */
static struct neighbour {
    uint32_t ip; /* 0 = free */
    uint8_t mac[6];
    bool answered;
    uint32_t since; /* known since */
} cache[ARP_CACHE];
static unsigned oldest;
static struct neighbour *open; /* asked for by broadcast: the first answer counts */

static struct neighbour *arp_find(uint32_t ip)
{
    for (struct neighbour *n = cache; n < cache + ARP_CACHE; n++)
        if (n->ip == ip)
            return n;
    return NULL;
}

void arp_forget(void)
{
    memset(cache, 0, sizeof(cache));
    open = NULL;
}

static int arp_transmit(struct arp_packet *p, uint16_t operation)
{
    mac_copy(p->ethernet.from, net.mac);
    mac_copy(p->sender_mac, net.mac);
    p->sender_ip = net.ip;
    p->operation = be16(operation);
    return net_port.transmit(p, sizeof(*p));
}

void arp_receive(struct ethernet_header *frame, size_t len)
{
    struct arp_packet *p = (struct arp_packet *)frame;

    if (len < sizeof(*p) || !mac_equal(p->kind, request.kind))
        return;
    struct neighbour *n = arp_find(p->sender_ip);
    if (n) {
        if (n == open) {
            mac_copy(n->mac, p->sender_mac);
            open = NULL;
        }
        /* Who is known stays until it was asked at its address, and did not answer. */
        if (mac_equal(n->mac, p->sender_mac))
            n->answered = true;
        else
            n->since -= DOUBT_MS;
    }
    if (p->operation != be16(ARP_REQUEST) || !net.ip || p->target_ip != net.ip)
        return;
    mac_copy(p->ethernet.to, p->sender_mac);
    mac_copy(p->target_mac, p->sender_mac);
    p->target_ip = p->sender_ip;
    arp_transmit(p, ARP_REPLY);
}

static int arp_request(const struct neighbour *n)
{
    memset(request.ethernet.to, 0xff, 6);
    if (!open)
        mac_copy(request.ethernet.to, n->mac);
    request.target_ip = n->ip;
    return arp_transmit(&request, ARP_REQUEST);
}

static bool arp_answered(void *neighbour)
{
    return ((struct neighbour *)neighbour)->answered;
}

int arp_resolve(uint32_t ip, uint8_t mac[6])
{
    struct neighbour *n = arp_find(ip);
    unsigned tries = 0, unicast = n ? UNICAST_TRIES : 0;
    int rc = 0;

    if (net_polling()) {
        if (!n || n == open)
            return E_NO_ARP;
    } else if (!n || net_now() - n->since >= DOUBT_MS) {
        if (!n) {
            n = &cache[oldest++ % ARP_CACHE];
            n->ip = ip;
        }
        n->answered = false;
        do {
            if (tries >= unicast)
                open = n;
            rc = arp_request(n);
            if (!rc)
                rc = net_wait(arp_answered, n, arp_wait_ms << tries);
            open = NULL;
        } while (rc == E_TIMEOUT && ++tries < ARP_TRIES);
        n->since = net_now();
        if (rc == E_TIMEOUT)
            rc = unicast ? 0 : E_NO_ARP; /* who is silent may still hear */
        if (rc)
            n->ip = 0;
    }
    mac_copy(mac, n->mac);
    return rc;
}
