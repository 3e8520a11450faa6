/* The network card in use. */
#ifndef PLATFORM_NIC_H
#define PLATFORM_NIC_H

#include "lib/identity.h"
#include "net_driver.h"

/* Take a card that the image is for: the one at busdevfn, else the next behind it in the order of
 * PCI, where the first comes after the last. Touches none. Returns 0 or E_NO_NIC. */
int nic_find(const struct identity *id, uint16_t busdevfn);

/* How many cards there are that the image is for, whether they work or not. */
unsigned nic_count(const struct identity *id);

/* Probe the card taken. Sets net.mac. Returns what its driver's probe returns. */
int nic_probe(void);

/* Open the found card and wait, bounded, for its link; nothing to do when it is open. Returns 0,
 * E_NIC_OPEN, E_NO_MEMORY, E_NO_LINK or E_CANCELLED; the card is closed after an error. */
int nic_open(void);

/* Safe at any time. A closed card sends and receives nothing: link_transmit(), link_poll(). */
void nic_close(void);

extern struct nic nic;

#endif
