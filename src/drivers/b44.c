/* SPDX-License-Identifier: BSD-2-Clause */
/* Broadcom BCM4401 and BCM4402 (10/100), polled. The chip has cores on a bus of its own, Sonics'
 * backplane; a window in BAR 0 shows one of them. Registers have the names of Linux's b44. */
#include "mii.h"
#include "net_driver.h"

#include "platform/bios/io.h"
#include "platform/bios/timer.h"

enum {
    DEVCTRL = 0x000,
    ISTAT = 0x020,
    IMASK = 0x024,
    MAC_CTRL = 0x0a8,
    RCV_LAZY = 0x100,
    PCI_TRANS_2 = 0x108, /* of the PCI core */
    DMATX_CTRL = 0x200,
    DMATX_ADDR = 0x204,
    DMATX_PTR = 0x208,
    DMATX_STAT = 0x20c,
    DMARX_CTRL = 0x210,
    DMARX_ADDR = 0x214,
    DMARX_PTR = 0x218,
    DMARX_STAT = 0x21c,
    RXCONFIG = 0x400,
    RXMAXLEN = 0x404,
    TXMAXLEN = 0x408,
    MDIO_CTRL = 0x410,
    MDIO_DATA = 0x414,
    EMAC_ISTAT = 0x41c,
    CAM_DATA_LO = 0x420,
    CAM_DATA_HI = 0x424,
    CAM_CTRL = 0x428,
    ENET_CTRL = 0x42c,
    TX_CTRL = 0x430,
    TX_HIWMARK = 0x434,
    /* These every core has. */
    SBIMSTATE = 0xf90,
    SBINTVEC = 0xf94,
    SBTMSLOW = 0xf98,
    SBTMSHIGH = 0xf9c,
    SPROM_MAC = 0x104e,
    SPROM_PHY = 0x105a,
};
enum { BAR0_WINDOW = 0x80, ENET_CORE = 0x18000000, PCI_CORE = 0x18002000, INT_ENET = 2 };
enum { PREFETCH_BURST = 0x0c };
enum { CORE_RESET = 1, CORE_REJECT = 2, CORE_CLOCK = 1 << 16, CORE_GATED_ON = 1 << 17 };
enum { CORE_SERR = 1, CORE_BUSY = 4, BUS_ERRORS = 0x60000 };
enum { INNER_PHY = 0x0400, PHY_RESET = 0x8000, MDC = 0x8d, MII_DONE = 1 };
enum { CRC_AND_LEDS = 0xe1, ALL_MULTICAST = 2 };
enum { RECEIVED = 1 << 16, ERRORS = 0xfc00 }; /* interrupts */
enum { ENET_ENABLE = 1, ENET_DISABLE = 2, OUTER_PHY = 8 };
enum { CAM_ENABLE = 1, CAM_WRITE = 8, CAM_ENTRIES = 64, CAM_VALID = 1 << 16 };
#define CAM_BUSY (1u << 31)
enum { AUXCTRL = 24, FULL_DUPLEX = 1 }; /* the latter in the PHY's AUXCTRL, and in TX_CTRL */

/* A descriptor's control word has a length besides. */
enum { END_OF_TABLE = 1 << 28, WHOLE_FRAME = 3u << 30, CURRENT = 0xfff };
enum { CARD_MEMORY = 0x40000000 }; /* where the card sees memory; no more than the first GiB */
enum { RX_SLOTS = 64, TX_SLOTS = 4, SIZE = 1600, RX_OFFSET = 30, FCS = 4, MAX_LENGTH = 1550 };
enum { RX_ERRORS = 0x0f };

struct descriptor {
    uint32_t control, address;
};

/* What comes in has a header in front of it. */
union buffer {
    struct {
        volatile uint16_t length, flags;
    };
    uint8_t bytes[SIZE];
};

/* All memory that the card reads and writes. Each ring is at a multiple of 4096. */
struct shared {
    struct descriptor rx[512], tx[512];
    union buffer rx_buffer[RX_SLOTS], tx_buffer[TX_SLOTS];
};

static struct {
    struct shared *shared;
    volatile uint8_t *mmio;
    unsigned rx, tx;
    uint32_t phy;
} card;

static uint32_t get(unsigned reg)
{
    return mmio_read32(card.mmio, reg);
}

static void set(unsigned reg, uint32_t value)
{
    mmio_write32(card.mmio, reg, value);
}

static bool wait_clear(unsigned reg, uint32_t bits)
{
    return wait_until(!(get(reg) & bits), 1000, 10);
}

static void set_core(uint32_t state)
{
    set(SBTMSLOW, state);
    get(SBTMSLOW);
    delay_us(1);
}

/* Stop DMA and MAC, if they run, and reset their core. */
static void reset(void)
{
    if ((get(SBTMSLOW) & (CORE_RESET | CORE_REJECT | CORE_CLOCK)) == CORE_CLOCK) {
        set(RCV_LAZY, 0);
        set(ENET_CTRL, ENET_DISABLE);
        wait_clear(ENET_CTRL, ENET_DISABLE);
        set(DMATX_CTRL, 0);
        set(DMARX_CTRL, 0);
        set_core(CORE_REJECT | CORE_CLOCK);
        wait_clear(SBTMSHIGH, CORE_BUSY);
        set_core(CORE_REJECT | CORE_RESET | CORE_CLOCK | CORE_GATED_ON);
    }
    set_core(CORE_REJECT | CORE_RESET);
    set_core(CORE_RESET | CORE_CLOCK | CORE_GATED_ON);
    if (get(SBTMSHIGH) & CORE_SERR)
        set(SBTMSHIGH, 0);
    set(SBIMSTATE, get(SBIMSTATE) & ~BUS_ERRORS);
    set_core(CORE_CLOCK | CORE_GATED_ON);
    set_core(CORE_CLOCK);
}

static int b44_probe(struct nic *nic)
{
    card.mmio = nic->mmio = (volatile uint8_t *)pci_find_bar(&nic->pci, false);
    if (!nic->mmio)
        return E_NO_NIC;
    pci_enable(&nic->pci, PCI_COMMAND_MEMORY);
    pci_write32(&nic->pci, BAR0_WINDOW, ENET_CORE);
    for (unsigned i = 0; i < 6; i += 2) {
        uint16_t word = mmio_read16(nic->mmio, SPROM_MAC + i);

        nic->mac[i] = word >> 8;
        nic->mac[i + 1] = word;
    }
    card.phy = (mmio_read16(nic->mmio, SPROM_PHY) & 31) << 23;
    return nic->mac[0] & 1 ? E_NO_NIC : 0;
}

/* Management frames of IEEE 802.3, 22.2.4.5, but for the PHY's number. */
enum { FRAME_READ = 0x60020000, FRAME_WRITE = 0x50020000, FRAME_REG = 18 };
static uint16_t mii(uint32_t frame)
{
    set(EMAC_ISTAT, MII_DONE);
    set(MDIO_DATA, frame | card.phy);
    wait_until(get(EMAC_ISTAT) & MII_DONE, 100, 10);
    return get(MDIO_DATA);
}

static uint16_t mii_read(unsigned reg)
{
    return mii(FRAME_READ | reg << FRAME_REG);
}

static void start_phy(void)
{
    uint32_t control = get(DEVCTRL);

    set(MDIO_CTRL, MDC);
    if (!(control & INNER_PHY)) {
        set(ENET_CTRL, OUTER_PHY);
    } else if (control & PHY_RESET) {
        set(DEVCTRL, control & ~PHY_RESET);
        get(DEVCTRL);
        delay_us(100);
    }
    set(MAC_CTRL, CRC_AND_LEDS); /* and power for the PHY */
    if ((mii_read(MII_BMCR) & (BMCR_AUTONEG | BMCR_POWER_DOWN | BMCR_ISOLATE)) != BMCR_AUTONEG)
        mii(FRAME_WRITE | MII_BMCR << FRAME_REG | BMCR_AUTONEG | BMCR_RESTART);
}

/* The own address, and zeros in the other entries of the filter. */
static void set_address(const struct nic *nic)
{
    const uint8_t *mac = nic->mac;

    for (unsigned i = 0; i < CAM_ENTRIES; i++) {
        bool own = i == 0;

        set(CAM_DATA_LO, own ? (uint32_t)mac[2] << 24 | mac[3] << 16 | mac[4] << 8 | mac[5] : 0);
        set(CAM_DATA_HI, CAM_VALID | (own ? mac[0] << 8 | mac[1] : 0));
        set(CAM_CTRL, CAM_WRITE | i << 16);
        wait_clear(CAM_CTRL, CAM_BUSY);
    }
    set(CAM_CTRL, CAM_ENABLE);
    set(RXCONFIG, ALL_MULTICAST);
}

static void give_slots(unsigned end)
{
    barrier();
    set(DMARX_PTR, end * sizeof(struct descriptor));
}

/* From whatever state, with empty rings. */
static void start(const struct nic *nic)
{
    struct shared *shared = card.shared;

    reset();
    for (unsigned i = 0; i < RX_SLOTS; i++) {
        shared->rx_buffer[i].length = 0;
        shared->rx[i].control = SIZE | (i == RX_SLOTS - 1 ? END_OF_TABLE : 0);
        shared->rx[i].address = (uint32_t)&shared->rx_buffer[i] + CARD_MEMORY;
    }
    card.rx = card.tx = 0;
    start_phy();
    set(RCV_LAZY, 1 << 24); /* an interrupt for each frame */
    set_address(nic);
    set(RXMAXLEN, MAX_LENGTH);
    set(TXMAXLEN, MAX_LENGTH);
    set(TX_HIWMARK, 56);
    set(DMATX_CTRL, 1);
    set(DMATX_ADDR, (uint32_t)shared->tx + CARD_MEMORY);
    set(DMARX_CTRL, 1 | RX_OFFSET << 1);
    set(DMARX_ADDR, (uint32_t)shared->rx + CARD_MEMORY);
    give_slots(RX_SLOTS - 1);
    set(ENET_CTRL, get(ENET_CTRL) | ENET_ENABLE);
}

static int b44_open(struct nic *nic)
{
    card.shared = dma_alloc(sizeof(*card.shared), 4096);
    if (!card.shared)
        return E_NO_MEMORY;
    /* Interrupts of the MAC's core, and bursts. */
    pci_write32(&nic->pci, BAR0_WINDOW, PCI_CORE);
    set(SBINTVEC, get(SBINTVEC) | INT_ENET);
    set(PCI_TRANS_2, get(PCI_TRANS_2) | PREFETCH_BURST);
    pci_write32(&nic->pci, BAR0_WINDOW, ENET_CORE);
    pci_enable(&nic->pci, PCI_COMMAND_MASTER);
    start(nic);
    return 0;
}

/* The card writes the header before the frame, so it is asked where it is. */
static int b44_poll(struct nic *nic, void *buf, size_t cap)
{
    union buffer *slot = &card.shared->rx_buffer[card.rx];
    int result = E_PROTOCOL;
    size_t len;

    (void)nic;
    if (!slot->length || (get(DMARX_STAT) & CURRENT) / sizeof(struct descriptor) == card.rx)
        return 0;
    barrier();
    len = slot->length - FCS;
    if (!(slot->flags & RX_ERRORS) && len <= SIZE - RX_OFFSET)
        result = copy_received(buf, cap, slot->bytes + RX_OFFSET, len);
    slot->length = 0;
    give_slots(card.rx);
    card.rx = (card.rx + 1) % RX_SLOTS;
    return result;
}

/* Has all been read that was to be sent? */
static bool is_idle(void)
{
    return wait_until((get(DMATX_STAT) & CURRENT) == card.tx * sizeof(struct descriptor), 5000, 10);
}

static int b44_transmit(struct nic *nic, const void *frame, size_t len)
{
    struct descriptor *slot = &card.shared->tx[card.tx];
    union buffer *buffer = &card.shared->tx_buffer[card.tx];

    (void)nic;
    if (!is_idle())
        return E_TRANSMIT;
    slot->control = WHOLE_FRAME | copy_padded(buffer->bytes, frame, len);
    slot->address = (uint32_t)buffer + CARD_MEMORY;
    if (++card.tx == TX_SLOTS) {
        slot->control |= END_OF_TABLE;
        card.tx = 0;
    }
    barrier();
    set(DMATX_PTR, card.tx * sizeof(struct descriptor));
    return 0;
}

/* DMA stops at an error, such as a full FIFO. And the MAC does not follow the PHY to full duplex.
 */
static bool b44_link(struct nic *nic)
{
    if (get(ISTAT) & ERRORS)
        start(nic);
    if (!(mii_read(MII_BMSR) & BMSR_LINK))
        return false;
    set(TX_CTRL, mii_read(AUXCTRL) & FULL_DUPLEX);
    return true;
}

static bool b44_interrupt(struct nic *nic, enum nic_interrupt action)
{
    uint32_t status = get(ISTAT) & RECEIVED;

    (void)nic;
    set(ISTAT, status);
    if (action == INTERRUPT_ACKNOWLEDGE)
        return status;
    set(IMASK, action == INTERRUPT_ON ? RECEIVED : 0);
    return false;
}

static void b44_close(struct nic *nic)
{
    if (card.shared)
        is_idle();
    delay_us(SEND_US);
    reset();
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver b44 = {
    .name = "b44",
    .probe = b44_probe,
    .open = b44_open,
    .poll = b44_poll,
    .transmit = b44_transmit,
    .link = b44_link,
    .interrupt = b44_interrupt,
    .close = b44_close,
};
NET_DRIVER(b44);
