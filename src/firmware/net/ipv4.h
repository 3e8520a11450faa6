/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv4 (RFC 791). Received UDP datagrams may come in fragments, up to 8 KiB; what is sent fits one
 * frame. */
#ifndef NET_IPV4_H
#define NET_IPV4_H

#include <stddef.h>
#include <stdint.h>

#include "net/ethernet.h"

#define IPV4_BROADCAST 0xffffffffu
enum { IPPROTO_ICMP = 1, IPPROTO_TCP = 6, IPPROTO_UDP = 17, IPV4_PAYLOAD_MAX = 1480 };

struct ipv4_header {
    uint8_t version_length, service;
    uint16_t length, id, fragment;
    uint8_t ttl, protocol;
    uint16_t checksum;
    uint32_t from, to;
} __attribute__((packed));

/* A protocol above IPv4: one file, which offers it with IP_PROTOCOL(). The linker collects them. */
struct ip_protocol {
    uint8_t number;
    /* `payload` has `len` bytes, the header was found good, and the Ethernet header stands right
     * before it. The payload stands right behind it, except of a UDP datagram in fragments: then
     * these are the headers of the one that came last, and the payload stands elsewhere. Others get
     * nothing that came in fragments. May change the packet in place, and must not wait. */
    void (*receive)(struct ipv4_header *ip, uint8_t *payload, size_t len);
    /* The protocol's timers: called each time no frame waits, as receive() is; may be NULL. */
    void (*tick)(void);
    /* A packet of this protocol that we sent cannot be delivered, as ICMP says (RFC 792): its
     * header as it was sent, with no options, and the first 8 bytes of what it carried. E_REFUSED:
     * nobody listens on that port; E_NO_ROUTE. Anybody can send that, so the protocol looks whether
     * it has sent such a packet. May be NULL. */
    void (*unreachable)(const struct ipv4_header *ip, int error);
};
#define IP_PROTOCOL(name)                \
    static const struct ip_protocol name \
        __attribute__((used, section("ip_protocols"), aligned(__alignof__(struct ip_protocol))))
extern const struct ip_protocol __start_ip_protocols[], __stop_ip_protocols[];

/* Let all of them look at their timers. */
void ipv4_tick(void);

/* Sum of the pseudo-header of UDP and TCP (RFC 768), and of what follows. FFFFh for a packet that
 * holds its own checksum, or was checked by the card. */
uint32_t ipv4_sum(const struct ipv4_header *ip, const void *payload, size_t len);

/* The packet being sent; what net_poll() handles does not touch it. */
struct ipv4_packet {
    uint8_t align[2];
    struct ethernet_header ethernet;
    struct ipv4_header ip;
    uint8_t payload[IPV4_PAYLOAD_MAX];
} __attribute__((packed, aligned(4)));

/* Sending takes two steps, since finding the way may take time in which other packets come and go:
 * ipv4_begin() finds the next hop (arp_resolve) and returns 0, E_NO_ROUTE, E_NO_ARP, E_CANCELLED or
 * what the link returned. Then the caller fills ipv4_tx.payload and calls ipv4_send() before any
 * other poll. Returns what the link returns. */
extern struct ipv4_packet ipv4_tx;
int ipv4_begin(uint32_t to, uint8_t protocol, size_t len);
int ipv4_send(void);

#endif
