/* SPDX-License-Identifier: BSD-2-Clause */
/* DNS, a stub resolver (RFC 1034 section 5.3.1, RFC 1035). */
#ifndef NET_DNS_H
#define NET_DNS_H

#include <stdint.h>

#include "net/dhcp.h"

/* Find a host's address by its name, up to 255 bytes. Asks the name servers in net.dns in turn,
 * four times each within 7.5 s, beginning with the one that answered last. Names without a dot are
 * looked up in the domains of net.search, then as they stand; those with a dot first as they stand
 * (RFC 1535); those with a dot at their end only so. Returns 0 with *address in network byte order,
 * E_NO_DNS (there is no name server), E_NAME (no such host, no address, no such name, or all
 * servers failed), E_TIMEOUT, E_PROTOCOL (what came cannot be read: a circle of aliases, an answer
 * cut off before the address), E_REFUSED, E_NO_ROUTE, E_NO_ARP or E_CANCELLED. */
int dns_resolve(const char *name, uint32_t *address);

/* Set net.dns by option 6, and net.search by option 119 (RFC 3397), or 15 without it. For
 * dhcp_bind(). */
void dns_configure(const struct dhcp_packet *ack);

#endif
