/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP (RFC 768). */
#include "net/udp.h"
#include "lib/byteorder.h"
#include "lib/checksum.h"
#include "lib/errors.h"
#include "lib/string.h"
#include "net/ipv4.h"
#include "net/net.h"
#include "net/random.h"

enum { DYNAMIC_PORTS = 0x8000 /* from there up, and so many */ };

struct udp_header {
    uint16_t from_port, to_port, length, checksum;
} __attribute__((packed));

static struct udp_socket *sockets;

void udp_close(struct udp_socket *socket)
{
    for (struct udp_socket **link = &sockets; *link; link = &(*link)->next) {
        if (*link == socket) {
            *link = socket->next;
            return;
        }
    }
}

void udp_open(struct udp_socket *socket)
{
    udp_close(socket);
    socket->next = sockets;
    sockets = socket;
}

uint16_t udp_new_port(void)
{
    static uint32_t last;

    last += 1 + (net_random() >> 18); /* less than once round */
    return (uint16_t)(DYNAMIC_PORTS | last);
}

static struct udp_socket *udp_find(uint16_t port)
{
    struct udp_socket *any = NULL;

    for (struct udp_socket *s = sockets; s; s = s->next) {
        if (s->port == port)
            return s;
        if (s->port == UDP_ANY_PORT && !any)
            any = s;
    }
    return any;
}

static void udp_receive(struct ipv4_header *ip, uint8_t *payload, size_t len)
{
    const struct udp_header *udp = (const struct udp_header *)payload;

    if (len < sizeof(*udp) || be16(udp->length) < sizeof(*udp) || be16(udp->length) > len)
        return;
    len = be16(udp->length);

    struct udp_socket *socket = udp_find(be16(udp->to_port));
    if (!socket)
        return;
    if (udp->checksum && ipv4_sum(ip, udp, len) != 0xffff)
        return;

    struct udp_datagram datagram = {
        .data = payload + sizeof(*udp),
        .len = len - sizeof(*udp),
        .from = ip->from,
        .to = ip->to,
        .from_port = be16(udp->from_port),
        .to_port = be16(udp->to_port),
    };
    socket->receive(socket, &datagram);
}

static void udp_unreachable(const struct ipv4_header *ip, int error)
{
    const struct udp_header *udp = (const struct udp_header *)(ip + 1);

    for (struct udp_socket *s = sockets; s; s = s->next)
        if (s->peer == ip->to && s->port == be16(udp->from_port) &&
            s->peer_port == be16(udp->to_port))
            s->error = error;
}

IP_PROTOCOL(udp) = {IPPROTO_UDP, udp_receive, NULL, udp_unreachable};

int udp_send(const struct udp_socket *socket, uint32_t to, uint16_t to_port, const void *data,
             size_t len)
{
    struct udp_header *udp = (struct udp_header *)ipv4_tx.payload;
    size_t total = sizeof(*udp) + len;

    if (len > UDP_PAYLOAD_MAX)
        return E_TOO_BIG;
    int rc = ipv4_begin(to, IPPROTO_UDP, total);
    if (rc)
        return rc;
    udp->from_port = be16(socket->port);
    udp->to_port = be16(to_port);
    udp->length = be16((uint16_t)total);
    udp->checksum = 0;
    memcpy(udp + 1, data, len);

    uint32_t sum = ipv4_sum(&ipv4_tx.ip, udp, total);
    udp->checksum = sum == 0xffff ? 0xffff : (uint16_t)~sum; /* 0 would mean "no checksum" */
    return ipv4_send();
}
