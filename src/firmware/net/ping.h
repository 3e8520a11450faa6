/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a host answers: ICMP echo (RFC 792). */
#ifndef NET_PING_H
#define NET_PING_H

#include <stddef.h>
#include <stdint.h>

enum { PING_MAX = 1472 };

/* Send a host `size` bytes, at most PING_MAX, and wait for them to come back, `ms` at most. Returns
 * 0, E_TIMEOUT, E_NO_ROUTE, E_NO_ARP, E_CANCELLED or what the link returned. */
int ping(uint32_t host, size_t size, uint32_t ms);

#endif
