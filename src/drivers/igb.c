/* SPDX-License-Identifier: BSD-2-Clause */
/* Intel 82575, 82576, 82580, DH89xxCC, I350, I354, I210 and I211. */
#include "intel_gbe.h"
#include "intel_regs.h"
#include "platform/bios/io.h"

static int igb_open(struct nic *nic)
{
    unsigned quirks = INTEL_PCIE | INTEL_ADVANCED | INTEL_PHY;

    if (nic->pci.device == 0x1533 || nic->pci.device == 0x157b)
        quirks |= INTEL_PBS_I210;
    int error = intel_open(nic, quirks);
    uint32_t ext = mmio_read32(nic->mmio, INTEL_CTRL_EXT);
    if (!error && ext & CTRL_EXT_LINK_MODE) {
        mmio_write32(nic->mmio, INTEL_CTRL_EXT, ext & ~CTRL_EXT_LASER_OFF);
        mmio_write32(nic->mmio, INTEL_SCTL, SCTL_NO_LOOPBACK);
        mmio_write32(nic->mmio, INTEL_PCS_CONFIG,
                     mmio_read32(nic->mmio, INTEL_PCS_CONFIG) | PCS_ENABLE);
        mmio_write32(nic->mmio, INTEL_PCS_CONTROL,
                     mmio_read32(nic->mmio, INTEL_PCS_CONTROL) | PCS_AUTONEG);
    }
    return error;
}

static const struct net_driver igb_driver = {
    .name = "igb",
    .probe = intel_probe,
    .open = igb_open,
    .poll = intel_poll,
    .transmit = intel_transmit,
    .link = intel_link,
    .interrupt = intel_interrupt,
    .close = intel_close,
};

NET_DRIVER(igb_driver);
