/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMP (RFC 792): enough to be pinged, and to be told that a datagram cannot arrive. */
#include "lib/byteorder.h"
#include "lib/checksum.h"
#include "lib/errors.h"
#include "net/ipv4.h"
#include "net/net.h"
#include "net/port.h"

enum { ICMP_ECHO_REPLY = 0, ICMP_UNREACHABLE = 3, ICMP_ECHO_REQUEST = 8 };
enum { PORT_UNREACHABLE = 3, NEEDS_FRAGMENTS = 4 /* a router's wish, not an end */ };
enum { OUR_HEADER = 0x45 /* IPv4 without options */, QUOTED = 8 };

struct icmp_header {
    uint8_t type, code;
    uint16_t checksum;
} __attribute__((packed));

/* What could not be delivered is quoted. */
static void take_unreachable(const struct icmp_header *icmp, size_t len)
{
    const struct {
        struct icmp_header icmp;
        uint32_t unused;
        struct ipv4_header ip;
        uint8_t quoted[QUOTED];
    } __attribute__((packed)) *m = (const void *)icmp;

    if (len < sizeof(*m) || icmp->code == NEEDS_FRAGMENTS || m->ip.version_length != OUR_HEADER ||
        m->ip.from != net.ip)
        return;
    for (const struct ip_protocol *p = __start_ip_protocols; p < __stop_ip_protocols; p++)
        if (p->number == m->ip.protocol && p->unreachable)
            p->unreachable(&m->ip, icmp->code == PORT_UNREACHABLE ? E_REFUSED : E_NO_ROUTE);
}

static void icmp_receive(struct ipv4_header *ip, uint8_t *payload, size_t len)
{
    struct ethernet_header *frame = (struct ethernet_header *)ip - 1;
    struct icmp_header *icmp = (struct icmp_header *)payload;

    if (len < sizeof(*icmp) || !net.ip || ip->to != net.ip || checksum_add(0, icmp, len) != 0xffff)
        return;
    if (icmp->type == ICMP_UNREACHABLE)
        take_unreachable(icmp, len);
    if (icmp->type != ICMP_ECHO_REQUEST || icmp->code)
        return;
    icmp->type = ICMP_ECHO_REPLY;
    icmp->checksum = 0;
    icmp->checksum = (uint16_t)~checksum_add(0, icmp, len);
    /* Swapping the addresses leaves the IP header's sum as it is. */
    ip->to = ip->from;
    ip->from = net.ip;
    mac_copy(frame->to, frame->from);
    mac_copy(frame->from, net.mac);
    net_port.transmit(frame, sizeof(*frame) + be16(ip->length));
}

IP_PROTOCOL(icmp) = {IPPROTO_ICMP, icmp_receive, NULL, NULL};
