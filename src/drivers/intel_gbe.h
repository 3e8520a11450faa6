/* SPDX-License-Identifier: BSD-2-Clause */
/* What the drivers of Intel's gigabit families share. A driver file says how its chips differ. */
#ifndef INTEL_GBE_H
#define INTEL_GBE_H

#include "net_driver.h"

enum intel_quirks {
    INTEL_PCIE = 1,      /* master accesses are stopped before a reset; TXDCTL counts descriptors */
    INTEL_ADVANCED = 2,  /* igb: advanced descriptors, queues that are enabled one by one */
    INTEL_PHY = 4,       /* PHY at MDIC address 1, no other master to ask for it */
    INTEL_PBS_ICH8 = 8,  /* packet buffer size is wrong after power-on (ICH8 manual, PBS) */
    INTEL_PBS_I210 = 16, /* packet buffer sizes survive a reset */
    INTEL_KEEP_RINGS = 32, /* I219: a reset after traffic stops both rings for good */
    INTEL_8254X = 64,      /* no default inter-packet gap, TXCW for fiber, the card may keep ARP */
};

/* As in struct net_driver. quirks: or of enum intel_quirks for nic's chip. */
int intel_probe(struct nic *nic);
/* The parts of open(): all before rings and reception are enabled, and that. */
void intel_prepare(struct nic *nic, unsigned quirks);
int intel_start(struct nic *nic);
int intel_poll(struct nic *nic, void *buf, size_t cap);
int intel_transmit(struct nic *nic, const void *frame, size_t len);
bool intel_link(struct nic *nic);
bool intel_interrupt(struct nic *nic, enum nic_interrupt action);
void intel_close(struct nic *nic);

/* Slots for received frames: a TFTP window of 64 full ones, and room for others on the wire. */
enum { INTEL_RX_COUNT = 128 };

/* The part of intel_start() that has to do with rings, for registers at these places, and `quirks`
 * as above: allocate them, enable bus mastering and both queues. When the card receives, the
 * receive ring's tail goes from 0 to the last slot. 0, E_NO_MEMORY or E_NIC_OPEN. */
int intel_start_rings(struct nic *nic, unsigned quirks, unsigned rx_ring, unsigned tx_ring);

/* One MDIC transaction: or of MDIC_READ or MDIC_WRITE with data, the PHY's address, the register.
 * The register's 16 bits (after a write: what was written), or -1 when the PHY does not answer. */
int intel_mdic(struct nic *nic, uint32_t command);

#endif
