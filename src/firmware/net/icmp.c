/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMP (RFC 792): enough to be pinged, and to be told that a datagram cannot arrive. */
#include "lib/byteorder.h"
#include "lib/checksum.h"
#include "net/ipv4.h"
#include "net/net.h"
#include "net/port.h"
#include "net/udp.h"

enum { ICMP_ECHO_REPLY = 0, ICMP_UNREACHABLE = 3, ICMP_ECHO_REQUEST = 8 };

struct icmp_header {
    uint8_t type, code;
    uint16_t checksum;
} __attribute__((packed));

static void icmp_receive(struct ipv4_header *ip, uint8_t *payload, size_t len)
{
    struct ethernet_header *frame = (struct ethernet_header *)ip - 1;
    struct icmp_header *icmp = (struct icmp_header *)payload;

    if (len < sizeof(*icmp) || !net.ip || ip->to != net.ip || checksum_add(0, icmp, len) != 0xffff)
        return;
    if (icmp->type == ICMP_UNREACHABLE)
        udp_unreachable(payload, len);
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

IP_PROTOCOL(icmp) = {IPPROTO_ICMP, icmp_receive, NULL};
