/* SPDX-License-Identifier: BSD-2-Clause */
/* JMicron JMC250 (gigabit) and JMC260 (fast Ethernet), polled. There is no public datasheet:
 * registers have the names that Linux's and iPXE's drivers use, and their order is followed.
 *
 * The MAC does not follow the PHY, and takes another speed only while it is reset. So link() starts
 * both directions, and starts them anew when the link is another one. */
#include "mii.h"
#include "net_driver.h"

#include "lib/string.h"
#include "platform/bios/io.h"

/* Of a ring, from its first register on. */
enum { TX = 0x00, RX = 0x20 };
enum { CS = 0x00, DBA_LO = 0x04, DBA_HI = 0x08, QDC = 0x0c, NDA = 0x10 };
enum {
    TXMCS = 0x14,
    TXTRHD = 0x1c,
    RXMCS = 0x34,
    RXUMA_LO = 0x38,
    RXUMA_HI = 0x3c,
    SMI = 0x50,
    GHC = 0x54,
    PMCS = 0x60,
    PHY_PWR = 0x424,
    PHY_LINK = 0x430,
    SMBCSR = 0x440,
    GPREG0 = 0x808,
    GPREG1 = 0x80c,
    IEVE = 0x820,
    IENS = 0x828,
    IENC = 0x82c,
    CHIPMODE = 0x844,
    PE1 = 0xe4, /* of the configuration space */
};
/* FIFO thresholds, bursts of 128 bytes, retries when there is no slot. */
#define RX_SETTINGS 0x33000800
#define TX_SETTINGS 0x14
enum { ENABLE = 1, START = 5, SEND = 0x100 /* what is in the queue */ };
/* TXMCS: pad, add the FCS, defer, send when the whole frame is there, gaps of 96 bit times. */
#define TX_MAC         0x60000323
#define TX_HALF_DUPLEX 0x1c /* carrier, collisions, backoff */
#define TX_RETRIES     0x80200088
/* RXMCS: broadcast, own address, multicast; pause frames stop the transmitter. */
enum { FILTER = 0x588 };
enum { SMI_WRITE = 0x20, SMI_BUSY = 0x10, SMI_PHY = 1 << 6 };
enum { PHY_FIFO = 27, PHY_FIFO_5 = 4, PHY_26 = 26, PHY_26_SET = 0x1000 };
enum { MII_1000_CONTROL = 9, ABLE_1000 = 0x0300, ABLE_ALL = 0x05e1 };
enum { GHC_RESET = 1 << 30, GHC_FULL_DUPLEX = 0x40, GHC_PHY_CLOCK = 0x500000 };
enum { GHC_PCIE_CLOCK = 0xa00000 };
enum { LINK_SPEED = 0xc000, LINK_FULL = 0x2000, LINK_RESOLVED = 0x0800, LINK_UP = 0x0400 };
enum { LINK_100 = 0x4000, LINK_1000 = 0x8000 };
enum { SMB_NO_ACK = 0x20000, SMB_RELOAD = 0x10000, SMB_EEPROM = 0x20 };
enum { GPREG0_DEFAULT = 0x300201, GPREG1_DEFAULT = 0x20000, HALF_PATCH = 0x40, SPEED_PATCH = 0x20 };
enum { RECEIVED = 0x100, RX_EMPTY = 0x1000 };
enum { JMC250 = 0x0250, JMC250A2 = 0x11, NEW_PHY = 5 };

#define OWN        (1u << 31)
#define INTERRUPTS (1 << 30)
/* Word 1 of a received descriptor: written, all in one slot, no error. */
#define WHOLE   0x81000000
#define WRITTEN (1u << 31)
enum { RX_SLOTS = 64, RX_BLOCK = 16, TX_SLOTS = 16, SIZE = 1536 };

struct descriptor {
    volatile uint32_t control;
    volatile uint32_t size;
    uint32_t high;   /* of the buffer; to send, length of the frame */
    uint8_t *buffer; /* overwritten when a frame is received */
};

struct shared {
    struct descriptor rx[RX_SLOTS], tx[TX_SLOTS]; /* at multiples of 16 */
    uint8_t rx_buffer[RX_SLOTS][SIZE], tx_buffer[SIZE];
};

static struct {
    struct shared *shared;
    volatile uint8_t *mmio;
    unsigned rx, tx;
    uint32_t link; /* that it was started for */
} card;

static uint32_t get(unsigned reg)
{
    return mmio_read32(card.mmio, reg);
}

static void set(unsigned reg, uint32_t value)
{
    mmio_write32(card.mmio, reg, value);
}

static uint16_t mii(unsigned reg, uint32_t write)
{
    uint32_t value;

    set(SMI, reg << 11 | write | SMI_PHY | SMI_BUSY);
    wait_until(!((value = get(SMI)) & SMI_BUSY), 5000, 20);
    return value >> 16;
}

static void mii_write(unsigned reg, uint16_t value)
{
    mii(reg, (uint32_t)value << 16 | SMI_WRITE);
}

/* A direction ends with the frame that it is at. */
static void stop(unsigned ring, uint32_t settings)
{
    set(ring + CS, settings);
    wait_until(!(get(ring + CS) & ENABLE), 1000, 10);
}

static void reset(void)
{
    stop(RX, RX_SETTINGS);
    stop(TX, TX_SETTINGS);
    set(GPREG1, GPREG1_DEFAULT); /* the receiver's clock runs */
    set(GHC, GHC_PCIE_CLOCK);
    delay_us(1);
    set(GHC, GHC_PCIE_CLOCK | GHC_RESET);
    delay_us(2);
    set(GHC, GHC_PCIE_CLOCK);
    delay_us(2);
    set(GPREG0, GPREG0_DEFAULT);
    card.link = 0;
}

static int jme_probe(struct nic *nic)
{
    uint32_t state, words[2];

    card.mmio = nic->mmio = (volatile uint8_t *)pci_find_bar(&nic->pci, false);
    if (!nic->mmio)
        return E_NO_NIC;
    pci_enable(&nic->pci, PCI_COMMAND_MEMORY);
    reset();
    state = get(SMBCSR);
    if (state & SMB_EEPROM) {
        set(SMBCSR, state | SMB_NO_ACK);
        set(SMBCSR, state | SMB_NO_ACK | SMB_RELOAD);
        delay_us(10000);
        if (!wait_until(!(get(SMBCSR) & SMB_RELOAD), 2000, 1000))
            return E_NO_NIC;
    }
    words[0] = get(RXUMA_LO);
    words[1] = get(RXUMA_HI);
    memcpy(nic->mac, words, 6);
    return nic->mac[0] & 1 ? E_NO_NIC : 0;
}

/* Power the PHY up, and have it negotiate all that it can. */
static void start_phy(struct nic *nic)
{
    if ((get(CHIPMODE) >> 8 & 15) >= NEW_PHY) {
        set(PHY_PWR, get(PHY_PWR) & ~0x0f000000);
        pci_write32(&nic->pci, PE1, pci_read32(&nic->pci, PE1) & ~0xc000);
    }
    mii_write(PHY_26, mii(PHY_26, 0) | PHY_26_SET);
    mii_write(MII_ANAR, ABLE_ALL);
    if (nic->pci.device == JMC250)
        mii_write(MII_1000_CONTROL, ABLE_1000);
    mii_write(MII_BMCR, BMCR_AUTONEG | BMCR_RESTART);
}

static int jme_open(struct nic *nic)
{
    card.shared = dma_alloc(sizeof(*card.shared), 16);
    if (!card.shared)
        return E_NO_MEMORY;
    reset();
    pci_enable(&nic->pci, PCI_COMMAND_MASTER);
    set(PMCS, 0xffff0000); /* frames do not only wake the machine */
    start_phy(nic);
    return 0;
}

static void give(unsigned index)
{
    struct descriptor *slot = &card.shared->rx[index];

    slot->size = SIZE;
    slot->high = 0;
    slot->buffer = card.shared->rx_buffer[index];
    barrier();
    slot->control = OWN | INTERRUPTS;
}

static void start(unsigned ring, const void *descriptors, unsigned count, uint32_t settings)
{
    set(ring + CS, settings);
    set(ring + DBA_LO, (uint32_t)descriptors);
    set(ring + DBA_HI, 0);
    set(ring + NDA, (uint32_t)descriptors);
    set(ring + QDC, count);
    set(ring + CS, settings | START);
}

/* JMC250 A2 needs bits of its own for half duplex, and below 1000 Mbit/s. */
static void patch(const struct nic *nic, uint32_t link)
{
    uint32_t bits = GPREG1_DEFAULT;
    uint16_t fifo = PHY_FIFO_5;

    if (nic->pci.device == JMC250 && (get(CHIPMODE) >> 8 & 0xff) == JMC250A2) {
        if (!(link & LINK_FULL))
            bits |= HALF_PATCH;
        if (!(link & LINK_1000))
            bits |= SPEED_PATCH;
        if (!(link & LINK_100))
            fifo = 0;
    }
    mii_write(PHY_FIFO, fifo);
    set(GPREG1, bits);
}

static void restart(const struct nic *nic, uint32_t link)
{
    struct shared *shared = card.shared;
    uint32_t words[2] = {0}, mode = ((link >> 14) + 1) << 4;

    reset();
    for (unsigned i = 0; i < RX_SLOTS; i++)
        give(i);
    memset(shared->tx, 0, sizeof(shared->tx));
    card.rx = card.tx = 0;
    card.link = link;
    mode |= link & LINK_1000 ? GHC_PHY_CLOCK : GHC_PCIE_CLOCK;
    set(TXMCS, link & LINK_FULL ? TX_MAC : TX_MAC | TX_HALF_DUPLEX);
    set(TXTRHD, link & LINK_FULL ? 0 : TX_RETRIES);
    set(GHC, link & LINK_FULL ? mode | GHC_FULL_DUPLEX : mode);
    patch(nic, link);
    memcpy(words, nic->mac, 6);
    set(RXUMA_LO, words[0]);
    set(RXUMA_HI, words[1]);
    set(RXMCS, FILTER);
    start(RX, shared->rx, RX_SLOTS, RX_SETTINGS);
    start(TX, shared->tx, TX_SLOTS, TX_SETTINGS);
}

static int jme_poll(struct nic *nic, void *buf, size_t cap)
{
    const struct descriptor *slot = &card.shared->rx[card.rx];
    uint32_t size = slot->size;
    unsigned slots = size >> 24 & 0x7f;
    int result = E_PROTOCOL;

    (void)nic;
    if (slot->control & OWN || !(size & WRITTEN))
        return 0;
    barrier();
    if ((size & 0xffff0000) == WHOLE)
        result = copy_received(buf, cap, card.shared->rx_buffer[card.rx], size & 0xffff);
    do {
        give(card.rx);
        card.rx = (card.rx + 1) % RX_SLOTS;
        /* It stops when it finds no slot. */
        if (card.rx % RX_BLOCK == 0 && get(IEVE) & RX_EMPTY) {
            set(IEVE, RX_EMPTY);
            set(RX + CS, RX_SETTINGS | START);
        }
    } while (slots-- > 1);
    return result;
}

static bool is_free(void)
{
    return wait_until(!(card.shared->tx[(card.tx - 1) % TX_SLOTS].control & OWN), 1000, 50);
}

static int jme_transmit(struct nic *nic, const void *frame, size_t len)
{
    struct descriptor *slot = &card.shared->tx[card.tx % TX_SLOTS];

    (void)nic;
    if (!is_free())
        return E_TRANSMIT;
    memcpy(card.shared->tx_buffer, frame, len);
    slot->size = slot->high = len;
    slot->buffer = card.shared->tx_buffer;
    barrier();
    slot->control = OWN;
    barrier();
    set(TX + CS, TX_SETTINGS | ENABLE | SEND);
    card.tx++;
    return 0;
}

static bool jme_link(struct nic *nic)
{
    uint32_t link = get(PHY_LINK) & (LINK_SPEED | LINK_FULL | LINK_RESOLVED | LINK_UP);

    if (~link & (LINK_RESOLVED | LINK_UP)) {
        card.link = 0;
        return false;
    }
    if (link != card.link)
        restart(nic, link);
    return true;
}

static bool jme_interrupt(struct nic *nic, enum nic_interrupt action)
{
    uint32_t status = get(IEVE) & RECEIVED;

    (void)nic;
    if (action != INTERRUPT_ACKNOWLEDGE) {
        set(action == INTERRUPT_ON ? IENS : IENC, RECEIVED);
        return false;
    }
    set(IEVE, status);
    return status;
}

static void jme_close(struct nic *nic)
{
    if (!nic->mmio)
        return;
    if (card.shared)
        is_free();
    delay_us(SEND_US);
    reset();
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver jme = {
    .name = "jme",
    .probe = jme_probe,
    .open = jme_open,
    .poll = jme_poll,
    .transmit = jme_transmit,
    .link = jme_link,
    .interrupt = jme_interrupt,
    .close = jme_close,
};
NET_DRIVER(jme);
