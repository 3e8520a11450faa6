/* SPDX-License-Identifier: BSD-2-Clause */
/* Intel 82575, 82576, 82580, DH89xxCC, I350, I354, I210 and I211. */
#include "intel_gbe.h"
#include "intel_regs.h"
#include "platform/bios/io.h"
#include "platform/bios/timer.h"

enum { PCI_PMCSR = 0x44, POWER_D3 = 3 };
enum { PAGE_SELECT = 22, PLL_PAGE = 0xfc, PLL_FREQUENCY = 14, PLL_WRONG = 0xff, PLL_TRIES = 5 };
/* The word of the iNVM that has the settings of the PHY's power. */
enum { AUTOLOAD = 0x0a, AUTOLOAD_DEFAULT = 0x202f, AUTOLOAD_PLL = 0x10, EEARBC_WORD = 4 };
enum { INVM_WORD = 1, INVM_CSR, INVM_KEY = 4, INVM_TYPE = 7, INVM_ADDRESS = 9, KEY_SIZE = 8 * 4 };

/* Records begin with their type; two have more registers. */
static uint32_t autoload_word(struct nic *nic)
{
    for (unsigned reg = INTEL_INVM; reg < INTEL_INVM_END; reg += 4) {
        uint32_t record = mmio_read32(nic->mmio, reg), type = record & INVM_TYPE;

        if ((record & 0xffff) == (INVM_WORD | AUTOLOAD << INVM_ADDRESS))
            return record >> 16;
        if (type == INVM_CSR)
            reg += 4;
        if (type == INVM_KEY)
            reg += KEY_SIZE;
    }
    return AUTOLOAD_DEFAULT;
}

/* The PLL in the PHY of an I210 or I211 without flash may come up with a wrong frequency. It is
 * set up anew when the chip goes through D3, with a bit more in the word that it loads then. */
static void mend_pll(struct nic *nic)
{
    uint32_t word = autoload_word(nic), wake = mmio_read32(nic->mmio, INTEL_WUC);

    for (unsigned i = 0; i < PLL_TRIES; i++) {
        intel_mdic(nic, MDIC_PHY_1 | MDIC_WRITE | PAGE_SELECT << MDIC_REGISTER | PLL_PAGE);
        int frequency = intel_mdic(nic, MDIC_PHY_1 | MDIC_READ | PLL_FREQUENCY << MDIC_REGISTER);
        intel_mdic(nic, MDIC_PHY_1 | MDIC_WRITE | PAGE_SELECT << MDIC_REGISTER);
        if (~frequency & PLL_WRONG)
            break;
        uint32_t power = pci_read32(&nic->pci, PCI_PMCSR) & ~POWER_D3;
        mmio_write32(nic->mmio, INTEL_CTRL, mmio_read32(nic->mmio, INTEL_CTRL) | CTRL_PHY_RESET);
        mmio_write32(nic->mmio, INTEL_CTRL_EXT,
                     mmio_read32(nic->mmio, INTEL_CTRL_EXT) | CTRL_EXT_LOW_POWER);
        mmio_write32(nic->mmio, INTEL_WUC, 0);
        mmio_write32(nic->mmio, INTEL_EEARBC,
                     AUTOLOAD << EEARBC_WORD | (word | AUTOLOAD_PLL) << 16);
        pci_write32(&nic->pci, PCI_PMCSR, power | POWER_D3);
        delay_us(2000);
        pci_write32(&nic->pci, PCI_PMCSR, power);
        mmio_write32(nic->mmio, INTEL_EEARBC, AUTOLOAD << EEARBC_WORD | word << 16);
        mmio_write32(nic->mmio, INTEL_WUC, wake);
        delay_us(10000);
    }
}

/* Where a management controller uses the port of an 82575, too, its receive FIFO has bad data when
 * reception begins. So it begins with no frame short enough and no queue to go to, until these are
 * through. */
static void flush_fifo(struct nic *nic)
{
    mmio_write32(nic->mmio, INTEL_RX_RING + RING_DCTL, 0);
    mmio_write32(nic->mmio, INTEL_RLPML, 0);
    mmio_write32(nic->mmio, INTEL_RCTL, RCTL_ENABLE | RCTL_LONG);
    delay_us(2000);
}

static int igb_open(struct nic *nic)
{
    unsigned quirks = INTEL_PCIE | INTEL_ADVANCED | INTEL_PHY;

    if (nic->pci.device == 0x1533 || nic->pci.device == 0x157b)
        quirks |= INTEL_PBS_I210;
    if (nic->pci.device == 0x1539 || nic->pci.device == 0x157b)
        mend_pll(nic);
    intel_prepare(nic, quirks);
    if ((nic->pci.device | 0x0e) == 0x10af || nic->pci.device == 0x10d6) /* 10a7 and 10a9, too */
        flush_fifo(nic);
    int error = intel_start(nic);
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
