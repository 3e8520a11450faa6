/* SPDX-License-Identifier: BSD-2-Clause */
/* AMD PCnet-PCI family (79C970, 970A, 971, 972, 973, 975, 976, 978), polled. Registers and bits
 * have the names of the Am79C970A and Am79C972 data sheets. All chips can do 16-bit I/O and
 * descriptors of software style 2, which are used here. */
#include "net_driver.h"

#include "lib/string.h"
#include "platform/bios/io.h"
#include "platform/bios/timer.h"

/* I/O ports, word mode. */
enum { APROM = 0, RDP = 0x10, RAP = 0x12, RESET = 0x14, BDP = 0x16 };

enum { CSR_STATUS = 0, CSR_INIT_LOW = 1, CSR_INIT_HIGH = 2, CSR_MASK = 3, CSR_FEATURES = 4 };
enum { INIT = 1, START = 2, STOP = 4, TRANSMIT_DEMAND = 8, INIT_DONE = 0x100 };
enum { INTERRUPT_ENABLE = 0x40, INTERRUPTING = 0x80, RECEIVED = 0x400 };
enum { NO_STOP_ON_UNDERRUN = 0x40, ONLY_RECEIVED = 0x5b00 }; /* CSR3: DXSUFLO, masks */
enum { NO_TRANSMIT_POLL = 0x1000, PAD_TRANSMIT = 0x0800 };   /* CSR4: DPOLL, APAD_XMT */
enum { FEATURES_RESET = 0x0115 };

enum { BCR_MEDIA = 2, BCR_LED0 = 4, BCR_BURST = 18, BCR_STYLE = 20, BCR_PHY_SELECT = 49 };
enum { AUTO_SELECT = 2, BURST_READ_WRITE = 0x60, STYLE_32BIT = 2 };
enum { LED_LINK = 0x00c0, LED_ON = 0x8000 };
enum { CSR_CHIP_LOW = 88, CSR_CHIP_HIGH = 89 };
enum { PART_970 = 0x2420, PART_970_LATER = 0x2430, PART_970A = 0x2621 };
enum { DEVICE_HOME = 0x2001 }; /* 79C978 */
enum { AUI_AFTER_MS = 3000 };

enum { OWN = 1u << 31, START_OF_FRAME = 1 << 25, END_OF_FRAME = 1 << 24, ERROR = 1 << 30 };
enum { FCS = 4, LENGTH_MASK = 0xfff };

enum { RX_LOG = 7, RX_COUNT = 1 << RX_LOG, TX_LOG = 2, TX_COUNT = 1 << TX_LOG, SIZE = 1536 };

struct descriptor {
    uint32_t buffer;
    volatile uint32_t control; /* OWN and status, 4 ones, 12 bits of minus the size */
    volatile uint32_t length;  /* received, with FCS */
    uint32_t user;
};

/* All memory that the card reads and writes. The initialization block comes first. */
struct shared {
    uint16_t mode;
    uint8_t rx_log, tx_log; /* in bits 7:4 */
    uint8_t mac[6];
    uint16_t reserved;
    uint32_t multicast[2]; /* LADRF, a hash filter: all ones pass every group */
    struct descriptor *rx_ring, *tx_ring;
    uint32_t align;
    struct descriptor rx[RX_COUNT], tx[TX_COUNT];
    uint8_t rx_buffer[RX_COUNT][SIZE], tx_buffer[TX_COUNT][SIZE];
};

static struct {
    struct shared *shared;
    unsigned rx, tx, scan;
    struct deadline no_link;
    bool has_aui;
    uint16_t enable; /* INTERRUPT_ENABLE or 0, part of each write to CSR0 */
} card;

static uint16_t csr_read(const struct nic *nic, unsigned reg)
{
    out16(nic->io + RAP, reg);
    return in16(nic->io + RDP);
}

static void csr_write(const struct nic *nic, unsigned reg, uint16_t value)
{
    out16(nic->io + RAP, reg);
    out16(nic->io + RDP, value);
}

/* Keep the bits of `keep` in a bus configuration register and set those of `set`. */
static void bcr_change(const struct nic *nic, unsigned reg, uint16_t keep, uint16_t set)
{
    out16(nic->io + RAP, reg);
    out16(nic->io + BDP, (in16(nic->io + BDP) & keep) | set);
}

static void reset(const struct nic *nic)
{
    in16(nic->io + RESET);
    delay_us(10);
}

static int pcnet32_probe(struct nic *nic)
{
    nic->io = pci_find_bar(&nic->pci, true);
    if (!nic->io)
        return E_NO_NIC;
    pci_enable(&nic->pci, PCI_COMMAND_IO);
    reset(nic);
    for (unsigned i = 0; i < 6; i++)
        nic->mac[i] = in8(nic->io + APROM + i);
    return csr_read(nic, CSR_STATUS) != STOP || nic->mac[0] & 1 ? E_NO_NIC : 0;
}

static void give(struct descriptor *descriptor)
{
    descriptor->length = 0;
    barrier();
    descriptor->control = OWN | (-SIZE & 0xffff);
}

static void fill_rings(const struct nic *nic)
{
    struct shared *shared = card.shared;

    for (unsigned i = 0; i < RX_COUNT; i++) {
        shared->rx[i].buffer = (uint32_t)shared->rx_buffer[i];
        give(&shared->rx[i]);
    }
    for (unsigned i = 0; i < TX_COUNT; i++)
        shared->tx[i].buffer = (uint32_t)shared->tx_buffer[i];
    shared->rx_log = RX_LOG << 4;
    shared->tx_log = TX_LOG << 4;
    shared->rx_ring = shared->rx;
    shared->tx_ring = shared->tx;
    shared->multicast[0] = shared->multicast[1] = ~0;
    memcpy(shared->mac, nic->mac, 6);
    card.rx = card.tx = card.scan = card.enable = 0;
    card.no_link = deadline_in(AUI_AFTER_MS);
}

static int pcnet32_open(struct nic *nic)
{
    uint16_t part;

    card.shared = dma_alloc(sizeof(*card.shared), 16);
    if (!card.shared)
        return E_NO_MEMORY;
    fill_rings(nic);
    reset(nic);
    part = csr_read(nic, CSR_CHIP_HIGH) << 4 | csr_read(nic, CSR_CHIP_LOW) >> 12;
    card.has_aui = part == PART_970 || part == PART_970_LATER || part == PART_970A;
    pci_enable(&nic->pci, PCI_COMMAND_IO | PCI_COMMAND_MASTER);
    bcr_change(nic, BCR_STYLE, 0, STYLE_32BIT);
    bcr_change(nic, BCR_MEDIA, ~0, AUTO_SELECT);
    bcr_change(nic, BCR_LED0, 0, LED_LINK);
    bcr_change(nic, BCR_BURST, ~0, BURST_READ_WRITE);
    if (nic->pci.device == DEVICE_HOME)
        bcr_change(nic, BCR_PHY_SELECT, ~3, 0); /* 10BASE-T rather than the telephone line */
    csr_write(nic, CSR_MASK, NO_STOP_ON_UNDERRUN | ONLY_RECEIVED);
    csr_write(nic, CSR_FEATURES, FEATURES_RESET | NO_TRANSMIT_POLL | PAD_TRANSMIT);
    csr_write(nic, CSR_INIT_LOW, (uint32_t)card.shared);
    csr_write(nic, CSR_INIT_HIGH, (uint32_t)card.shared >> 16);
    csr_write(nic, CSR_STATUS, INIT);
    if (!wait_until(in16(nic->io + RDP) & INIT_DONE, 1000, 10))
        return E_NIC_OPEN;
    out16(nic->io + RDP, INIT_DONE | START); /* RAP stays at CSR0, for transmit */
    return 0;
}

/* A frame is complete when its descriptor has come back with an end or an error: emulated cards
 * clear OWN before they set these. A frame that goes on in the next descriptor is too long for us.
 */
static bool is_complete(unsigned index)
{
    const struct descriptor *rx = card.shared->rx;
    uint32_t control = rx[index].control;

    if (control & OWN)
        return false;
    return control & (END_OF_FRAME | ERROR) || !(rx[(index + 1) % RX_COUNT].control & OWN);
}

/* Frames come in ring order. But an emulated card whose ring was full goes on with any descriptor
 * that is free then, not with the one it stopped at. So if a later one is filled and this one is
 * not, go on there. */
static bool find_frame(void)
{
    if (is_complete(card.rx))
        return true;
    card.scan = (card.scan + 1) % RX_COUNT;
    if (!is_complete(card.scan) || !(card.shared->rx[card.rx].control & OWN))
        return false;
    card.rx = card.scan;
    return true;
}

static int pcnet32_poll(struct nic *nic, void *buf, size_t cap)
{
    struct descriptor *descriptor;
    int result;

    if (!find_frame())
        return 0;
    descriptor = &card.shared->rx[card.rx];
    result = E_PROTOCOL;
    if ((descriptor->control & (ERROR | START_OF_FRAME | END_OF_FRAME)) ==
        (START_OF_FRAME | END_OF_FRAME))
        result = copy_received(buf, cap, card.shared->rx_buffer[card.rx],
                               (descriptor->length & LENGTH_MASK) - FCS);
    give(descriptor);
    card.scan = card.rx = (card.rx + 1) % RX_COUNT;
    return result;
}

static bool wait_sent(unsigned index)
{
    return wait_until(!(card.shared->tx[index].control & OWN), 5000, 10);
}

static int pcnet32_transmit(struct nic *nic, const void *frame, size_t len)
{
    struct descriptor *descriptor = &card.shared->tx[card.tx];

    if (!wait_sent(card.tx))
        return E_TRANSMIT;
    memcpy(card.shared->tx_buffer[card.tx], frame, len);
    barrier();
    descriptor->control = OWN | START_OF_FRAME | END_OF_FRAME | (-len & 0xffff);
    out16(nic->io + RDP, TRANSMIT_DEMAND | card.enable);
    card.tx = (card.tx + 1) % TX_COUNT;
    return 0;
}

/* The LED register shows the link of the 10BASE-T port. Chips that also have an AUI are taken to
 * have a link there when that one stays down. */
static bool pcnet32_link(struct nic *nic)
{
    bool up;

    out16(nic->io + RAP, BCR_LED0);
    up = in16(nic->io + BDP) & LED_ON;
    out16(nic->io + RAP, CSR_STATUS);
    return up || (card.has_aui && deadline_passed(&card.no_link));
}

static bool pcnet32_interrupt(struct nic *nic, enum nic_interrupt action)
{
    uint16_t status = in16(nic->io + RDP);

    if (action != INTERRUPT_ACKNOWLEDGE)
        card.enable = action == INTERRUPT_ON ? INTERRUPT_ENABLE : 0;
    out16(nic->io + RDP, RECEIVED | card.enable);
    return action == INTERRUPT_ACKNOWLEDGE && status & INTERRUPTING;
}

static void pcnet32_close(struct nic *nic)
{
    if (card.shared)
        wait_sent((card.tx + TX_COUNT - 1) % TX_COUNT);
    reset(nic);
    bcr_change(nic, BCR_STYLE, 0, 0); /* a software reset leaves the style as it is */
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver pcnet32_driver = {
    .name = "pcnet32",
    .probe = pcnet32_probe,
    .open = pcnet32_open,
    .poll = pcnet32_poll,
    .transmit = pcnet32_transmit,
    .link = pcnet32_link,
    .interrupt = pcnet32_interrupt,
    .close = pcnet32_close,
};

NET_DRIVER(pcnet32_driver);
