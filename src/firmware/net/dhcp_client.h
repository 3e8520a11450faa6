/* SPDX-License-Identifier: BSD-2-Clause */
/* The DHCP client's inside: what dhcp.c and dhcp_build.c share. */
#ifndef NET_DHCP_CLIENT_H
#define NET_DHCP_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "net/dhcp.h"
#include "net/udp.h"

enum { NO_ITEM = -1 };
#define NO_SERVER 0xffffffffu

extern struct dhcp_client {
    const struct dhcp_identity *me;
    struct dhcp_lease *lease; /* ack: the best offer until it comes; proxy: the best proxy offer */
    struct dhcp_packet in, out;
    int item; /* type of the boot server asked for, NO_ITEM = a PXE service's own word */
    uint16_t secs;
    uint32_t xid;
    uint32_t started, offered;          /* when; offered: discovery of boot servers, too */
    uint32_t from;                      /* who sent `in` */
    uint32_t deaf;                      /* a server whose offers lead nowhere */
    uint32_t servers[UINT8_MAX], group; /* asked on port 4011 */
    unsigned server_count;
    bool everybody; /* is asked on port 67 */
} dhcp_client;

/* Build dhcp_client.out: a message of `type` about the offer `from` (NULL when discovering). */
void dhcp_build(uint8_t type, const struct dhcp_packet *from);

#endif
