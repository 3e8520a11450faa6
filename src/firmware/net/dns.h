/* SPDX-License-Identifier: BSD-2-Clause */
/* DNS, a stub resolver (RFC 1034 section 5.3.1, RFC 1035). */
#ifndef NET_DNS_H
#define NET_DNS_H

#include <stdint.h>

/* Find a host's address by its name, up to 255 bytes. Asks the name servers in net.dns, and for
 * names without a dot, tries the domains in net.search (RFC 1535: those with a dot as they stand
 * first). Returns 0 with *address in network byte order, E_NO_DNS (there is no name server), E_NAME
 * (no such host, or no such name), E_TIMEOUT, E_PROTOCOL or E_CANCELLED. */
int dns_resolve(const char *name, uint32_t *address);

#endif
