/* SPDX-License-Identifier: BSD-2-Clause */
/* The rings of Atheros's AR813x to AR817x, and Killer E2200 and later, polled; see atheros.h and
 * atheros_phy.c. */
#include "atheros.h"

#include "lib/string.h"
#include "platform/bios/timer.h"

enum {
    PMCTRL = 0x12f8,
    RX_BASE_HI = 0x1540,
    TX_BASE_HI = 0x1544,
    RFD_BASE = 0x1550,
    RFD_COUNT = 0x1560,
    RX_BUF_SIZE = 0x1564,
    RRD_BASE = 0x1568,
    RRD_COUNT = 0x1578,
    TPD_BASE = 0x1580,
    TPD_COUNT = 0x1584,
    TXQ = 0x1590,
    RXQ = 0x15a0,
    RFD_PIDX = 0x15e0,
    TPD_PIDX = 0x15f2, /* 16 bits, like the next one */
    TPD_CIDX = 0x15f6,
};
enum { PM_ASPM = 1 << 30 | 1 << 12 | 1 << 3 };
enum { MASTER_RESET = 1, MASTER_NO_OOB = 1 << 6, STS_BUSY = 15 };
/* TXQ: five descriptors at once; enhanced mode. */
enum { TXQ_DEFAULT = 0xd5, TXQ_ENABLE = 1 << 5, RXQ_PREFETCH_8 = 8 << 20 };
#define RXQ_ENABLE (1u << 31)

enum { RX_SLOTS = 64, TX_SLOTS = 32, SIZE = 1536 };
#define RRD_UPDATED (1u << 31)
#define RRD_ERRORS  (1 << 30 | 1 << 20)
#define RRD_LENGTH  0x3fff
#define TPD_LAST    (1u << 31)

/* All memory that the card reads and writes. Buffers may not begin FC0h behind a page, for the card
 * then loses descriptors. */
struct shared {
    struct {
        uint32_t unused[3];
        volatile uint32_t status;
    } received[RX_SLOTS];
    struct {
        uint8_t *buffer;
        uint32_t high;
    } free[RX_SLOTS];
    struct {
        uint32_t length, flags;
        uint8_t *buffer;
        uint32_t high;
    } tx[TX_SLOTS];
    uint8_t rx_buffer[RX_SLOTS][SIZE], tx_buffer[SIZE];
};

static struct {
    struct shared *shared;
    unsigned rx, tx;
} card;

/* Stop the MAC and reset it. The PHY and the clocks stay as they are. */
static bool reset(void)
{
    atheros_write(ATHEROS_IMR, 0);
    atheros_write(RXQ, 0);
    atheros_write(TXQ, 0);
    delay_us(40);
    atheros_write(ATHEROS_MAC, 0);
    wait_until(!(atheros_read(ATHEROS_STATUS) & STS_BUSY), 1000, 10);
    atheros_write(RFD_PIDX, 1); /* or the reset may not be a whole one */
    atheros_write(ATHEROS_MASTER, atheros_read(ATHEROS_MASTER) | MASTER_RESET | MASTER_NO_OOB);
    delay_us(10000);
    return wait_until(!(atheros_read(ATHEROS_MASTER) & MASTER_RESET) &&
                          !(atheros_read(ATHEROS_STATUS) & STS_BUSY),
                      1000, 10);
}

int atheros_probe(struct nic *nic, const struct atheros_chip *chip)
{
    if (!atheros_map(nic, chip))
        return E_NO_NIC;
    atheros_write(PMCTRL, atheros_read(PMCTRL) & ~PM_ASPM);
    atheros_start_phy(nic->pci.device & 1);
    return reset() ? atheros_read_address(nic->mac) : E_NO_NIC;
}

/* The card takes slots up to the one at the index that it is given, which has to differ from its
 * own. */
static void give_slots(void)
{
    atheros_write(RFD_PIDX, (card.rx + RX_SLOTS - 1) % RX_SLOTS);
}

static void set_rings(struct shared *shared)
{
    atheros_write(TX_BASE_HI, 0);
    atheros_write(TPD_BASE, (uint32_t)shared->tx);
    atheros_write(TPD_COUNT, TX_SLOTS);
    atheros_write(RX_BASE_HI, 0);
    atheros_write(RFD_BASE, (uint32_t)shared->free);
    atheros_write(RFD_COUNT, RX_SLOTS);
    atheros_write(RX_BUF_SIZE, SIZE);
    atheros_write(RRD_BASE, (uint32_t)shared->received);
    atheros_write(RRD_COUNT, RX_SLOTS);
}

int atheros_open(struct nic *nic)
{
    struct shared *shared = card.shared = dma_alloc(sizeof(*shared), 4096);

    if (!shared)
        return E_NO_MEMORY;
    for (unsigned i = 0; i < RX_SLOTS; i++)
        shared->free[i].buffer = shared->rx_buffer[i];
    card.rx = card.tx = 0;
    if (!reset())
        return E_NIC_OPEN;
    pci_enable(&nic->pci, PCI_COMMAND_MASTER);
    atheros_write_address(nic->mac);
    set_rings(shared);
    atheros_apply(atheros.chip->mac);
    atheros_apply(atheros.chip->mac_more);
    atheros_write(ATHEROS_LOAD, 1);
    atheros_write(ATHEROS_MTU, ATHEROS_LARGEST);
    atheros_write(TXQ, atheros.chip->tx_control | TXQ_DEFAULT | TXQ_ENABLE);
    atheros_write(RXQ, RXQ_PREFETCH_8 | RXQ_ENABLE);
    give_slots();
    return 0;
}

int atheros_poll(struct nic *nic, void *buf, size_t cap)
{
    unsigned slot = card.rx;
    uint32_t status = card.shared->received[slot].status;
    int result = E_PROTOCOL;

    (void)nic;
    if (!(status & RRD_UPDATED))
        return 0;
    barrier();
    if (!(status & RRD_ERRORS))
        result = copy_received(buf, cap, card.shared->rx_buffer[slot],
                               (status & RRD_LENGTH) - ATHEROS_FCS);
    card.shared->received[slot].status = 0;
    barrier();
    card.rx = (slot + 1) % RX_SLOTS;
    give_slots();
    return result;
}

/* Has the card read all frames that it was to send? */
static bool all_read(void)
{
    return wait_until(mmio_read16(atheros.mmio, TPD_CIDX) == card.tx, 1000, 50);
}

int atheros_transmit(struct nic *nic, const void *frame, size_t len)
{
    struct shared *shared = card.shared;

    (void)nic;
    if (!all_read())
        return E_TRANSMIT;
    shared->tx[card.tx].length = copy_padded(shared->tx_buffer, frame, len);
    shared->tx[card.tx].flags = TPD_LAST;
    shared->tx[card.tx].buffer = shared->tx_buffer;
    barrier();
    card.tx = (card.tx + 1) % TX_SLOTS;
    mmio_write16(atheros.mmio, TPD_PIDX, card.tx);
    return 0;
}

void atheros_close(struct nic *nic)
{
    if (!nic->mmio) /* probe found no registers */
        return;
    if (card.shared)
        all_read();
    delay_us(SEND_US);
    reset();
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}
