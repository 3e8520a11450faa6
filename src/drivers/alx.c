/* SPDX-License-Identifier: BSD-2-Clause */
/* Qualcomm Atheros AR8161, AR8162, AR8171, AR8172, and Killer E2200, E2400, E2500. Values are as in
 * Linux's alx and FreeBSD's alc. */
#include "atheros.h"

enum { MISC = 0x19c0, MISC3 = 0x19cc, LPI_CTRL = 0x1440, TXQ1 = 0x1594 };
enum { MISC_ISOLATE = 1 << 12, MISC_OSCILLATOR = 1 << 3, MISC3_BY_SOFTWARE = 2 };
enum { MISC3_NOT_INTERNAL = 1, MASTER_PCIE_CLOCK = 1 << 12, DMA_TWO_CHANNELS = 1 << 26 };
/* MAC_CTRL: the driver sets the speed; the hash filter goes by the upper bits. */
enum { MAC_CONTROL = 1 << 30 | 1 << 29, TX_CONTROL = 0x200 << 16 };
enum { REVISION_B = 2 << 3 };

/* Power saving, and how the PHY listens. */
static const struct atheros_setting phy[] = {
    {0x29, 0x129d},
    {0x04, 0xbb8b},
    {ATHEROS_MMD(3) | 0x8062, 3},
    {ATHEROS_MMD(7) | 0x003c, 0}, /* no Energy Efficient Ethernet */
    {0x12, 0x4c04},
    {0x05, 0x2c46},
    {0x36, 0xe12c},
    {0x00, 0x02ef},
    {ATHEROS_CLEAR | 0x3d, 0x80},
    {ATHEROS_MMD(7) | 0x8027, 0x8a05}, /* cables of 120 m */
    {ATHEROS_MMD(7) | 0x8023, 0},
    {ATHEROS_END, 0},
};

static const struct atheros_setting mac[] = {
    {ATHEROS_CLEAR | LPI_CTRL, 1},
    {ATHEROS_CLEAR | MISC3, MISC3_BY_SOFTWARE},
    {ATHEROS_SET | MISC3, MISC3_NOT_INTERNAL},
    {ATHEROS_CLEAR | MISC, MISC_OSCILLATOR},
    {TXQ1, 0x0800 | (1522 + 7) / 8}, /* drop what is longer than a buffer */
    {ATHEROS_DMA, ATHEROS_DMA_DEFAULT | DMA_TWO_CHANNELS},
    {ATHEROS_END, 0},
};
static const struct atheros_setting mac_a[] = {
    {ATHEROS_CLEAR | MISC, MISC_ISOLATE},
    {ATHEROS_SET | ATHEROS_MASTER, MASTER_PCIE_CLOCK},
    {ATHEROS_END, 0},
};

/* Revision A, and later ones. */
static const struct atheros_chip chips[] = {
    {NULL, phy, NULL, mac, mac_a, MAC_CONTROL, TX_CONTROL, 0, true},
    {NULL, phy, NULL, mac, NULL, MAC_CONTROL, TX_CONTROL, 0, true},
};

static int alx_probe(struct nic *nic)
{
    return atheros_probe(nic, &chips[pci_read8(&nic->pci, PCI_REVISION) >= REVISION_B]);
}

static const struct net_driver alx = {
    .name = "alx",
    .probe = alx_probe,
    .open = atheros_open,
    .poll = atheros_poll,
    .transmit = atheros_transmit,
    .link = atheros_link,
    .interrupt = atheros_interrupt,
    .close = atheros_close,
};
NET_DRIVER(alx);
