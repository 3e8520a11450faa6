/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP (RFC 768). Ports are in host byte order, addresses in network order. */
#ifndef NET_UDP_H
#define NET_UDP_H

#include <stddef.h>
#include <stdint.h>

enum { UDP_HEADER = 8, UDP_PAYLOAD_MAX = 1472, UDP_ANY_PORT = 0 };

/* A datagram that arrived with a good checksum, or none. `data` is valid during the call only. */
struct udp_datagram {
    const uint8_t *data;
    size_t len;
    uint32_t from, to; /* `to` tells a broadcast from one for us */
    uint16_t from_port, to_port;
};

/* Datagrams for `port` (UDP_ANY_PORT: all that nobody else takes) go to receive(), which must not
 * wait for anything. From there it can only answer neighbours that were sent to before. */
struct udp_socket {
    uint16_t port;
    void (*receive)(struct udp_socket *socket, const struct udp_datagram *datagram);
    struct udp_socket *next; /* udp.c's own */
    /* For who talks to one host, else 0. When ICMP says that what was sent there cannot be
     * delivered (RFC 792), `error` becomes E_REFUSED (nobody listens on that port) or E_NO_ROUTE.
     */
    uint32_t peer;
    uint16_t peer_port;
    int error;
};

/* Start and stop receiving. Of several sockets with one port the one opened last receives. Closing
 * one that is not open, or opening one that is, does no harm. */
void udp_open(struct udp_socket *socket);
void udp_close(struct udp_socket *socket);

/* A port for a client's end of an exchange, 32768 up: never the last one again, and none that
 * anybody can foresee (RFC 6056). */
uint16_t udp_new_port(void);

/* Send from the socket's port, whether it is open or not. IPV4_BROADCAST and the subnet's broadcast
 * address work, and before there is an address the source is 0.0.0.0. Returns 0, E_TOO_BIG,
 * E_NO_ROUTE, E_NO_ARP, E_CANCELLED or what the link returned. */
int udp_send(const struct udp_socket *socket, uint32_t to, uint16_t to_port, const void *data,
             size_t len);

#endif
