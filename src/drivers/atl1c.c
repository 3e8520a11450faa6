/* SPDX-License-Identifier: BSD-2-Clause */
/* Atheros AR8131 (L1C), AR8132 (L2C), AR8151 (L1D) and AR8152 (L2C B). Values are as in Linux's
 * atl1c and FreeBSD's alc. */
#include "atheros.h"

enum { OTP_CTRL = 0x12f0, LPI_CTRL = 0x1440, CLK_GATE = 0x1814, TXQ1 = 0x1594 };
enum { OTP_CLOCK = 2, TSO_LARGEST = 7 * 1024 / 8 };
/* MAC_CTRL: one frame of flow control is enough, and of later chips: the driver sets the speed; the
 * hash filter goes by the upper bits. */
enum { MAC_EARLY = 1 << 28, MAC_LATER = 1 << 30 | 1 << 29 | 1 << 28 };
/* TXQ: bytes that are fetched at once. */
enum { TX_GIGABIT = 0x200 << 16, TX_L2C_B = 0x40 << 16 };

/* Early chips load the address only with that clock. */
static const struct atheros_setting start_early[] = {{OTP_CTRL, OTP_CLOCK}, {ATHEROS_END, 0}};

/* Power saving, and how the PHY listens. */
static const struct atheros_setting phy[] = {
    {0x04, 0xbb8b}, {0x00, 0x02ef}, {0x05, 0x2c46},
    {0x12, 0x4c04}, {0x36, 0xe1ac}, {ATHEROS_END, 0},
};
static const struct atheros_setting phy_early[] = {{0x29, 0x36dd}, {ATHEROS_END, 0}};
static const struct atheros_setting phy_l1d[] = {
    {0x29, 0x129d},
    {ATHEROS_MMD(7) | 0x003c, 0}, /* no Energy Efficient Ethernet */
    {ATHEROS_MMD(3) | 0x8003, 0x4d19},
    {ATHEROS_END, 0},
};
static const struct atheros_setting phy_l2cb[] = {
    {ATHEROS_CLEAR | 0x0a, 0x2000},
    {ATHEROS_SET | 0x3e, 0x8000}, /* or it sends with half the amplitude */
    {ATHEROS_CLEAR | 0x3b, 8},    /* a lower voltage */
    {0x29, 0x36dd},
    {ATHEROS_END, 0},
};
static const struct atheros_setting phy_l2cb2[] = {
    {ATHEROS_SET | 0x3e, 0x8000}, {ATHEROS_CLEAR | 0x3b, 8},         {0x29, 0x36dd},
    {ATHEROS_MMD(7) | 0x003c, 0}, {ATHEROS_MMD(3) | 0x8003, 0x4d19}, {ATHEROS_END, 0},
};

static const struct atheros_setting mac[] = {
    {CLK_GATE, 0},
    {TXQ1, TSO_LARGEST},
    {ATHEROS_DMA, ATHEROS_DMA_DEFAULT},
    {ATHEROS_END, 0},
};
static const struct atheros_setting mac_early[] = {{OTP_CTRL, 0}, {ATHEROS_END, 0}};
static const struct atheros_setting mac_later[] = {{ATHEROS_CLEAR | LPI_CTRL, 1}, {ATHEROS_END, 0}};
/* Its memory is smaller: where the FIFOs and what is fetched of the rings begin and end. */
static const struct atheros_setting mac_l2cb[] = {
    {0x1524, 0x02a0},     {0x152c, 0x0100},     {0x1520, 0x029f0000},
    {0x1500, 0x02bf02a0}, {0x1528, 0x03bf02c0}, {0x1518, 0x03df03c0},
    {0x1598, 0},          {0x15ac, 0},          {ATHEROS_END, 0},
};

enum { L1C_L2C, L2C_B, L2C_B2, L1D };
static const struct atheros_chip chips[] = {
    [L1C_L2C] = {start_early, phy, phy_early, mac, mac_early, MAC_EARLY, TX_GIGABIT, 0, false},
    [L2C_B] = {NULL, phy, phy_l2cb, mac, mac_l2cb, MAC_EARLY, TX_L2C_B, 0, false},
    [L2C_B2] = {NULL, phy, phy_l2cb2, mac, mac_later, MAC_LATER, TX_L2C_B, 0, false},
    [L1D] = {NULL, phy, phy_l1d, mac, mac_later, MAC_LATER, TX_GIGABIT, 0, false},
};

static int atl1c_probe(struct nic *nic)
{
    unsigned chip = L1D;

    if (nic->pci.device < 0x1070)
        chip = L1C_L2C;
    else if (nic->pci.device >= 0x2060)
        chip = nic->pci.device == 0x2060 ? L2C_B : L2C_B2;
    return atheros_probe(nic, &chips[chip]);
}

static const struct net_driver atl1c = {
    .name = "atl1c",
    .probe = atl1c_probe,
    .open = atheros_open,
    .poll = atheros_poll,
    .transmit = atheros_transmit,
    .link = atheros_link,
    .interrupt = atheros_interrupt,
    .close = atheros_close,
};
NET_DRIVER(atl1c);
