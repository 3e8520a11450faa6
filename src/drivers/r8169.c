/* SPDX-License-Identifier: BSD-2-Clause */
/* Realtek RTL8169, RTL8110, RTL8168, RTL8111, RTL8101, RTL8102, RTL8105, RTL8106: all gigabit and
 * fast Ethernet chips with this ring of descriptors. Registers have the names of the RTL8169
 * datasheet; what later chips added is known from other drivers, and named as there.
 *
 * The chip tells in TCR which one it is. The PHY negotiates by itself. An operating system may have
 * left it powered down, and the newer chips with frames going to their management controller. */
#include "net_driver.h"

#include "lib/string.h"
#include "mii.h"
#include "platform/bios/io.h"
#include "platform/bios/timer.h"

enum {
    IDR0 = 0x00,
    MAR0 = 0x08,
    TNPDS = 0x20, /* ring to send */
    CR = 0x37,
    TPPOLL = 0x38,
    IMR = 0x3c,
    ISR = 0x3e,
    TCR = 0x40,
    RCR = 0x44,
    EECR = 0x50, /* 9346CR */
    PHYAR = 0x60,
    PHY_STATUS = 0x6c,
    GPHY_OCP = 0xb8,
    MCU = 0xd3,
    RMS = 0xda, /* largest frame to receive */
    CPCR = 0xe0,
    RDSAR = 0xe4, /* ring to receive */
    MTPS = 0xec,  /* when sending begins, or the largest frame to send */
    MISC = 0xf0,
};
enum { CR_RESET = 0x10, CR_RECEIVE = 8, CR_TRANSMIT = 4 };
enum { RECEIVED = 0x53 /* good or not, no descriptor, FIFO full */ };
enum { POLL_NORMAL = 0x40 };
enum { EECR_AUTOLOAD = 0x40, EECR_UNLOCK = 0xc0 };
enum { LINK_UP = 2 };
enum { MCU_OOB = 0x80 };            /* frames go to the management controller */
enum { MISC_RXDV_GATED = 1 << 19 }; /* no frame comes through */
enum { CPCR_KEEP = 0x2003, CPCR_MULTIPLE = 8, CPCR_8169S = 0x4000 };

/* Versions: bits 30 to 27 and 25 to 23 of TCR. */
enum {
    VERSION = 0x7c8,
    RTL8169SB = 0x100,
    PCI_EXPRESS = 0x200, /* the first of those */
    RTL8168EVL = 0x2c8,
    RTL8402 = 0x440, /* from here on, and in the one before, there is MCU */
    RTL8168G = 0x4c0 /* the first with another way to the PHY */
};

/* Interframe gap 96 bit times, unlimited DMA bursts. */
#define TCR_SETTINGS (3 << 24 | 7 << 8)
/* No FIFO threshold, unlimited DMA bursts; broadcast, multicast and own address. */
#define RCR_SETTINGS  (7 << 13 | 7 << 8 | 1 << 3 | 1 << 2 | 1 << 1)
#define RCR_EARLY_OFF (1 << 11) /* RTL8168G and later */

#define OWN           (1u << 31)
#define LAST          (1 << 30) /* of the ring */
#define WHOLE         (3 << 28) /* first and last part of a frame */
#define FAILED        (1 << 21)

enum { LENGTH = 0x3fff, FCS = 4 };
enum { COUNT = 32, SIZE = 1536, PHY_WAIT = 200 };

struct descriptor {
    volatile uint32_t control;
    uint32_t vlan;
    uint64_t buffer;
};

struct shared {
    struct descriptor rx[COUNT];
    struct descriptor tx[COUNT]; /* rings begin at multiples of 256 */
    uint8_t rx_buffer[COUNT][SIZE], tx_buffer[SIZE];
};

static struct {
    struct shared *shared;
    unsigned rx, tx, version;
} card;

static bool reset(uint16_t io)
{
    out8(io + CR, CR_RESET);
    return wait_until(!(in8(io + CR) & CR_RESET), 10000, 10);
}

static bool read_mac(struct nic *nic)
{
    uint32_t low = in32(nic->io + IDR0);
    uint16_t high = in16(nic->io + IDR0 + 4);

    memcpy(nic->mac, &low, 4);
    memcpy(nic->mac + 4, &high, 2);
    return !(low & 1) && (low | high);
}

/* Access a register of the PHY. Bit 31 says to write, and changes when it is done. */
static uint16_t phy(uint16_t io, uint32_t reg, uint32_t write)
{
    uint16_t port = io + PHYAR;
    uint32_t value;

    reg <<= 16;
    if (card.version >= RTL8168G) {
        port = io + GPHY_OCP;
        reg += 0xa400u << 15;
    }
    out32(port, reg | write);
    wait_until(((value = in32(port)) ^ write) & 1u << 31, PHY_WAIT, 10);
    delay_us(20);
    return value;
}

static void wake_phy(uint16_t io)
{
    if (phy(io, MII_BMCR, 0) & (BMCR_POWER_DOWN | BMCR_ISOLATE))
        phy(io, MII_BMCR, 1u << 31 | BMCR_AUTONEG | BMCR_RESTART);
}

static int r8169_probe(struct nic *nic)
{
    uint16_t io = nic->io = pci_find_bar(&nic->pci, true);

    if (!io)
        return E_NO_NIC;
    pci_enable(&nic->pci, PCI_COMMAND_IO);
    card.version = in32(io + TCR) >> 20 & VERSION;
    if (!reset(io))
        return E_NO_NIC;
    wake_phy(io);
    if (read_mac(nic))
        return 0;
    /* Somebody has overwritten the registers. The chip loads them from its EEPROM again. */
    out8(io + EECR, EECR_AUTOLOAD);
    wait_until(!(in8(io + EECR) & EECR_UNLOCK), 10000, 10);
    return read_mac(nic) ? 0 : E_NO_NIC;
}

/* Hand a descriptor to the card. */
static void give(struct descriptor *ring, unsigned index, uint32_t control)
{
    barrier();
    ring[index].control = OWN | control | (index == COUNT - 1 ? LAST : 0);
}

static void set_ring(uint16_t port, const void *ring)
{
    out32(port + 4, 0);
    out32(port, (uint32_t)ring);
}

static int r8169_open(struct nic *nic)
{
    uint16_t io = nic->io, mode = in16(io + CPCR) & CPCR_KEEP;
    struct shared *shared = card.shared = dma_alloc(sizeof(*shared), 256);

    if (!shared)
        return E_NO_MEMORY;
    for (unsigned i = 0; i < COUNT; i++) {
        shared->rx[i].buffer = (uint32_t)shared->rx_buffer[i];
        shared->tx[i].buffer = (uint32_t)shared->tx_buffer;
        give(shared->rx, i, SIZE);
    }
    card.rx = 0;
    card.tx = COUNT - 1; /* the one before the next */
    if (!reset(io))
        return E_NIC_OPEN;
    pci_enable(&nic->pci, PCI_COMMAND_MASTER);
    if (card.version >= RTL8402 || card.version == RTL8168EVL)
        out8(io + MCU, in8(io + MCU) & ~MCU_OOB);
    if (card.version >= RTL8168G)
        out32(io + MISC, in32(io + MISC) & ~MISC_RXDV_GATED);
    if (card.version < PCI_EXPRESS)
        mode |= CPCR_MULTIPLE;
    if (card.version < RTL8169SB)
        mode |= CPCR_8169S;
    out8(io + EECR, EECR_UNLOCK);
    out16(io + CPCR, mode);
    out8(io + MTPS, 0x3f);
    out16(io + RMS, SIZE);
    set_ring(io + RDSAR, shared->rx);
    set_ring(io + TNPDS, shared->tx);
    out8(io + EECR, 0);
    /* RCR and TCR can only be written while both directions are enabled. */
    out8(io + CR, CR_RECEIVE | CR_TRANSMIT);
    out32(io + TCR, in32(io + TCR) | TCR_SETTINGS);
    out32(io + MAR0, ~0); /* every group passes the hash filter */
    out32(io + MAR0 + 4, ~0);
    out32(io + RCR, RCR_SETTINGS | (card.version >= RTL8168G ? RCR_EARLY_OFF : 0));
    return 0;
}

static int r8169_poll(struct nic *nic, void *buf, size_t cap)
{
    unsigned index = card.rx;
    uint32_t control = card.shared->rx[index].control;
    int result = E_PROTOCOL;

    (void)nic;
    if (control & OWN)
        return 0;
    barrier();
    if ((control & (WHOLE | FAILED)) == WHOLE)
        result = copy_received(buf, cap, card.shared->rx_buffer[index], (control & LENGTH) - FCS);
    give(card.shared->rx, index, SIZE);
    card.rx = (index + 1) % COUNT;
    return result;
}

/* Wait until the card has sent the last frame. A request that comes while it still ends with the
 * frame before may get lost, so ask again and again. */
static bool wait_sent(uint16_t io)
{
    const struct descriptor *tx = &card.shared->tx[card.tx];

    return wait_until(!(tx->control & OWN) || (out8(io + TPPOLL, POLL_NORMAL), false), 50, 1000);
}

static int r8169_transmit(struct nic *nic, const void *frame, size_t len)
{
    struct shared *shared = card.shared;

    if (!wait_sent(nic->io))
        return E_TRANSMIT;
    card.tx = (card.tx + 1) % COUNT;
    len = copy_padded(shared->tx_buffer, frame, len);
    give(shared->tx, card.tx, WHOLE | len);
    barrier();
    out8(nic->io + TPPOLL, POLL_NORMAL);
    return 0;
}

static bool r8169_link(struct nic *nic)
{
    return in8(nic->io + PHY_STATUS) & LINK_UP;
}

static bool r8169_interrupt(struct nic *nic, enum nic_interrupt action)
{
    uint16_t status = in16(nic->io + ISR) & RECEIVED;

    if (action != INTERRUPT_ACKNOWLEDGE) {
        out16(nic->io + IMR, action == INTERRUPT_ON ? RECEIVED : 0);
        return false;
    }
    out16(nic->io + ISR, status);
    return status;
}

static void r8169_close(struct nic *nic)
{
    if (card.shared) {
        wait_sent(nic->io);
        delay_us(SEND_US);
    }
    reset(nic->io);
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver r8169 = {
    .name = "r8169",
    .probe = r8169_probe,
    .open = r8169_open,
    .poll = r8169_poll,
    .transmit = r8169_transmit,
    .link = r8169_link,
    .interrupt = r8169_interrupt,
    .close = r8169_close,
};
NET_DRIVER(r8169);
