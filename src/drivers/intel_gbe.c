/* SPDX-License-Identifier: BSD-2-Clause */
/* Intel gigabit Ethernet, polled: what the e1000, e1000e and igb drivers share; of these, ixgbe
 * uses the rings. Section numbers are those of the 8254x software developer's manual.
 *
 * On a wire, a link takes seconds to come back. So the PHY is not reset, and the MAC only if
 * somebody has started it since power-on. */
#include "intel_gbe.h"
#include "intel_regs.h"
#include "lib/string.h"
#include "mii.h"
#include "platform/bios/io.h"
#include "platform/bios/timer.h"

enum {
    RX_COUNT = INTEL_RX_COUNT,
    TX_COUNT = 16,
    SLOT_SIZE = 2048,
    RX_BATCH = 16, /* slots given back to the card with one register write */
};

/* All memory that the card reads and writes. With some chips no ring or buffer may cross a 64 KiB
 * boundary: none crosses a multiple of 2 KiB. */
struct shared {
    struct intel_descriptor rx[RX_COUNT], tx[RX_COUNT]; /* the latter has TX_COUNT in use */
    uint8_t rx_slots[RX_COUNT][SLOT_SIZE], tx_slots[TX_COUNT][SLOT_SIZE];
};

static struct {
    struct shared *shared;
    unsigned rx_next, tx_next;
    unsigned rx_ring, tx_ring; /* their registers */
    unsigned quirks;
    bool negotiated; /* autonegotiation was restarted, which is done once */
} card;

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

/* Poll until (register & mask) == value. False after 20 ms. */
static bool reg_wait(const struct nic *nic, unsigned reg, uint32_t mask, uint32_t value)
{
    return wait_until((reg_read(nic, reg) & mask) == value, 400, 50);
}

/* The card loads its EEPROM, and the PHY its settings. */
static void wait_for_eeprom(void)
{
    delay_us(10000);
    delay_us(10000);
}

/* Stop both directions and every interrupt, then reset the MAC (14.7). The PHY keeps its link. */
static void intel_reset(struct nic *nic, unsigned quirks)
{
    reg_write(nic, INTEL_IMC, ~0u);
    reg_write(nic, INTEL_RCTL, 0);
    reg_write(nic, INTEL_TCTL, 0);
    reg_write(nic, INTEL_RX_RING + RING_LEN, 0); /* emulated 8254x cards ignore the reset */
    reg_write(nic, INTEL_TX_RING + RING_LEN, 0);
    uint32_t ctrl = reg_read(nic, INTEL_CTRL);
    if (quirks & INTEL_PCIE) {
        reg_write(nic, INTEL_CTRL, ctrl | CTRL_MASTER_DISABLE);
        reg_wait(nic, INTEL_STATUS, STATUS_MASTER_ENABLE, 0);
    }
    if (quirks & INTEL_PBS_ICH8) {
        reg_write(nic, INTEL_PBA, 8);
        reg_write(nic, INTEL_PBS, 16);
    }
    if (quirks & INTEL_PBS_I210) {
        reg_write(nic, INTEL_RXPBS, 0xa2);
        reg_write(nic, INTEL_TXPBS, 0x04000014);
    }
    reg_write(nic, INTEL_CTRL, ctrl | CTRL_RESET);
    delay_us(1000);
    if (!(quirks & INTEL_PHY))
        wait_for_eeprom(); /* chip sets hang when a register is read too soon */
    reg_wait(nic, INTEL_CTRL, CTRL_RESET, 0);
    reg_write(nic, INTEL_IMC, ~0u);
}

/* An address that is not multicast and not all zeros. */
static bool mac_valid(const uint8_t *mac)
{
    return !(mac[0] & 1) && (mac[0] | mac[1] | mac[2] | mac[3] | mac[4] | mac[5]);
}

/* Read nic->mac from the first receive address, which the card loads from its EEPROM. */
static bool mac_from_register(struct nic *nic)
{
    uint32_t raw[2] = {reg_read(nic, INTEL_RAL0), reg_read(nic, INTEL_RAH0) & 0xffff};

    memcpy(nic->mac, raw, 6);
    return mac_valid(nic->mac);
}

/* Read nic->mac from EEPROM words 0-2. EERD has two layouts. A read of word 0 looks the same in
 * both, and the place of the "done" bit then tells which one this card has. */
static bool mac_from_eeprom(struct nic *nic)
{
    uint32_t done = EERD_DONE_SMALL | EERD_DONE_LARGE, value = 0;

    for (unsigned i = 0; i < 3; i++) {
        reg_write(nic, INTEL_EERD, EERD_START | i << (done == EERD_DONE_LARGE ? 2 : 8));
        if (!wait_until((value = reg_read(nic, INTEL_EERD)) & done, 100, 50))
            return false;
        done &= value;
        value >>= 16;
        memcpy(nic->mac + 2 * i, &value, 2);
    }
    nic->mac[5] ^= nic->pci.busdevfn & 7; /* the words hold the first port's address */
    return mac_valid(nic->mac);
}

int intel_probe(struct nic *nic)
{
    nic->mmio = (volatile uint8_t *)pci_bar(&nic->pci, 0);
    if (!nic->mmio)
        return E_NO_NIC;
    pci_enable(&nic->pci, PCI_COMMAND_MEMORY);
    if (reg_read(nic, INTEL_STATUS) == ~0u)
        return E_NO_NIC;
    if (mac_from_register(nic))
        return 0;
    reg_set(nic, INTEL_CTRL_EXT, CTRL_EXT_EEPROM_RESET);
    wait_for_eeprom();
    return mac_from_register(nic) || mac_from_eeprom(nic) ? 0 : E_NO_NIC;
}

__attribute__((noinline)) static void fill_rx_slot(unsigned i)
{
    volatile uint32_t *word = card.shared->rx[i].word;

    word[2] = word[3] = word[1] = 0;
    word[0] = (uint32_t)card.shared->rx_slots[i];
}

static bool allocate(void)
{
    card.shared = dma_alloc(sizeof(*card.shared), SLOT_SIZE);
    if (!card.shared)
        return false;
    for (unsigned i = 0; i < RX_COUNT; i++) {
        fill_rx_slot(i);
        card.shared->tx[i].word[3] = DESCRIPTOR_DONE;
    }
    card.rx_next = card.tx_next = 0;
    return true;
}

/* Give a ring to the card (14.4, 14.5). False when an igb queue does not come up. */
static bool start_ring(struct nic *nic, unsigned ring, void *descriptors, unsigned size)
{
    volatile uint8_t *regs = nic->mmio + ring;

    mmio_write32(regs, RING_BAL, (uint32_t)descriptors);
    mmio_write32(regs, RING_BAH, 0);
    mmio_write32(regs, RING_LEN, size);
    mmio_write32(regs, RING_HEAD, 0);
    mmio_write32(regs, RING_TAIL, 0);
    if (!(card.quirks & INTEL_ADVANCED))
        return true;
    reg_set(nic, ring + RING_DCTL, DCTL_QUEUE_ENABLE);
    return reg_wait(nic, ring + RING_DCTL, DCTL_QUEUE_ENABLE, DCTL_QUEUE_ENABLE);
}

int intel_start_rings(struct nic *nic, unsigned quirks, unsigned rx_ring, unsigned tx_ring)
{
    card.quirks = quirks;
    card.rx_ring = rx_ring;
    card.tx_ring = tx_ring;
    nic->burst = RX_COUNT - 1;
    if (!allocate())
        return E_NO_MEMORY;
    pci_enable(&nic->pci, PCI_COMMAND_MASTER);
    bool started = start_ring(nic, tx_ring, card.shared->tx, TX_COUNT * sizeof(*card.shared->tx));
    started &= start_ring(nic, rx_ring, card.shared->rx, sizeof(card.shared->rx));
    return started ? 0 : E_NIC_OPEN;
}

/* Let the PHY decide on speed and duplex (on fiber, start negotiation), and set registers that have
 * no usable value after a reset (14.3). */
static void set_up_mac(struct nic *nic)
{
    uint32_t mac[2] = {0, RAH_VALID};
    uint32_t ctrl = reg_read(nic, INTEL_CTRL);

    if (card.quirks & INTEL_8254X) {
        reg_write(nic, INTEL_TIPG, TIPG_DEFAULT);
        reg_write(nic, INTEL_MANC, reg_read(nic, INTEL_MANC) & ~MANC_ARP);
        if (reg_read(nic, INTEL_STATUS) & STATUS_TBI_MODE)
            reg_write(nic, INTEL_TXCW, TXCW_AUTONEG);
    }
    ctrl &= ~(CTRL_MASTER_DISABLE | CTRL_LINK_RESET | CTRL_FORCE_SPEED | CTRL_FORCE_DUPLEX |
              CTRL_VLAN_MODE);
    reg_write(nic, INTEL_CTRL, ctrl | CTRL_SET_LINK_UP);
    memcpy(mac, nic->mac, 6);
    reg_write(nic, INTEL_RAL0, mac[0]);
    reg_write(nic, INTEL_RAH0, mac[1]);
    if (card.quirks & INTEL_KEEP_RINGS)
        reg_set(nic, INTEL_FEXTNVM11, FEXTNVM11_KEEP_DATAPATH);
    if (card.quirks & INTEL_ADVANCED) {
        reg_write(nic, INTEL_EIMC, ~0u);
        reg_write(nic, INTEL_SRRCTL, SRRCTL_ADVANCED_2K);
    } else if (card.quirks & INTEL_PCIE) {
        reg_set(nic, INTEL_TX_RING + RING_DCTL, DCTL_COUNT_DESCRIPTORS);
    }
}

void intel_prepare(struct nic *nic, unsigned quirks)
{
    card.quirks = quirks;
    card.negotiated = false;
    reg_write(nic, INTEL_IMC, ~0u);
    /* After power-on both ring lengths are 0, and there are no settings to undo. */
    if (reg_read(nic, INTEL_RX_RING + RING_LEN) | reg_read(nic, INTEL_TX_RING + RING_LEN) ||
        quirks & (INTEL_PBS_ICH8 | INTEL_PBS_I210)) {
        intel_reset(nic, quirks);
        wait_for_eeprom();
    }
    set_up_mac(nic);
}

int intel_start(struct nic *nic)
{
    int error = intel_start_rings(nic, card.quirks, INTEL_RX_RING, INTEL_TX_RING);

    if (error)
        return error;
    reg_write(nic, INTEL_TCTL,
              (reg_read(nic, INTEL_TCTL) & ~TCTL_CT_COLD) | TCTL_DEFAULT | TCTL_ENABLE);
    reg_write(nic, INTEL_RCTL, RCTL_ENABLE | RCTL_ALL_MULTICAST | RCTL_BROADCAST | RCTL_STRIP_CRC);
    reg_write(nic, INTEL_RX_RING + RING_TAIL, RX_COUNT - 1);
    return 0;
}

int intel_poll(struct nic *nic, void *buf, size_t cap)
{
    unsigned i = card.rx_next;
    volatile uint32_t *word = card.shared->rx[i].word;
    bool advanced = card.quirks & INTEL_ADVANCED;
    unsigned at = advanced ? 2 : 3; /* the status, and the length beside it */
    uint32_t status = word[at];

    if (!(status & DESCRIPTOR_DONE))
        return 0;
    barrier();
    int result = E_PROTOCOL;
    if (status & RX_END_OF_PACKET && !(status & (advanced ? RX_ERRORS_ADVANCED : RX_ERRORS_LEGACY)))
        result = copy_received(buf, cap, card.shared->rx_slots[i], word[at ^ 1] & 0xffff);
    fill_rx_slot(i);
    barrier();
    if (i % RX_BATCH == RX_BATCH - 1)
        reg_write(nic, card.rx_ring + RING_TAIL, i);
    card.rx_next = (i + 1) % RX_COUNT;
    return result;
}

/* Wait until the card has read transmit slot i, at most 10 ms. */
static bool sent(unsigned i)
{
    return wait_until(card.shared->tx[i].word[3] & DESCRIPTOR_DONE, 200, 50);
}

int intel_transmit(struct nic *nic, const void *frame, size_t len)
{
    unsigned i = card.tx_next;
    volatile uint32_t *word = card.shared->tx[i].word;
    uint8_t *slot = card.shared->tx_slots[i];

    if (!sent(i))
        return E_TRANSMIT;
    size_t padded = len < ETH_FRAME_MIN ? ETH_FRAME_MIN : len;
    /* 82544 on PCI-X hangs unless bit 2 of the last byte's address is set. */
    slot += ~(padded - 1) & 4;
    copy_padded(slot, frame, len);
    word[0] = (uint32_t)slot;
    word[1] = 0;
    if (card.quirks & INTEL_ADVANCED) {
        word[2] = TX_ADVANCED | padded;
        word[3] = padded << 14;
    } else {
        word[2] = TX_LEGACY | padded;
        word[3] = 0;
    }
    card.tx_next = (i + 1) % TX_COUNT;
    barrier();
    reg_write(nic, card.tx_ring + RING_TAIL, card.tx_next);
    return 0;
}

int intel_mdic(struct nic *nic, uint32_t command)
{
    reg_write(nic, INTEL_MDIC, command);
    if (!reg_wait(nic, INTEL_MDIC, MDIC_READY | MDIC_ERROR, MDIC_READY))
        return -1;
    return reg_read(nic, INTEL_MDIC) & 0xffff;
}

/* Start negotiation where nothing else does: when the PHY was left powered down or without
 * autonegotiation, or has a link that the MAC does not see (emulated igb cards after power-on). */
bool intel_link(struct nic *nic)
{
    if (reg_read(nic, INTEL_STATUS) & STATUS_LINK_UP)
        return true;
    if (card.negotiated || !(card.quirks & INTEL_PHY))
        return false;
    int control = intel_mdic(nic, MDIC_PHY_1 | MDIC_READ | MII_BMCR << MDIC_REGISTER);
    int status = intel_mdic(nic, MDIC_PHY_1 | MDIC_READ | MII_BMSR << MDIC_REGISTER);
    if (control < 0 || status < 0) {
        card.negotiated = true; /* no PHY to ask: a fiber port */
        return false;
    }
    bool idle = (control & (BMCR_POWER_DOWN | BMCR_ISOLATE | BMCR_AUTONEG)) != BMCR_AUTONEG;
    if ((idle || status & BMSR_LINK) && !(reg_read(nic, INTEL_STATUS) & STATUS_LINK_UP)) {
        intel_mdic(nic, MDIC_PHY_1 | MDIC_WRITE | MII_BMCR << MDIC_REGISTER | BMCR_AUTONEG |
                            BMCR_RESTART);
        card.negotiated = true;
    }
    return false;
}

bool intel_interrupt(struct nic *nic, enum nic_interrupt action)
{
    enum { RXDMT0 = 1 << 4, RXO = 1 << 6, RXT0 = 1 << 7, CAUSES = RXDMT0 | RXO | RXT0 };

    if (action == INTERRUPT_ACKNOWLEDGE)
        return reg_read(nic, INTEL_ICR) & CAUSES;
    reg_write(nic, action == INTERRUPT_ON ? INTEL_IMS : INTEL_IMC, CAUSES);
    return false;
}

void intel_close(struct nic *nic)
{
    if (!nic->mmio)
        return;
    if (card.shared) {
        sent((card.tx_next - 1) % TX_COUNT);
        delay_us(SEND_US);
    }
    intel_reset(nic, card.quirks);
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}
