/* SPDX-License-Identifier: BSD-2-Clause */
/* VIA Rhine family: VT86C100A (Rhine), VT6102 and the south bridges VT8231 to VT8237 (Rhine II),
 * VT6105 and VT6105M (Rhine III), polled, through I/O ports. Registers have the names of the VT6105
 * datasheet. */
#include "net_driver.h"

#include "mii.h"
#include "platform/bios/io.h"

enum {
    PAR = 0x00, /* station address */
    RCR = 0x06,
    TCR = 0x07,
    CR = 0x08, /* CR0, and CR1 above it */
    CR1 = 0x09,
    ISR = 0x0c,
    IMR = 0x0e,
    MAR = 0x10,
    RX_RING = 0x18,
    TX_RING = 0x1c,
    MIICFG = 0x6c,
    BCR = 0x6e,
    MIICR = 0x70,
    MIIADR = 0x71,
    MIIDATA = 0x72,
    EECSR = 0x74,
    MISC1 = 0x81,
    STICKHW = 0x83,
};
enum { RCR_SETTINGS = 0x60 /* FIFO threshold */ | 8 /* broadcast */ | 4 /* multicast */ };
enum { TCR_WHOLE_FRAME = 0xe0, BCR_BURSTS = 6 };
enum { CR_START = 2, CR_STOP = 4, CR_RECEIVE = 8, CR_TRANSMIT = 0x10 };
enum { CR1_FULL_DUPLEX = 4, CR1_NO_POLL = 8, CR1_DEMAND = 0x20, CR1_RESET = 0x80 };
enum { MIICR_WRITE = 0x20, MIICR_READ = 0x40, MIIADR_IDLE = 0x80 };
enum { EECSR_RELOAD = 0x20, MISC1_FORCE_RESET = 0x40, STICKHW_SLEEPS = 3 };
enum { RECEIVED = 1, RX_NO_BUFFER = 0x1000 };
enum { REV_RHINE_II = 0x40, REV_RHINE_III = 0x80 };

enum { OWN = 1u << 31, RX_WHOLE = 0x8300 /* good, and in one buffer */ };
enum { TX_WHOLE = 0x608000, FCS = 4 };
enum { RX_SLOTS = 64, TX_SLOTS = 4, SLOT_SIZE = 1536 };

struct descriptor {
    volatile uint32_t status;
    uint32_t control; /* bits and length of the buffer */
    uint8_t *buffer;
    struct descriptor *next;
};

/* All memory that the card reads and writes: receive slots, and behind them those to send from. */
struct shared {
    struct descriptor ring[RX_SLOTS + TX_SLOTS];
    uint8_t buffer[RX_SLOTS + TX_SLOTS][SLOT_SIZE];
};

static struct {
    struct shared *shared;
    unsigned rx, tx; /* slots, the latter counted from RX_SLOTS */
    uint16_t wanted; /* interrupts */
    uint8_t cr1;     /* what CR1 has between commands */
    uint8_t revision;
} rhine;

static uint16_t mii_read(uint16_t io, unsigned reg)
{
    out8(io + MIICR, 0); /* no automatic polling, once that has ended */
    wait_until(in8(io + MIIADR) & MIIADR_IDLE, 50, 10);
    out8(io + MIIADR, reg);
    out8(io + MIICR, MIICR_READ);
    if (!wait_until(!(in8(io + MIICR) & MIICR_READ), 100, 10))
        return 0;
    return in16(io + MIIDATA);
}

/* As after power-on, with what the EEPROM holds: the reset clears it. */
static bool reset(uint16_t io)
{
    out8(io + CR1, CR1_RESET);
    if (!wait_until(!(in8(io + CR1) & CR1_RESET), 100, 10) && rhine.revision >= REV_RHINE_II)
        out8(io + MISC1, MISC1_FORCE_RESET);
    if (!wait_until(!(in8(io + CR1) & CR1_RESET), 100, 100))
        return false;
    delay_us(5000); /* the first Rhine needs it */
    out8(io + EECSR, EECSR_RELOAD);
    if (!wait_until(!(in8(io + EECSR) & EECSR_RELOAD), 1000, 10))
        return false;
    if (rhine.revision >= REV_RHINE_III)
        out8(io + MIICFG, 1); /* address of its own PHY; before, the EEPROM has it */
    return true;
}

static int rhine_probe(struct nic *nic)
{
    uint16_t io = nic->io = pci_find_bar(&nic->pci, true);

    if (!io)
        return E_NO_NIC;
    pci_enable(&nic->pci, PCI_COMMAND_IO);
    rhine.revision = pci_read8(&nic->pci, PCI_REVISION);
    if (rhine.revision >= REV_RHINE_II)
        out8(io + STICKHW, in8(io + STICKHW) & ~STICKHW_SLEEPS);
    if (!reset(io))
        return E_NO_NIC;
    for (unsigned i = 0; i < 6; i++)
        nic->mac[i] = in8(io + PAR + i);
    return nic->mac[0] & 1 ? E_NO_NIC : 0;
}

static struct descriptor *tx_slot(void)
{
    return &rhine.shared->ring[RX_SLOTS + rhine.tx % TX_SLOTS];
}

/* All transmit slots are free, and the ring begins with the first one. */
static void start(uint16_t io)
{
    for (rhine.tx = TX_SLOTS; rhine.tx--;)
        tx_slot()->status = 0;
    rhine.tx = 0;
    out32(io + TX_RING, (uint32_t)tx_slot());
    out16(io + CR, CR_START | CR_RECEIVE | CR_TRANSMIT | rhine.cr1 << 8);
}

static int rhine_open(struct nic *nic)
{
    struct shared *shared = rhine.shared = dma_alloc(sizeof(*shared), 16);
    uint16_t io = nic->io;

    if (!shared)
        return E_NO_MEMORY;
    for (unsigned i = 0; i < RX_SLOTS + TX_SLOTS; i++)
        shared->ring[i] =
            (struct descriptor){OWN, SLOT_SIZE, shared->buffer[i], &shared->ring[i + 1]};
    shared->ring[RX_SLOTS - 1].next = shared->ring;
    shared->ring[RX_SLOTS + TX_SLOTS - 1].next = &shared->ring[RX_SLOTS];
    rhine.rx = rhine.wanted = 0;
    rhine.cr1 = CR1_NO_POLL;
    pci_enable(&nic->pci, PCI_COMMAND_MASTER);
    out16(io + BCR, BCR_BURSTS);
    out8(io + TCR, TCR_WHOLE_FRAME);
    out32(io + MAR, ~0); /* every group passes the hash filter */
    out32(io + MAR + 4, ~0);
    out32(io + RX_RING, (uint32_t)shared->ring);
    out8(io + RCR, RCR_SETTINGS);
    start(io);
    return 0;
}

static int rhine_poll(struct nic *nic, void *buf, size_t cap)
{
    unsigned i = rhine.rx % RX_SLOTS;
    uint32_t status = rhine.shared->ring[i].status;
    int result = E_PROTOCOL;

    (void)nic;
    if (status & OWN)
        return 0;
    barrier();
    if ((status & RX_WHOLE) == RX_WHOLE)
        result = copy_received(buf, cap, rhine.shared->buffer[i], (status >> 16 & 0x7ff) - FCS);
    barrier();
    rhine.shared->ring[i].status = OWN;
    rhine.rx++;
    return result;
}

static int rhine_transmit(struct nic *nic, const void *frame, size_t len)
{
    struct descriptor *slot = tx_slot();

    /* After too many collisions the chip stops, with frames that it keeps. */
    if (!wait_until(!(slot->status & OWN), 1000, 100)) {
        start(nic->io);
        return E_TRANSMIT;
    }
    slot->control =
        TX_WHOLE | copy_padded(rhine.shared->buffer[RX_SLOTS + rhine.tx % TX_SLOTS], frame, len);
    barrier();
    slot->status = OWN;
    barrier();
    out8(nic->io + CR1, rhine.cr1 | CR1_DEMAND);
    rhine.tx++;
    return 0;
}

/* The chip does not know by itself what its PHY has agreed on. */
static bool rhine_link(struct nic *nic)
{
    uint16_t able;

    if (!(mii_read(nic->io, MII_BMSR) & BMSR_LINK))
        return false;
    able = mii_read(nic->io, MII_ANAR) & mii_read(nic->io, MII_ANLPAR);
    rhine.cr1 = CR1_NO_POLL;
    if (able & ABLE_100_FULL || (able & (ABLE_100 | ABLE_10_FULL)) == ABLE_10_FULL)
        rhine.cr1 |= CR1_FULL_DUPLEX;
    out8(nic->io + CR1, rhine.cr1);
    return true;
}

static bool rhine_interrupt(struct nic *nic, enum nic_interrupt action)
{
    uint16_t status;

    if (action != INTERRUPT_ACKNOWLEDGE) {
        rhine.wanted = action == INTERRUPT_ON ? RECEIVED | RX_NO_BUFFER : 0;
        out16(nic->io + IMR, rhine.wanted);
        return false;
    }
    status = in16(nic->io + ISR) & rhine.wanted;
    out16(nic->io + ISR, status);
    return status;
}

static void rhine_close(struct nic *nic)
{
    if (!nic->io) /* probe found no registers */
        return;
    if (rhine.shared) {
        rhine.tx--; /* the newest */
        wait_until(!(tx_slot()->status & OWN), 1000, 10);
    }
    out8(nic->io + CR, CR_STOP);
    delay_us(SEND_US);
    reset(nic->io);
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver rhine_driver = {
    .name = "rhine",
    .probe = rhine_probe,
    .open = rhine_open,
    .poll = rhine_poll,
    .transmit = rhine_transmit,
    .link = rhine_link,
    .interrupt = rhine_interrupt,
    .close = rhine_close,
};
NET_DRIVER(rhine_driver);
