/* SPDX-License-Identifier: BSD-2-Clause */
/* Intel 8254x (PCI and PCI-X gigabit). */
#include "intel_gbe.h"

static int e1000_open(struct nic *nic)
{
    intel_prepare(nic, INTEL_8254X | INTEL_PHY);
    return intel_start(nic);
}

static const struct net_driver e1000_driver = {
    .name = "e1000",
    .probe = intel_probe,
    .open = e1000_open,
    .poll = intel_poll,
    .transmit = intel_transmit,
    .link = intel_link,
    .interrupt = intel_interrupt,
    .close = intel_close,
};

NET_DRIVER(e1000_driver);
