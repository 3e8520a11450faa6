/* SPDX-License-Identifier: BSD-2-Clause */
/* The network card in use; net/ reaches it through its struct net_port, which is here. */
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

/* Whether it is open and has a link. */
bool nic_link(void);

/* Safe at any time. */
void nic_close(void);

/* As struct net_driver's operations, of the card in use; a closed one sends and receives nothing.
 */
int nic_transmit(const void *frame, size_t len);
int nic_poll(void *buf, size_t cap);

extern struct nic nic;

#endif
