/* Address resolution (RFC 826). */
#ifndef NET_ARP_H
#define NET_ARP_H

#include <stdint.h>

/* Remember that a neighbour was seen at a hardware address. */
void arp_learn(uint32_t ip, const uint8_t mac[6]);

/* Hardware address of a neighbour. Asks for it when it is not known, for up to about 4 s, except
 * while a receive handler runs. Returns 0, E_NO_ARP, E_CANCELLED or what the link returned. */
int arp_resolve(uint32_t ip, uint8_t mac[6]);

/* This is another network: its addresses may be the same, its neighbours are not. */
void arp_forget(void);

#endif
