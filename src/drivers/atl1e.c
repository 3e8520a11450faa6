/* SPDX-License-Identifier: BSD-2-Clause */
/* Attansic L1E and L2E (AR8121, AR8113, AR8114), polled; see atheros_phy.c for what their
 * successors have as well. Registers, their order and times are as in Linux's and iPXE's atl1e and
 * FreeBSD's ale.
 *
 * The card fills two pages in turn, frame behind frame, and writes into memory up to where. A page
 * is done when it is filled beyond its size. */
#include "atheros.h"

#include "lib/string.h"
#include "platform/bios/timer.h"

enum {
    PHY_STATUS = 0x1418,
    BASE_HI = 0x1540,
    PAGE_BASE = 0x1544, /* two, like the next two */
    PAGE_VALID = 0x15f4,
    PAGE_FILLED_BASE = 0x1820,
    TPD_BASE = 0x154c,
    PAGE_SIZE = 0x1558,
    TPD_COUNT = 0x155c,
    TX_FILLED_BASE = 0x1840,
    TXQ = 0x1580,
    TX_EARLY = 0x1584,
    RXQ = 0x15a0,
    TPD_PIDX = 0x15f0,
    TPD_CIDX = 0x1804,
    RX_THRESHOLD = 0x15a4,
    PCIE_FLOW = 0x1008,
};
enum { MASTER_RESET = 1, MASTER_LEDS = 1 << 9, STATUS_GIGABIT = 1 << 17, REVISION_B = 0xf0 };
enum { PLL_STAYS_ON = 1 << 13 }; /* PHY_CTRL */
enum { TXQ_ENABLE = 5 | 1 << 6 | 1 << 5, DMA_RX_FILLED = 1 << 21, DMA_WRITE_512 = 2 << 7 };
#define RXQ_ENABLE (1u << 31 | 1 << 30) /* and hand a frame over while it comes in */

enum { TX_SLOTS = 32, SIZE = 64 << 10, BEYOND = 2048, BLOCK = 32 };
enum { FRAME_BAD = 0x0200, ERRORS = 0x0027 /* FCS, code, alignment, too long */ };

struct header {
    uint16_t sequence, unused;
    uint32_t length; /* in the upper half */
    uint16_t flags, errors;
    uint32_t unused2;
};
struct shared {
    volatile uint32_t filled[2];
    uint32_t sent, unused[5];
    uint8_t page[2][SIZE + BEYOND];
    struct {
        uint8_t *buffer;
        uint32_t high, length, last;
    } tx[TX_SLOTS];
    uint8_t tx_buffer[1536];
};

static struct {
    struct shared *shared;
    unsigned page, at, tx;
    uint16_t sequence;
} card;

static const struct atheros_setting phy[] = {
    {0x0b, 0xbc00}, {0x00, 0x02ef}, {0x12, 0x4c04},
    {0x04, 0x8bbb}, {0x05, 0x2c46}, {ATHEROS_END, 0},
};
static const struct atheros_setting mac[] = {
    {ATHEROS_SET | PCIE_FLOW, 0x8000},
    {BASE_HI, 0},
    {TPD_COUNT, TX_SLOTS},
    {PAGE_SIZE, SIZE},
    {TX_EARLY, (ATHEROS_LARGEST + 7) / 8},
    {RX_THRESHOLD, (ATHEROS_LARGEST + 7) / 8 | 1 << 11},
    {ATHEROS_DMA, ATHEROS_DMA_DEFAULT | DMA_RX_FILLED | DMA_WRITE_512},
    {ATHEROS_END, 0},
};
static const struct atheros_chip chip = {.phy = phy, .mac = mac, .phy_control = PLL_STAYS_ON};

static bool reset(void)
{
    atheros_write(ATHEROS_IMR, 0);
    atheros_write(ATHEROS_MASTER, MASTER_LEDS | MASTER_RESET);
    delay_us(1000);
    return wait_until(!(uint8_t)atheros_read(ATHEROS_STATUS), 1000, 20);
}

static int atl1e_probe(struct nic *nic)
{
    bool gigabit;

    if (!atheros_map(nic, &chip))
        return E_NO_NIC;
    gigabit = pci_read8(&nic->pci, PCI_REVISION) < REVISION_B &&
              atheros_read(PHY_STATUS) & STATUS_GIGABIT;
    atheros_start_phy(gigabit);
    return reset() ? atheros_read_address(nic->mac) : E_NO_NIC;
}

static int atl1e_open(struct nic *nic)
{
    struct shared *shared = card.shared = dma_alloc(sizeof(*shared), BLOCK);

    if (!shared)
        return E_NO_MEMORY;
    card.page = card.at = card.tx = card.sequence = 0;
    if (!reset())
        return E_NIC_OPEN;
    pci_enable(&nic->pci, PCI_COMMAND_MASTER);
    atheros_write_address(nic->mac);
    atheros_apply(mac);
    atheros_write(TPD_BASE, (uint32_t)shared->tx);
    atheros_write(TX_FILLED_BASE, (uint32_t)&shared->sent);
    for (unsigned i = 0; i < 2; i++) {
        atheros_write(PAGE_BASE + 4 * i, (uint32_t)shared->page[i]);
        atheros_write(PAGE_FILLED_BASE + 4 * i, (uint32_t)&shared->filled[i]);
        mmio_write8(atheros.mmio, PAGE_VALID + i, 1);
    }
    atheros_write(ATHEROS_LOAD, 1);
    atheros_write(ATHEROS_MTU, ATHEROS_LARGEST);
    atheros_write(ATHEROS_MASTER, MASTER_LEDS);
    mmio_write16(atheros.mmio, TXQ + 2, 512); /* bytes that are read at once */
    mmio_write16(atheros.mmio, TXQ, TXQ_ENABLE);
    atheros_write(RXQ, RXQ_ENABLE);
    return 0;
}

static void next_page(void)
{
    card.shared->filled[card.page] = 0;
    barrier();
    mmio_write8(atheros.mmio, PAGE_VALID + card.page, 1);
    card.page ^= 1;
    card.at = 0;
}

static int atl1e_poll(struct nic *nic, void *buf, size_t cap)
{
    const struct header *header = (void *)(card.shared->page[card.page] + card.at);
    unsigned len;
    int result = E_PROTOCOL;

    (void)nic;
    if (card.at >= card.shared->filled[card.page])
        return 0;
    barrier();
    len = header->length >> 16 & 0x3fff;
    if (header->sequence == card.sequence && len <= ATHEROS_LARGEST &&
        !(header->flags & FRAME_BAD && header->errors & ERRORS))
        result = copy_received(buf, cap, header + 1, len - ATHEROS_FCS);
    card.sequence++;
    card.at += (sizeof(*header) + len + BLOCK - 1) & ~(BLOCK - 1);
    if (card.at >= SIZE)
        next_page();
    return result;
}

/* Has the card read all frames that it was to send? */
static bool all_read(void)
{
    return wait_until(mmio_read16(atheros.mmio, TPD_CIDX) == card.tx, 1000, 50);
}

static int atl1e_transmit(struct nic *nic, const void *frame, size_t len)
{
    struct shared *shared = card.shared;

    (void)nic;
    if (!all_read())
        return E_TRANSMIT;
    shared->tx[card.tx].buffer = shared->tx_buffer;
    shared->tx[card.tx].length = copy_padded(shared->tx_buffer, frame, len);
    shared->tx[card.tx].last = 1;
    barrier();
    card.tx = (card.tx + 1) % TX_SLOTS;
    atheros_write(TPD_PIDX, card.tx);
    return 0;
}

static void atl1e_close(struct nic *nic)
{
    if (!nic->mmio) /* probe found no registers */
        return;
    if (card.shared)
        all_read();
    delay_us(SEND_US);
    reset();
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver atl1e = {
    .name = "atl1e",
    .probe = atl1e_probe,
    .open = atl1e_open,
    .poll = atl1e_poll,
    .transmit = atl1e_transmit,
    .link = atheros_link,
    .interrupt = atheros_interrupt,
    .close = atl1e_close,
};
NET_DRIVER(atl1e);
