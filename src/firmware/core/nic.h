/* The network card in use. */
#ifndef CORE_NIC_H
#define CORE_NIC_H

#include "core/identity.h"
#include "net_driver.h"

enum { BUSDEVFN_ANY = -1 };

/* Find and probe a card the image is for: at busdevfn, or (BUSDEVFN_ANY) the next one after the
 * last found. Sets net.mac. Returns 0 or E_NO_NIC. */
int nic_find(const struct identity *id, int busdevfn);

/* Take this driver, for a card that is found in its own way. Returns what its probe returns. */
int nic_use(const struct net_driver *driver);

/* Open the found card and wait, bounded, for its link; nothing to do when it is open. Returns 0,
 * E_NIC_OPEN, E_NO_MEMORY, E_NO_LINK or E_CANCELLED; the card is closed after an error. */
int nic_open(void);

/* Safe at any time. A closed card sends and receives nothing: link_transmit(), link_poll(). */
void nic_close(void);

/* The same for good: a PXE stack that the card was driven through is taken down as well. */
void nic_leave(void);

extern struct nic nic;

#endif
