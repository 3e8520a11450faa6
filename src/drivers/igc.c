/* SPDX-License-Identifier: BSD-2-Clause */
/* Intel I225 and I226, up to 2.5 Gbit/s on copper. Their MAC is I210's in all that a polled driver
 * touches: queues, advanced descriptors, packet buffers that only power-on sets. Sources: Linux's
 * igc and FreeBSD's, for registers and defaults; iPXE, which drives both as it does I210.
 *
 * The PHY negotiates by itself after power-on and PERST#, at all speeds, and a reset of the MAC
 * leaves it alone. It is shared with firmware, so it is not spoken to. */
#include "intel_gbe.h"

static int igc_open(struct nic *nic)
{
    intel_prepare(nic, INTEL_PCIE | INTEL_ADVANCED | INTEL_PBS_I210);
    return intel_start(nic);
}

static const struct net_driver igc_driver = {
    .name = "igc",
    .probe = intel_probe,
    .open = igc_open,
    .poll = intel_poll,
    .transmit = intel_transmit,
    .link = intel_link,
    .interrupt = intel_interrupt,
    .close = intel_close,
};

NET_DRIVER(igc_driver);
