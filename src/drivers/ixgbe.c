/* SPDX-License-Identifier: BSD-2-Clause */
/* Intel 10 Gbit/s Ethernet, polled: 82598, 82599, X540, X550, X552 and X553. Rings and descriptors
 * are the gigabit family's, at other places.
 *
 * The link comes up as the NVM and the card's firmware have set it up, and this waits for it:
 * modules and PHYs are not touched. A link that is there stays over the resets of open() and
 * close().
 *
 * Sources: datasheets of the 82598 (319282), 82599 (331520), X540 (515177) and X550 (333369), and
 * what free drivers do about receive units that hang. */
#include "intel_gbe.h"
#include "intel_regs.h"
#include "lib/string.h"
#include "platform/bios/io.h"

enum {
    EICR = 0x0800, /* reading acknowledges */
    EIMS = 0x0880,
    EIMC = 0x0888,
    IVAR = 0x0900,
    RX_RING = 0x1000,
    SRRCTL = 0x2100,
    DCA_RXCTRL = 0x2200,
    RDRXCTL = 0x2f00,
    RXCTRL = 0x3000,
    HLREG0 = 0x4240,
    LINKS = 0x42a4,
    DMATXCTL = 0x4a80,
    FCTRL = 0x5080,
    TX_RING = 0x6000,
    SECRXCTRL = 0x8d00,
    SECRXSTAT = 0x8d04,
};
enum {
    IVAR_RX_0 = 0x80, /* queue 0 raises cause 0 */
    CAUSE_RX = 1,
    RDRXCTL_STRIP_CRC = 1 << 1,
    RDRXCTL_DMA_READY = 1 << 3,
    RXCTRL_ENABLE = 1,
    HLREG0_STRIP_CRC = 1 << 1,
    LINKS_UP = 1 << 30,
    DMATXCTL_ENABLE = 1,
    FCTRL_MULTICAST = 1 << 8,
    FCTRL_BROADCAST = 1 << 10,
    SECRX_STOP = 1 << 1,
    SECRX_STOPPED = 1,
};

static bool is_82598(const struct nic *nic)
{
    return nic->pci.device < 0x10f7 || (nic->pci.device | 3) == 0x150b;
}

static uint32_t reg_read(const struct nic *nic, unsigned reg)
{
    return mmio_read32(nic->mmio, reg);
}

static void reg_write(const struct nic *nic, unsigned reg, uint32_t value)
{
    mmio_write32(nic->mmio, reg, value);
}

static void reg_set(const struct nic *nic, unsigned reg, uint32_t bits)
{
    reg_write(nic, reg, reg_read(nic, reg) | bits);
}

static void reg_wait(const struct nic *nic, unsigned reg, uint32_t mask, uint32_t value)
{
    wait_until((reg_read(nic, reg) & mask) == value, 1000, 50);
}

static bool ixgbe_link(struct nic *nic)
{
    return reg_read(nic, LINKS) & LINKS_UP;
}

/* Stop all DMA, and reset. Without a link, the way to it begins anew. */
static void ixgbe_reset(struct nic *nic)
{
    uint32_t ctrl = reg_read(nic, INTEL_CTRL);
    uint32_t resets = ixgbe_link(nic) ? CTRL_RESET : CTRL_RESET | CTRL_LINK_RESET;

    reg_write(nic, RXCTRL, 0);
    reg_write(nic, INTEL_CTRL, ctrl | CTRL_MASTER_DISABLE);
    reg_wait(nic, INTEL_STATUS, STATUS_MASTER_ENABLE, 0);
    reg_write(nic, INTEL_CTRL, ctrl | resets);
    delay_us(10000); /* the NVM is loaded; no register may be read at first */
    delay_us(10000);
    reg_wait(nic, INTEL_CTRL, CTRL_RESET | CTRL_LINK_RESET, 0);
    reg_wait(nic, RDRXCTL, RDRXCTL_DMA_READY, RDRXCTL_DMA_READY);
}

/* Enable reception. Frames that come in meanwhile can hang the 82599's, so they are kept out. */
static void start_rx(struct nic *nic)
{
    if (is_82598(nic)) {
        reg_write(nic, RXCTRL, RXCTRL_ENABLE);
        return;
    }
    reg_write(nic, SECRXCTRL, reg_read(nic, SECRXCTRL) | SECRX_STOP);
    reg_wait(nic, SECRXSTAT, SECRX_STOPPED, SECRX_STOPPED);
    reg_set(nic, RXCTRL, RXCTRL_ENABLE);
    reg_write(nic, SECRXCTRL, reg_read(nic, SECRXCTRL) & ~SECRX_STOP);
}

static int ixgbe_open(struct nic *nic)
{
    uint32_t mac[2] = {0, RAH_VALID};

    ixgbe_reset(nic);
    memcpy(mac, nic->mac, 6);
    reg_write(nic, INTEL_RAL0, mac[0]);
    reg_write(nic, INTEL_RAH0, mac[1]);
    reg_write(nic, FCTRL, FCTRL_BROADCAST | FCTRL_MULTICAST);
    reg_write(nic, SRRCTL, SRRCTL_ADVANCED_2K);
    reg_write(nic, DCA_RXCTRL, 0);
    reg_write(nic, IVAR, IVAR_RX_0);
    reg_set(nic, HLREG0, HLREG0_STRIP_CRC);
    if (!is_82598(nic)) {
        reg_set(nic, RDRXCTL, RDRXCTL_STRIP_CRC);
        reg_set(nic, DMATXCTL, DMATXCTL_ENABLE);
    }
    int error = intel_start_rings(nic, INTEL_ADVANCED, RX_RING, TX_RING);
    /* The 82598's queue for reception does not say that it runs, while there is no link. */
    if (error && (error != E_NIC_OPEN || !is_82598(nic)))
        return error;
    start_rx(nic);
    reg_write(nic, RX_RING + RING_TAIL, INTEL_RX_COUNT - 1);
    return 0;
}

static bool ixgbe_interrupt(struct nic *nic, enum nic_interrupt action)
{
    if (action == INTERRUPT_ACKNOWLEDGE)
        return reg_read(nic, EICR) & CAUSE_RX;
    reg_write(nic, action == INTERRUPT_ON ? EIMS : EIMC, CAUSE_RX);
    return false;
}

static void ixgbe_close(struct nic *nic)
{
    if (!nic->mmio)
        return;
    delay_us(10000); /* the last frame leaves */
    ixgbe_reset(nic);
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver ixgbe_driver = {
    .name = "ixgbe",
    .probe = intel_probe,
    .open = ixgbe_open,
    .poll = intel_poll,
    .transmit = intel_transmit,
    .link = ixgbe_link,
    .interrupt = ixgbe_interrupt,
    .close = ixgbe_close,
};
NET_DRIVER(ixgbe_driver);
