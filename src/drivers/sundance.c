/* SPDX-License-Identifier: BSD-2-Clause */
/* Sundance ST201, D-Link DL10050 and IC Plus IP100A, polled, through I/O ports. From what free
 * drivers (Linux's, iPXE's) do with them; registers have the names that these use. */
#include "mii.h"
#include "mii_pins.h"
#include "net_driver.h"

#include "platform/bios/io.h"

enum {
    TX_LIST = 0x04,
    RX_LIST = 0x10,
    RX_POLL_PERIOD = 0x16,
    DEBUG_CONTROL1 = 0x1c,
    ASIC_CONTROL = 0x30,
    EE_DATA = 0x34,
    EE_CONTROL = 0x36,
    TX_STATUS = 0x46,
    INTR_ENABLE = 0x4c,
    INTR_STATUS = 0x4e,
    MAC_CONTROL0 = 0x50,
    MAC_CONTROL1 = 0x52,
    STATION_ADDRESS = 0x54,
    MAX_FRAME_SIZE = 0x5a,
    RX_MODE = 0x5c,
    MII_CONTROL = 0x5e,
};
enum { RESET_ALL = 0x7f << 16, RESET_BUSY = 1 << 26, FIBER = 0x80 };
enum { EE_READ = 0x200, EE_BUSY = 0x8000, EE_ADDRESS = 0x10 };
enum { TX_ERROR = 0x80 };
enum { RECEIVED = 0x400 };
enum { FULL_DUPLEX = 0x20, TX_ENABLE = 0x100, RX_ENABLE = 0x800 };
enum { RX_MODE_SETTINGS = 4 /* broadcast */ | 2 /* multicast */ | 1 /* own address */ };
enum { MII_CLOCK = 1, MII_DATA = 2, MII_DRIVE = 4, PHYS = 32 };
enum { FIRST_IP100A = 0x14 /* revision */ };

/* Status: when a frame is received, or all of it was read to be sent. */
enum { RX_DONE = 0x8000, RX_ERRORS = 0x1f4000, LENGTH = 0x1fff };
enum { TX_DONE = 0x10000, TX_ANY_ALIGNMENT = 1 };
enum { LAST = 1u << 31, RX_SLOTS = 64, SIZE = 1536 };

struct descriptor {
    struct descriptor *next;
    volatile uint32_t status;
    uint8_t *buffer;
    uint32_t length;
};

/* All memory that the card reads and writes: receive slots, and behind them the one to send from.
 */
struct shared {
    struct descriptor ring[RX_SLOTS + 1];
    uint8_t buffer[RX_SLOTS + 1][SIZE];
};

static struct {
    struct shared *shared;
    unsigned rx;
    uint16_t io;
    uint8_t phy;
} card;

static bool pins(bool clock, bool data, bool drive)
{
    out8(card.io + MII_CONTROL,
         (clock ? MII_CLOCK : 0) | (data ? MII_DATA : 0) | (drive ? MII_DRIVE : 0));
    return in8(card.io + MII_CONTROL) & MII_DATA;
}

static uint16_t mii_read(unsigned reg)
{
    return mdio_transfer(MDIO_READ(card.phy, reg), pins);
}

static bool reset(void)
{
    out32(card.io + ASIC_CONTROL, in32(card.io + ASIC_CONTROL) | RESET_ALL);
    return wait_until(!(in32(card.io + ASIC_CONTROL) & RESET_BUSY), 1000, 10);
}

static bool find_phy(void)
{
    for (unsigned i = 1; i <= PHYS; i++) { /* some do not like it when address 0 comes first */
        uint16_t status;

        card.phy = i % PHYS;
        status = mii_read(MII_BMSR);
        if (status && status != 0xffff)
            return true;
    }
    return false;
}

static int sundance_probe(struct nic *nic)
{
    card.io = nic->io = pci_find_bar(&nic->pci, true);
    if (!nic->io)
        return E_NO_NIC;
    pci_enable(&nic->pci, PCI_COMMAND_IO);
    if (!reset())
        return E_NO_NIC;
    for (unsigned i = 0; i < 3; i++) {
        out16(card.io + EE_CONTROL, EE_READ | (EE_ADDRESS + i));
        if (!wait_until(!(in16(card.io + EE_CONTROL) & EE_BUSY), 1000, 10))
            return E_NO_NIC;
        ((uint16_t *)nic->mac)[i] = in16(card.io + EE_DATA);
    }
    return nic->mac[0] & 1 || !find_phy() ? E_NO_NIC : 0;
}

static int sundance_open(struct nic *nic)
{
    struct shared *shared = card.shared = dma_alloc(sizeof(*shared), 16);

    if (!shared)
        return E_NO_MEMORY;
    for (unsigned i = 0; i <= RX_SLOTS; i++) {
        shared->ring[i].buffer = shared->buffer[i];
        shared->ring[i].length = LAST | SIZE;
        shared->ring[i].next = &shared->ring[i + 1];
    }
    shared->ring[RX_SLOTS - 1].next = shared->ring;
    shared->ring[RX_SLOTS].next = NULL;
    shared->ring[RX_SLOTS].status = TX_DONE;
    card.rx = 0;
    if (!reset())
        return E_NIC_OPEN;
    pci_enable(&nic->pci, PCI_COMMAND_MASTER);
    for (unsigned i = 0; i < 3; i++)
        out16(card.io + STATION_ADDRESS + 2 * i, ((uint16_t *)nic->mac)[i]);
    out16(card.io + MAX_FRAME_SIZE, SIZE);
    out8(card.io + RX_MODE, RX_MODE_SETTINGS);
    out8(card.io + RX_POLL_PERIOD, 100); /* look for a free slot every 32 us */
    if (pci_read8(&nic->pci, PCI_REVISION) >= FIRST_IP100A)
        out8(card.io + DEBUG_CONTROL1, 1); /* or cards with four ports lose frames */
    out32(card.io + RX_LIST, (uint32_t)shared->ring);
    out16(card.io + MAC_CONTROL1, RX_ENABLE | TX_ENABLE);
    return 0;
}

static int sundance_poll(struct nic *nic, void *buf, size_t cap)
{
    struct descriptor *slot = &card.shared->ring[card.rx];
    uint32_t status = slot->status;
    int result = E_PROTOCOL;

    (void)nic;
    if (!(status & RX_DONE))
        return 0;
    barrier();
    if (!(status & RX_ERRORS))
        result = copy_received(buf, cap, card.shared->buffer[card.rx], status & LENGTH);
    barrier();
    slot->status = 0;
    card.rx = (card.rx + 1) % RX_SLOTS;
    return result;
}

/* All of the last frame was read, and the card looks for no other. */
static bool is_free(void)
{
    return wait_until(card.shared->ring[RX_SLOTS].status & TX_DONE && !in32(card.io + TX_LIST),
                      1000, 50);
}

static int sundance_transmit(struct nic *nic, const void *frame, size_t len)
{
    struct descriptor *slot = &card.shared->ring[RX_SLOTS];

    (void)nic;
    if (in8(card.io + TX_STATUS) & TX_ERROR) { /* it has stopped */
        out16(card.io + TX_STATUS, 0);
        out16(card.io + MAC_CONTROL1, TX_ENABLE);
    }
    if (!is_free())
        return E_TRANSMIT;
    slot->length = LAST | copy_padded(card.shared->buffer[RX_SLOTS], frame, len);
    slot->status = TX_ANY_ALIGNMENT;
    barrier();
    out32(card.io + TX_LIST, (uint32_t)slot);
    return 0;
}

/* The MAC does not follow the PHY to full duplex. With fiber there is nothing else. */
static bool sundance_link(struct nic *nic)
{
    uint16_t common = mii_read(MII_ANAR) & mii_read(MII_ANLPAR);
    bool fiber = in32(card.io + ASIC_CONTROL) & FIBER;

    (void)nic;
    if (!(mii_read(MII_BMSR) & BMSR_LINK))
        return false;
    out16(card.io + MAC_CONTROL0,
          fiber || common & ABLE_100_FULL || (common & (ABLE_100 | ABLE_10_FULL)) == ABLE_10_FULL
              ? FULL_DUPLEX
              : 0);
    return true;
}

static bool sundance_interrupt(struct nic *nic, enum nic_interrupt action)
{
    uint16_t status = in16(card.io + INTR_STATUS) & RECEIVED;

    (void)nic;
    out16(card.io + INTR_STATUS, status);
    if (action == INTERRUPT_ACKNOWLEDGE)
        return status;
    out16(card.io + INTR_ENABLE, action == INTERRUPT_ON ? RECEIVED : 0);
    return false;
}

static void sundance_close(struct nic *nic)
{
    if (card.shared)
        is_free();
    delay_us(SEND_US);
    reset();
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver sundance = {
    .name = "sundance",
    .probe = sundance_probe,
    .open = sundance_open,
    .poll = sundance_poll,
    .transmit = sundance_transmit,
    .link = sundance_link,
    .interrupt = sundance_interrupt,
    .close = sundance_close,
};
NET_DRIVER(sundance);
