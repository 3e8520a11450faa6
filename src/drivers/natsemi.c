/* SPDX-License-Identifier: BSD-2-Clause */
/* National Semiconductor DP83815 and DP83816 (MacPHYTER), polled. Registers have the names of the
 * DP83815 datasheet. */
#include "net_driver.h"

#include "lib/string.h"
#include "platform/bios/io.h"
#include "platform/bios/timer.h"

enum {
    CR = 0x00,
    CFG = 0x04,
    PTSCR = 0x0c,
    ISR = 0x10,
    IMR = 0x14,
    IER = 0x18,
    TXDP = 0x20,
    TXCFG = 0x24,
    RXDP = 0x30,
    RXCFG = 0x34,
    CCSR = 0x3c,
    RFCR = 0x48,
    RFDR = 0x4c,
    SRR = 0x58,
    PGSEL = 0xcc,
    PMDCSR = 0xe4,
    DSPCFG = 0xf4,
    SDCFG = 0xf8,
    TSTDAT = 0xfc,
};
enum { TX_ENABLE = 1, RX_ENABLE = 4, RESET = 0x100 };
enum { RELOAD_EEPROM = 4 };
enum { RECEIVED = 3 /* with or without error */ };
enum { PME_ENABLE = 0x100 };
enum { DP83815C = 0x0302, DP83816_A5 = 0x0505 }; /* revisions */
#define LINK_UP     (1u << 31)                   /* of CFG, like the next two */
#define SPEED_100   (1 << 30)
#define FULL_DUPLEX (1 << 29)
/* TXCFG: pad, retry after excessive collisions, bursts of 256 bytes, refill when 512 bytes are
 * free, send when 1024 are there. */
#define TX_SETTINGS    0x10f01020
#define TX_FULL_DUPLEX (3u << 30) /* ignore carrier and heartbeat */
/* RXCFG: bursts of 256 bytes, beginning with 64. */
#define RX_SETTINGS    0x00700010
#define RX_FULL_DUPLEX (1 << 28) /* receive while sending */
/* RFCR: broadcast, multicast and own address. */
#define FILTER (1u << 31 | 1 << 30 | 1 << 29 | 1 << 27)

/* OWN of a descriptor: who filled the buffer has set it, the card when it receives. */
enum { OWN = 1u << 31, OK = 1 << 27, LENGTH = 0xfff, FCS = 4 };
enum { RX_SLOTS = 64, TX_SLOTS = 4, SIZE = 1536 };

struct descriptor {
    struct descriptor *next;
    volatile uint32_t status; /* and length */
    uint8_t *buffer;
    uint32_t unused;
};

/* All memory that the card reads and writes: receive slots, and behind them those to send from. */
struct shared {
    struct descriptor ring[RX_SLOTS + TX_SLOTS];
    uint8_t buffer[RX_SLOTS + TX_SLOTS][SIZE];
};

static struct {
    struct shared *shared;
    unsigned rx, tx;
    uint16_t io;
} card;

/* Reset the chip, and have it load its settings and address from the EEPROM. */
static bool reset(void)
{
    out32(card.io + CR, RESET);
    if (!wait_until(!(in32(card.io + CR) & RESET), 1000, 10))
        return false;
    out32(card.io + PTSCR, RELOAD_EEPROM);
    return wait_until(!(in32(card.io + PTSCR) & RELOAD_EEPROM), 1000, 50);
}

static int natsemi_probe(struct nic *nic)
{
    card.io = nic->io = pci_find_bar(&nic->pci, true);
    if (!nic->io)
        return E_NO_NIC;
    pci_enable(&nic->pci, PCI_COMMAND_IO);
    if (!reset())
        return E_NO_NIC;
    for (unsigned i = 0; i < 6; i += 2) {
        out32(card.io + RFCR, i);
        *(uint16_t *)(nic->mac + i) = in16(card.io + RFDR);
    }
    return nic->mac[0] & 1 ? E_NO_NIC : 0;
}

/* Set the PHY up as National says. For some microseconds after a reset it does not take it. */
static void tune_phy(void)
{
    uint16_t wanted = 0x5040;
    unsigned tries = 100;

    do {
        out16(card.io + PGSEL, 1);
        out16(card.io + PMDCSR, 0x189c);
        out16(card.io + TSTDAT, 0);
        if (in32(card.io + SRR) > DP83815C)
            wanted = in16(card.io + DSPCFG) | 0x1000;
        out16(card.io + DSPCFG, wanted);
        out16(card.io + SDCFG, 0x008c);
        out16(card.io + PGSEL, 0);
        delay_us(10);
        out16(card.io + PGSEL, 1);
    } while (in16(card.io + DSPCFG) != wanted && --tries);
    out16(card.io + PGSEL, 0);
}

/* With a short cable at 100 Mbit/s old chips lose frames: a coefficient goes where it must not. */
static void fix_coefficient(void)
{
    uint8_t value;

    out16(card.io + PGSEL, 1);
    value = in16(card.io + TSTDAT);
    if (!(value & 0x80) || value >= 0xd8) {
        out16(card.io + TSTDAT, 0xe8);
        out16(card.io + DSPCFG, in16(card.io + DSPCFG) | 0x20);
    }
    out16(card.io + PGSEL, 0);
}

static int natsemi_open(struct nic *nic)
{
    struct shared *shared = card.shared = dma_alloc(sizeof(*shared), 16);

    if (!shared)
        return E_NO_MEMORY;
    for (unsigned i = 0; i < RX_SLOTS + TX_SLOTS; i++) {
        shared->ring[i].buffer = shared->buffer[i];
        shared->ring[i].next = &shared->ring[i + 1];
        shared->ring[i].status = i < RX_SLOTS ? SIZE : 0;
    }
    shared->ring[RX_SLOTS - 1].next = shared->ring;
    shared->ring[RX_SLOTS + TX_SLOTS - 1].next = &shared->ring[RX_SLOTS];
    card.rx = card.tx = 0;
    if (!reset())
        return E_NIC_OPEN;
    pci_enable(&nic->pci, PCI_COMMAND_MASTER);
    tune_phy();
    /* Or frames only wake the machine. */
    out32(card.io + CCSR, in32(card.io + CCSR) & ~PME_ENABLE);
    out32(card.io + RXDP, (uint32_t)shared->ring);
    out32(card.io + TXDP, (uint32_t)&shared->ring[RX_SLOTS]);
    out32(card.io + TXCFG, TX_SETTINGS);
    out32(card.io + RXCFG, RX_SETTINGS);
    out32(card.io + RFCR, FILTER);
    out32(card.io + CR, RX_ENABLE | TX_ENABLE);
    return 0;
}

static int natsemi_poll(struct nic *nic, void *buf, size_t cap)
{
    struct descriptor *slot = &card.shared->ring[card.rx];
    uint32_t status = slot->status;
    int result = E_PROTOCOL;

    (void)nic;
    if (!(status & OWN))
        return 0;
    barrier();
    if (status & OK)
        result = copy_received(buf, cap, card.shared->buffer[card.rx], (status & LENGTH) - FCS);
    barrier();
    slot->status = SIZE;
    out32(card.io + CR, RX_ENABLE); /* it stops when it finds no slot */
    card.rx = (card.rx + 1) % RX_SLOTS;
    return result;
}

static bool is_free(unsigned slot)
{
    return wait_until(!(card.shared->ring[slot].status & OWN), 1000, 50);
}

static int natsemi_transmit(struct nic *nic, const void *frame, size_t len)
{
    unsigned slot = RX_SLOTS + card.tx % TX_SLOTS;

    (void)nic;
    if (!is_free(slot))
        return E_TRANSMIT;
    memcpy(card.shared->buffer[slot], frame, len);
    barrier();
    card.shared->ring[slot].status = OWN | len;
    out32(card.io + CR, TX_ENABLE);
    card.tx++;
    return 0;
}

/* The MAC does not follow the PHY to full duplex. */
static bool natsemi_link(struct nic *nic)
{
    uint32_t state = in32(card.io + CFG);
    bool full = state & FULL_DUPLEX;

    (void)nic;
    if (!(state & LINK_UP))
        return false;
    out32(card.io + TXCFG, full ? TX_SETTINGS | TX_FULL_DUPLEX : TX_SETTINGS);
    out32(card.io + RXCFG, full ? RX_SETTINGS | RX_FULL_DUPLEX : RX_SETTINGS);
    if (state & SPEED_100 && in32(card.io + SRR) < DP83816_A5)
        fix_coefficient();
    return true;
}

static bool natsemi_interrupt(struct nic *nic, enum nic_interrupt action)
{
    uint32_t status = in32(card.io + ISR) & RECEIVED; /* reading acknowledges */

    (void)nic;
    if (action == INTERRUPT_ACKNOWLEDGE)
        return status;
    out32(card.io + IMR, RECEIVED);
    out32(card.io + IER, action == INTERRUPT_ON);
    return false;
}

static void natsemi_close(struct nic *nic)
{
    if (card.shared)
        is_free(RX_SLOTS + (card.tx - 1) % TX_SLOTS);
    delay_us(SEND_US);
    reset();
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver natsemi = {
    .name = "natsemi",
    .probe = natsemi_probe,
    .open = natsemi_open,
    .poll = natsemi_poll,
    .transmit = natsemi_transmit,
    .link = natsemi_link,
    .interrupt = natsemi_interrupt,
    .close = natsemi_close,
};
NET_DRIVER(natsemi);
