/* SPDX-License-Identifier: BSD-2-Clause */
/* A driver that drives nothing: copy this file to start a new family (HACKING.md). It is compiled
 * by the checks, so that it keeps up with net_driver.h, and never shipped: no family names it.
 *
 * It has the state that nearly every chip has: a ring of receive descriptors, and a transmit
 * buffer. Registers get the datasheet's names in an enum, or when there are many, in a
 * <chip>_regs.h beside the driver. Section numbers of the datasheet belong into comments. */
#include "net_driver.h"

#include "lib/string.h"          /* memcpy, memset */
#include "platform/bios/io.h"    /* mmio_read32, barrier */
#include "platform/bios/timer.h" /* deadlines: every wait on hardware ends */

enum { REG_CONTROL = 0x00, REG_STATUS = 0x04, REG_MAC = 0x08, REG_RX_RING = 0x10, REG_TX = 0x14 };
enum { CONTROL_RESET = 1, CONTROL_START = 2 };
enum { STATUS_LINK = 1, STATUS_TX_BUSY = 2 };
enum { RESET_MS = 10, TRANSMIT_MS = 100 };

/* A power of two. A TFTP window of 64 full frames should fit where the chip allows it. */
enum { RX_SLOTS = 64, SLOT_SIZE = 2048 };
enum { RX_OWNED_BY_CARD = 0x80000000u, RX_ERROR = 0x40000000u, RX_LENGTH = 0xffffu };

struct rx_slot {
    uint32_t status; /* RX_*; the card clears RX_OWNED_BY_CARD when a frame is in */
    uint32_t buffer; /* physical address, which is what a pointer is here */
};

/* One card is driven at a time, so state is static; open() sets all of it. */
static struct {
    struct rx_slot *ring;
    uint8_t *buffers, *tx_buffer;
    unsigned next; /* slot that the next frame comes in */
} card;

/* Wait until `bits` of a register are clear. False when they are not in time. */
static bool wait_clear(struct nic *nic, unsigned reg, uint32_t bits, uint32_t ms)
{
    struct deadline end = deadline_in(ms);

    while (mmio_read32(nic->mmio, reg) & bits)
        if (deadline_passed(&end))
            return false;
    return true;
}

static int skeleton_probe(struct nic *nic)
{
    uint32_t low, high;

    nic->mmio = (volatile uint8_t *)pci_find_bar(&nic->pci, false);
    if (!nic->mmio)
        return E_NO_NIC;
    pci_enable(&nic->pci, PCI_COMMAND_MEMORY);
    mmio_write32(nic->mmio, REG_CONTROL, CONTROL_RESET);
    if (!wait_clear(nic, REG_CONTROL, CONTROL_RESET, RESET_MS))
        return E_NO_NIC;
    low = mmio_read32(nic->mmio, REG_MAC);
    high = mmio_read32(nic->mmio, REG_MAC + 4);
    memcpy(nic->mac, &low, 4);
    memcpy(nic->mac + 4, &high, 2);
    return 0;
}

static void give_slot(unsigned index)
{
    card.ring[index].buffer = (uint32_t)(card.buffers + index * SLOT_SIZE);
    barrier(); /* the card may take the slot as soon as it owns it */
    card.ring[index].status = RX_OWNED_BY_CARD;
}

static int skeleton_open(struct nic *nic)
{
    card.ring = dma_alloc(RX_SLOTS * sizeof(*card.ring), 16);
    card.buffers = dma_alloc(RX_SLOTS * SLOT_SIZE, 16);
    card.tx_buffer = dma_alloc(SLOT_SIZE, 16);
    if (!card.ring || !card.buffers || !card.tx_buffer)
        return E_NO_MEMORY;
    card.next = 0;
    for (unsigned i = 0; i < RX_SLOTS; i++)
        give_slot(i);
    pci_enable(&nic->pci, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    mmio_write32(nic->mmio, REG_RX_RING, (uint32_t)card.ring);
    mmio_write32(nic->mmio, REG_CONTROL, CONTROL_START);
    return 0;
}

static int skeleton_poll(struct nic *nic, void *buf, size_t cap)
{
    unsigned slot = card.next;
    uint32_t status = *(volatile uint32_t *)&card.ring[slot].status;
    int result = E_PROTOCOL;

    if (status & RX_OWNED_BY_CARD)
        return 0;
    barrier(); /* the frame is there once the status says so, not before */
    if (!(status & RX_ERROR))
        result = copy_received(buf, cap, card.buffers + slot * SLOT_SIZE, status & RX_LENGTH);
    give_slot(slot);
    card.next = (slot + 1) % RX_SLOTS;
    return result;
}

static int skeleton_transmit(struct nic *nic, const void *frame, size_t len)
{
    /* Waiting before rather than after sending lets the caller work while the card does. */
    if (!wait_clear(nic, REG_STATUS, STATUS_TX_BUSY, TRANSMIT_MS))
        return E_TRANSMIT;
    len = copy_padded(card.tx_buffer, frame, len);
    barrier();
    mmio_write32(nic->mmio, REG_TX, (uint32_t)card.tx_buffer);
    mmio_write32(nic->mmio, REG_TX + 4, len);
    return 0;
}

static bool skeleton_link(struct nic *nic)
{
    return mmio_read32(nic->mmio, REG_STATUS) & STATUS_LINK;
}

static void skeleton_close(struct nic *nic)
{
    if (!nic->mmio) /* probe found no registers */
        return;
    wait_clear(nic, REG_STATUS, STATUS_TX_BUSY, TRANSMIT_MS);
    mmio_write32(nic->mmio, REG_CONTROL, CONTROL_RESET);
    wait_clear(nic, REG_CONTROL, CONTROL_RESET, RESET_MS);
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver skeleton_driver = {
    .name = "skeleton",
    .probe = skeleton_probe,
    .open = skeleton_open,
    .poll = skeleton_poll,
    .transmit = skeleton_transmit,
    .link = skeleton_link,
    .close = skeleton_close,
};
NET_DRIVER(skeleton_driver);
