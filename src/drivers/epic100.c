/* SPDX-License-Identifier: BSD-2-Clause */
/* SMC 83C170 (EPIC/100, as on the EtherPower II) and 83C175 (EPIC/C), polled. Registers have SMC's
 * names; the order of what wakes the chip is that of Linux's epic100. */
#include "mii.h"
#include "net_driver.h"

#include "platform/bios/io.h"
#include "platform/bios/timer.h"

enum {
    COMMAND = 0x00,
    INTSTAT = 0x04,
    INTMASK = 0x08,
    GENCTL = 0x0c,
    NVCTL = 0x10,
    TEST = 0x1c,
    MMCTL = 0x30,
    MMDATA = 0x34,
    MIICFG = 0x38,
    LAN0 = 0x40, /* 16 bits every 4 bytes, as the next one */
    MC0 = 0x50,
    RXCON = 0x60,
    TXCON = 0x70,
    PRCDAR = 0x84,
    PTCDAR = 0xc4,
};
enum { START_RX = 2, QUEUE_TX = 4, QUEUE_RX = 8, STOP_ALL = 0x61 };
enum { RECEIVED = 1 };
/* Interrupts can be enabled; buffers are whole; bursts read many lines; start at 64 bytes. */
enum { SOFT_RESET = 1, PHY_RESET = 0x4000, SETTINGS = 0x0512 };
enum { PHY_POWER_MASK = 0x003c, PHY_POWER = 0x4800, MII_ON = 0x12, CLOCK_TEST = 8 };
enum { MII_READ = 1, MII_WRITE = 2, USUAL_PHY = 3 };
enum { ACCEPT_GROUPS = 0x0c, SLOT_TIME = 0x78, FULL_DUPLEX = 6 };

enum { OWN = 0x8000, RX_ERRORS = 0x2006, LAST = 0x100000 };
enum { RX_SLOTS = 64, TX_SLOTS = 4, SIZE = 1536, FCS = 4 };

struct descriptor {
    volatile uint32_t status; /* length in the upper half */
    uint8_t *buffer;
    uint32_t control; /* and length */
    struct descriptor *next;
};

/* All memory that the card reads and writes: receive slots, and behind them those to send from. */
struct shared {
    struct descriptor ring[RX_SLOTS + TX_SLOTS];
    uint8_t buffer[RX_SLOTS + TX_SLOTS][SIZE];
};

static struct {
    struct shared *shared;
    unsigned rx, tx, phy;
    uint16_t io;
} card;

static void set(unsigned reg, uint32_t value)
{
    out32(card.io + reg, value);
}

static uint16_t mii_access(unsigned reg, uint32_t command)
{
    set(MMCTL, card.phy << 9 | reg << 4 | command);
    wait_until(!(in32(card.io + MMCTL) & command), 400, 10);
    return in16(card.io + MMDATA);
}

static uint16_t mii_read(unsigned reg)
{
    return mii_access(reg, MII_READ);
}

/* Reset the chip and wake it and its PHY. The clock test bit needs many writes. */
static void reset(void)
{
    set(GENCTL, PHY_RESET | SOFT_RESET);
    delay_us(20);
    set(GENCTL, PHY_RESET);
    for (unsigned i = 0; i < 16; i++)
        set(TEST, CLOCK_TEST);
    set(MIICFG, MII_ON);
    set(NVCTL, (in32(card.io + NVCTL) & ~PHY_POWER_MASK) | PHY_POWER);
    set(GENCTL, PHY_RESET | SETTINGS);
    delay_us(20);
    set(GENCTL, SETTINGS);
    delay_us(20);
}

static int epic100_probe(struct nic *nic)
{
    card.io = nic->io = pci_find_bar(&nic->pci, true);
    if (!nic->io)
        return E_NO_NIC;
    pci_enable(&nic->pci, PCI_COMMAND_IO);
    reset();
    for (unsigned i = 0; i < 3; i++)
        ((uint16_t *)nic->mac)[i] = in16(card.io + LAN0 + 4 * i);
    return nic->mac[0] & 1 ? E_NO_NIC : 0;
}

static void start_phy(void)
{
    for (card.phy = 1; card.phy < 32; card.phy++) {
        uint16_t status = mii_read(MII_BMSR);

        if (status && status != 0xffff)
            break;
    }
    if (card.phy == 32)
        card.phy = USUAL_PHY;
    if ((mii_read(MII_BMCR) & (BMCR_AUTONEG | BMCR_POWER_DOWN | BMCR_ISOLATE)) != BMCR_AUTONEG) {
        out16(card.io + MMDATA, BMCR_AUTONEG | BMCR_RESTART);
        mii_access(MII_BMCR, MII_WRITE);
    }
}

static int epic100_open(struct nic *nic)
{
    struct shared *shared = card.shared = dma_alloc(sizeof(*shared), 16);

    if (!shared)
        return E_NO_MEMORY;
    for (unsigned i = 0; i < RX_SLOTS + TX_SLOTS; i++) {
        shared->ring[i].buffer = shared->buffer[i];
        shared->ring[i].next = &shared->ring[i + 1];
        shared->ring[i].control = SIZE;
        shared->ring[i].status = i < RX_SLOTS ? OWN : 0;
    }
    shared->ring[RX_SLOTS - 1].next = shared->ring;
    shared->ring[RX_SLOTS + TX_SLOTS - 1].next = &shared->ring[RX_SLOTS];
    card.rx = card.tx = 0;
    reset();
    pci_enable(&nic->pci, PCI_COMMAND_MASTER);
    for (unsigned i = 0; i < 3; i++)
        set(LAN0 + 4 * i, ((uint16_t *)nic->mac)[i]);
    start_phy();
    set(TXCON, SLOT_TIME);
    set(PRCDAR, (uint32_t)shared->ring);
    set(PTCDAR, (uint32_t)&shared->ring[RX_SLOTS]);
    for (unsigned i = 0; i < 4; i++) /* a hash filter that every group passes */
        set(MC0 + 4 * i, 0xffff);
    set(RXCON, ACCEPT_GROUPS);
    set(COMMAND, START_RX | QUEUE_RX);
    return 0;
}

static int epic100_poll(struct nic *nic, void *buf, size_t cap)
{
    struct descriptor *slot = &card.shared->ring[card.rx];
    uint32_t status = slot->status;
    int result = E_PROTOCOL;

    (void)nic;
    if (status & OWN)
        return 0;
    barrier();
    if (!(status & RX_ERRORS))
        result = copy_received(buf, cap, card.shared->buffer[card.rx], (status >> 16) - FCS);
    barrier();
    slot->status = OWN;
    set(COMMAND, QUEUE_RX); /* it stops when it finds no slot */
    card.rx = (card.rx + 1) % RX_SLOTS;
    return result;
}

static bool is_free(unsigned slot)
{
    return wait_until(!(card.shared->ring[slot].status & OWN), 5000, 10);
}

static int epic100_transmit(struct nic *nic, const void *frame, size_t len)
{
    unsigned index = RX_SLOTS + card.tx % TX_SLOTS;
    struct descriptor *slot = &card.shared->ring[index];

    (void)nic;
    if (!is_free(index))
        return E_TRANSMIT;
    len = copy_padded(card.shared->buffer[index], frame, len);
    slot->control = LAST | len;
    barrier();
    slot->status = len << 16 | OWN;
    set(COMMAND, QUEUE_TX);
    card.tx++;
    return 0;
}

/* The MAC does not follow the PHY to full duplex. */
static bool epic100_link(struct nic *nic)
{
    uint32_t able;

    (void)nic;
    if (!(mii_read(MII_BMSR) & BMSR_LINK))
        return false;
    able = mii_read(MII_ANAR) & mii_read(MII_ANLPAR);
    if (able & ABLE_100_FULL || (able & (ABLE_100 | ABLE_10_FULL)) == ABLE_10_FULL)
        set(TXCON, SLOT_TIME | FULL_DUPLEX);
    else
        set(TXCON, SLOT_TIME);
    return true;
}

static bool epic100_interrupt(struct nic *nic, enum nic_interrupt action)
{
    uint32_t status = in32(card.io + INTSTAT) & RECEIVED;

    (void)nic;
    set(INTSTAT, status);
    if (action == INTERRUPT_ACKNOWLEDGE)
        return status;
    set(INTMASK, action == INTERRUPT_ON ? RECEIVED : 0);
    return false;
}

static void epic100_close(struct nic *nic)
{
    if (card.shared)
        is_free(RX_SLOTS + (card.tx - 1) % TX_SLOTS);
    delay_us(SEND_US);
    set(COMMAND, STOP_ALL);
    reset();
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver epic100 = {
    .name = "epic100",
    .probe = epic100_probe,
    .open = epic100_open,
    .poll = epic100_poll,
    .transmit = epic100_transmit,
    .link = epic100_link,
    .interrupt = epic100_interrupt,
    .close = epic100_close,
};
NET_DRIVER(epic100);
