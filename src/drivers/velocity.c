/* SPDX-License-Identifier: BSD-2-Clause */
/* VIA Velocity (VT6110, VT6120, VT6121, VT6122, VT6130), polled. Registers have the names that free
 * drivers use. */
#include "mii.h"
#include "net_driver.h"

#include "lib/string.h"
#include "platform/bios/io.h"
#include "platform/bios/timer.h"

enum {
    PAR = 0x00,
    RCR = 0x06,
    CR_SET = 0x08,
    CR_CLEAR = 0x0c,
    MAR = 0x10,
    ISR = 0x24,
    IMR = 0x28,
    TDCSR_SET = 0x30,
    RDCSR_SET = 0x32,
    RDBASE_LO = 0x38,
    RDINDX = 0x3c,
    TDBASE_LO = 0x40,
    RDCSIZE = 0x50,
    TDCSIZE = 0x52,
    RBRDU = 0x5e,
    CAMCR = 0x69,
    MIISR = 0x6d,
    PHYSR0 = 0x6e,
    MIICR = 0x70,
    MIIADR = 0x71,
    MIIDATA = 0x72,
    CFGA = 0x78,
    STICKHW = 0x83,
    EECSR = 0x93,
    CHIPGCR = 0x9f,
    WOLCR_CLEAR = 0xa4,
    WOLSR_CLEAR = 0xac,
};
/* CR0 to CR3, as one register of 32 bits. */
enum {
    CR_START = 1,
    CR_STOP = 2,
    CR_RECEIVE = 4,
    CR_TRANSMIT = 8,
    CR_NO_POLLING = 0x0800, /* of descriptors */
    CR_RESET = 0x8000,
    CR_INTERRUPTS = 1 << 25,
};
enum { ACCEPT_MULTICAST = 4, ACCEPT_BROADCAST = 8 };
enum { RECEIVED = 5 }; /* of ISR: PRXI, PPRXI */
enum { QUEUE_RUN = 1, QUEUE_WAKE = 4 };
enum { MII_IDLE = 0x80, MII_AUTO = 0x80, MII_READ = 0x40, MII_WRITE = 0x20, MII_POLL_ALL = 0x80 };
enum { PHY_LINK = 0x40 };
enum { CFGA_PRE_ACPI = 1, STICKY_POWER = 0x13, RELOAD_EEPROM = 0x20, FORCED_MODE = 0x10 };
enum { MII_1000_CONTROL = 9, ABLE_1000 = 0x0300, BMCR_1000 = 0x0040 };

enum { OWN = 1u << 31, FCS = 4, LENGTH = 0x3fff };
enum { RX_OK = 0x8000, RX_PART = 0x0300 }; /* the latter when a frame has several slots */
/* Two parts (with the descriptor itself), a frame of its own. */
enum { TX_ONE_FRAGMENT = 0x23000000 };
enum { RX_SLOTS = 64, RX_BLOCK = 4, TX_SLOTS = 4, SIZE = 1536 };

struct receive {
    volatile uint32_t status; /* and length */
    uint32_t checksum;
    uint8_t *buffer;
    uint32_t size;
};

struct transmit {
    volatile uint32_t status; /* and length */
    uint32_t control;
    struct {
        uint8_t *buffer;
        uint32_t size;
    } fragment[7];
};

/* All memory that the card reads and writes. Rings and buffers begin at multiples of 64. */
struct shared {
    struct receive rx[RX_SLOTS];
    struct transmit tx[TX_SLOTS];
    uint8_t rx_buffer[RX_SLOTS][SIZE], tx_buffer[TX_SLOTS][SIZE];
};

static struct {
    struct shared *shared;
    unsigned rx, tx;
    uint16_t io;
} card;

/* Wait until `bits` of an 8-bit register are `wanted`. */
static bool wait_for(unsigned reg, uint8_t bits, uint8_t wanted)
{
    return wait_until((in8(card.io + reg) & bits) == wanted, 2000, 5);
}

static void clear_bits(unsigned reg, uint8_t bits)
{
    out8(card.io + reg, in8(card.io + reg) & ~bits);
}

/* While the card looks at the PHY by itself, nobody else can. */
static void stop_polling(void)
{
    out8(card.io + MIICR, 0);
    wait_for(MIISR, MII_IDLE, MII_IDLE);
}

static void start_polling(void)
{
    stop_polling();
    out8(card.io + MIIADR, MII_POLL_ALL);
    out8(card.io + MIICR, MII_AUTO);
    wait_for(MIISR, MII_IDLE, 0);
}

static uint16_t mii_access(unsigned reg, uint8_t command)
{
    out8(card.io + MIIADR, reg);
    out8(card.io + MIICR, command);
    wait_for(MIICR, command, 0);
    return in16(card.io + MIIDATA);
}

static void mii_write(unsigned reg, uint16_t value)
{
    out16(card.io + MIIDATA, value);
    mii_access(reg, MII_WRITE);
}

/* Reset the chip, and have it load its settings and address from the EEPROM. */
static bool reset(void)
{
    clear_bits(STICKHW, STICKY_POWER);
    out32(card.io + CR_SET, CR_RESET);
    if (!wait_until(!(in32(card.io + CR_SET) & CR_RESET), 2000, 5))
        return false;
    delay_us(5000);
    out8(card.io + EECSR, in8(card.io + EECSR) | RELOAD_EEPROM);
    if (!wait_for(EECSR, RELOAD_EEPROM, 0))
        return false;
    clear_bits(CFGA, CFGA_PRE_ACPI);
    clear_bits(CHIPGCR, FORCED_MODE);
    out16(card.io + WOLCR_CLEAR, 0xffff);
    out16(card.io + WOLSR_CLEAR, 0xffff);
    return true;
}

static int velocity_probe(struct nic *nic)
{
    card.io = nic->io = pci_find_bar(&nic->pci, true);
    if (!nic->io)
        return E_NO_NIC;
    pci_enable(&nic->pci, PCI_COMMAND_IO);
    if (!reset())
        return E_NO_NIC;
    for (unsigned i = 0; i < 6; i++)
        nic->mac[i] = in8(card.io + PAR + i);
    return nic->mac[0] & 1 ? E_NO_NIC : 0;
}

/* Have the PHY negotiate all speeds, unless it does already. */
static void start_phy(void)
{
    enum { MODE = BMCR_AUTONEG | BMCR_ISOLATE | BMCR_POWER_DOWN };

    stop_polling();
    if ((mii_access(MII_BMCR, MII_READ) & MODE) != BMCR_AUTONEG ||
        (mii_access(MII_1000_CONTROL, MII_READ) & ABLE_1000) != ABLE_1000) {
        mii_write(MII_ANAR, 0x01e1);
        mii_write(MII_1000_CONTROL, ABLE_1000);
        mii_write(MII_BMCR, BMCR_AUTONEG | BMCR_RESTART | BMCR_1000);
    }
    start_polling();
}

static int velocity_open(struct nic *nic)
{
    struct shared *shared = card.shared = dma_alloc(sizeof(*shared), 64);

    if (!shared)
        return E_NO_MEMORY;
    for (unsigned i = 0; i < RX_SLOTS; i++) {
        shared->rx[i].buffer = shared->rx_buffer[i];
        shared->rx[i].size = OWN | SIZE << 16; /* OWN: interrupts */
        shared->rx[i].status = OWN;
    }
    card.rx = card.tx = 0;
    if (!reset())
        return E_NIC_OPEN;
    pci_enable(&nic->pci, PCI_COMMAND_MASTER);
    out8(card.io + CAMCR, 0);
    out32(card.io + MAR, ~0); /* a hash filter that every group passes */
    out32(card.io + MAR + 4, ~0);
    out8(card.io + RCR, ACCEPT_MULTICAST | ACCEPT_BROADCAST);
    out32(card.io + RDBASE_LO, (uint32_t)shared->rx);
    out16(card.io + RDINDX, 0);
    out16(card.io + RDCSIZE, RX_SLOTS - 1);
    out16(card.io + RBRDU, RX_SLOTS);
    out16(card.io + TDCSIZE, TX_SLOTS - 1);
    out32(card.io + TDBASE_LO, (uint32_t)shared->tx);
    out16(card.io + TDCSR_SET, QUEUE_RUN);
    out32(card.io + CR_CLEAR, CR_STOP);
    out32(card.io + CR_SET, CR_NO_POLLING | CR_TRANSMIT | CR_RECEIVE | CR_START);
    out16(card.io + RDCSR_SET, QUEUE_RUN | QUEUE_WAKE);
    start_phy();
    return 0;
}

static int velocity_poll(struct nic *nic, void *buf, size_t cap)
{
    struct receive *slot = &card.shared->rx[card.rx];
    uint32_t status = slot->status;
    int result = E_PROTOCOL;

    (void)nic;
    if (status & OWN)
        return 0;
    barrier();
    if ((status & (RX_OK | RX_PART)) == RX_OK)
        result =
            copy_received(buf, cap, card.shared->rx_buffer[card.rx], (status >> 16 & LENGTH) - FCS);
    barrier();
    if (++card.rx % RX_BLOCK == 0) { /* the card takes them back by fours only */
        for (unsigned i = 0; i < RX_BLOCK; i++)
            slot[-(int)i].status = OWN;
        barrier();
        out16(card.io + RBRDU, RX_BLOCK);
        out16(card.io + RDCSR_SET, QUEUE_WAKE);
        card.rx %= RX_SLOTS;
    }
    return result;
}

static bool is_free(unsigned slot)
{
    return wait_until(!(card.shared->tx[slot].status & OWN), 1000, 50);
}

static int velocity_transmit(struct nic *nic, const void *frame, size_t len)
{
    struct transmit *slot = &card.shared->tx[card.tx];

    (void)nic;
    if (!is_free(card.tx))
        return E_TRANSMIT;
    len = copy_padded(card.shared->tx_buffer[card.tx], frame, len);
    slot->control = TX_ONE_FRAGMENT;
    slot->fragment[0].buffer = card.shared->tx_buffer[card.tx];
    slot->fragment[0].size = len << 16;
    barrier();
    slot->status = OWN | len << 16;
    barrier();
    out16(card.io + TDCSR_SET, QUEUE_WAKE);
    card.tx = (card.tx + 1) % TX_SLOTS;
    return 0;
}

/* The MAC follows the PHY as long as the card looks at it. It ends that when the link changes. */
static bool velocity_link(struct nic *nic)
{
    (void)nic;
    if (in8(card.io + MIISR) & MII_IDLE)
        start_polling();
    return in8(card.io + PHYSR0) & PHY_LINK;
}

static bool velocity_interrupt(struct nic *nic, enum nic_interrupt action)
{
    uint32_t status = in32(card.io + ISR) & RECEIVED;

    (void)nic;
    out32(card.io + ISR, status);
    if (action == INTERRUPT_ACKNOWLEDGE)
        return status;
    out32(card.io + IMR, RECEIVED);
    out32(card.io + (action == INTERRUPT_ON ? CR_SET : CR_CLEAR), CR_INTERRUPTS);
    return false;
}

static void velocity_close(struct nic *nic)
{
    if (card.shared)
        is_free((card.tx - 1) % TX_SLOTS);
    delay_us(SEND_US);
    reset();
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver velocity = {
    .name = "velocity",
    .probe = velocity_probe,
    .open = velocity_open,
    .poll = velocity_poll,
    .transmit = velocity_transmit,
    .link = velocity_link,
    .interrupt = velocity_interrupt,
    .close = velocity_close,
};
NET_DRIVER(velocity);
