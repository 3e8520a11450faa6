/* SPDX-License-Identifier: BSD-2-Clause */
/* Address resolution (RFC 826). */
#ifndef NET_ARP_H
#define NET_ARP_H

#include <stdint.h>

/* How long the first request waits for an answer; the next three wait twice as long each. Who has
 * others to turn to makes it shorter for a call. */
enum { ARP_WAIT_MS = 250 };
extern uint8_t arp_wait_ms;

/* Hardware address of a neighbour. Asks for it, for up to about 4 s, when it is not known, was
 * learned more than 3 s ago, or another host claimed it. A known neighbour is asked by unicast
 * first: while it answers, no other answer counts. When nobody answers, it stays as it was. While a
 * receive handler runs, nothing is asked. Returns 0, E_NO_ARP, E_CANCELLED or what the link
 * returned. */
int arp_resolve(uint32_t ip, uint8_t mac[6]);

/* This is another network: its addresses may be the same, its neighbours are not. */
void arp_forget(void);

#endif
