/* SPDX-License-Identifier: BSD-2-Clause */
/* Intel 8257x, 82583, 80003ES2LAN and the gigabit MACs of ICH and PCH chip sets (I217, I218, I219).
 *
 * A chip set shares its PHY with its management engine, so the PHY is left as the BIOS set it up.
 */
#include "intel_gbe.h"

/* Chips with a PHY of their own at MDIC address 1: 82571, 82572, 82573, 82574, 82583. */
static const uint16_t own_phy[] = {0x105e, 0x107d, 0x108b, 0x108c, 0x109a, 0x10a4, 0x10b9,
                                   0x10bc, 0x10d3, 0x10d5, 0x10f6, 0x150c, 0};
static const uint16_t ich8[] = {0x1049, 0x104a, 0x104b, 0x104c, 0x104d, 0x10c4, 0x10c5, 0x1501, 0};

static bool listed(const uint16_t *list, uint16_t device)
{
    while (*list && *list != device)
        list++;
    return *list;
}

/* All IDs from 156Fh on are I219s, except for a group of I218s (15A0h to 15A3h) and ICH9's 294Ch.
 * IDs below 1000h are newer I219s. */
static bool is_i219(uint16_t device)
{
    return (device < 0x1000 || device >= 0x156f) && (device & 0xfffc) != 0x15a0 && device != 0x294c;
}

static int e1000e_open(struct nic *nic)
{
    uint16_t device = nic->pci.device;
    unsigned quirks = INTEL_PCIE;

    if (listed(own_phy, device))
        quirks |= INTEL_PHY;
    if (listed(ich8, device))
        quirks |= INTEL_PBS_ICH8;
    if (is_i219(device))
        quirks |= INTEL_KEEP_RINGS;
    return intel_open(nic, quirks);
}

static const struct net_driver e1000e_driver = {
    .name = "e1000e",
    .probe = intel_probe,
    .open = e1000e_open,
    .poll = intel_poll,
    .transmit = intel_transmit,
    .link = intel_link,
    .interrupt = intel_interrupt,
    .close = intel_close,
};

NET_DRIVER(e1000e_driver);
