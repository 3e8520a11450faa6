/* SPDX-License-Identifier: BSD-2-Clause */
/* AMD-8111, the Ethernet controller of that I/O hub, polled. Registers have the names of Linux's
 * amd8111e. In those for commands a byte's highest bit is the value that the bits get which are set
 * beside it. */
#include "mii.h"
#include "net_driver.h"

#include "platform/bios/io.h"
#include "platform/bios/timer.h"

enum {
    STAT0 = 0x030,
    INT0 = 0x038,
    INTEN0 = 0x040,
    CMD0 = 0x048,
    CMD2 = 0x050,
    CMD3 = 0x054,
    CMD7 = 0x064,
    CTRL1 = 0x06c,
    CTRL2 = 0x070,
    XMT_RING_LIMIT = 0x07c,
    AUTOPOLL0 = 0x088,
    DLY_INT_A = 0x0a8,
    DLY_INT_B = 0x0ac,
    FLOW_CONTROL = 0x0c8,
    PHY_ACCESS = 0x0d0,
    STVAL = 0x0d8,
    XMT_RING_BASE0 = 0x100,
    XMT_RING_BASE1 = 0x108,
    XMT_RING_BASE2 = 0x110,
    XMT_RING_BASE3 = 0x118,
    RCV_RING_BASE0 = 0x120,
    XMT_RING_LEN0 = 0x140,
    RCV_RING_LEN0 = 0x150,
    PADR = 0x160,
    LADRF = 0x168,
    SRAM_SIZE = 0x178, /* and boundary */
};
enum { RUNNING = 1, LINK = 0x20 };                                        /* STAT0 */
enum { RUN = 1, INTERRUPTS = 2, TX_DEMAND = 0x100, RX_DEMAND = 0x10000 }; /* CMD0 */
enum { ONE_0 = 0x80, ONE_1 = 0x8000, ONE_2 = 0x800000 }; /* the value, of bytes 0 to 2 */
enum { CMD0_ALL = 0x000f0f7f, CMD2_ALL = 0x3f7f3f7f, CMD7_ALL = 0x1b, INTEN0_ALL = 0x1f7f7f1f };
enum { PAD_AND_RETRY = 0x46, PORT_MANAGER = 0x4000, JUMBO = 0x200000, NEGOTIATE = 0xc0 };
enum { SRAM_HALVES = 0x80010, BURST_AND_START = 0x00010211, AUTOPOLL_STATUS = 0x8100 };
enum { RECEIVED = 1 };
#define PHY_ACTIVE (1u << 31)
enum { PHY_READ = 1 << 29, PHY_ERROR = 1 << 28, PHYS = 31 };

enum { OWN = 0x8000, ERROR = 0x4000, ADD_FCS = 0x2000, WHOLE = 0x0300 };
enum { RX_SLOTS = 64, TX_SLOTS = 4, SIZE = 1536, FCS = 4 };

struct transmit {
    uint16_t length;
    volatile uint16_t flags;
    uint32_t tag;
    uint8_t *buffer;
    uint32_t unused;
};

struct receive {
    uint32_t unused;
    uint16_t length, tag, size;
    volatile uint16_t flags;
    uint8_t *buffer;
};

/* All memory that the card reads and writes. */
struct shared {
    struct receive rx[RX_SLOTS];
    struct transmit tx[TX_SLOTS];
    uint8_t rx_buffer[RX_SLOTS][SIZE], tx_buffer[TX_SLOTS][SIZE];
};

static struct {
    struct shared *shared;
    volatile uint8_t *mmio;
    unsigned rx, tx;
    uint32_t phy;
} card;

static uint32_t get(unsigned reg)
{
    return mmio_read32(card.mmio, reg);
}

static void set(unsigned reg, uint32_t value)
{
    mmio_write32(card.mmio, reg, value);
}

/* What is left from before does not matter then. */
static void reset(void)
{
    static const struct {
        uint16_t reg;
        uint32_t value;
    } settings[] = {
        {CMD0, CMD0_ALL},         {XMT_RING_BASE0, 0}, {XMT_RING_BASE1, 0},
        {XMT_RING_BASE2, 0},      {XMT_RING_BASE3, 0}, {RCV_RING_BASE0, 0},
        {CMD2, CMD2_ALL},         {CMD7, CMD7_ALL},    {DLY_INT_A, 0},
        {DLY_INT_B, 0},           {FLOW_CONTROL, 0},   {STVAL, 0},
        {INTEN0, INTEN0_ALL},     {LADRF, ~0u},        {LADRF + 4, ~0u},
        {SRAM_SIZE, SRAM_HALVES}, {XMT_RING_LIMIT, 0}, {CTRL1, BURST_AND_START},
    };

    set(CMD0, RUN);
    wait_until(!(get(STAT0) & RUNNING), 1000, 10);
    for (unsigned i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        set(settings[i].reg, settings[i].value);
    set(INT0, get(INT0));
}

static int amd8111e_probe(struct nic *nic)
{
    card.mmio = nic->mmio = (volatile uint8_t *)pci_find_bar(&nic->pci, false);
    if (!nic->mmio)
        return E_NO_NIC;
    pci_enable(&nic->pci, PCI_COMMAND_MEMORY);
    for (unsigned i = 0; i < 6; i++)
        nic->mac[i] = mmio_read8(nic->mmio, PADR + i);
    return nic->mac[0] & 1 ? E_NO_NIC : 0;
}

static uint32_t mii(unsigned reg, uint32_t command)
{
    wait_until(!(get(PHY_ACCESS) & PHY_ACTIVE), 100, 10);
    set(PHY_ACCESS, card.phy << 21 | reg << 16 | command);
    wait_until(!(get(PHY_ACCESS) & PHY_ACTIVE), 100, 10);
    return get(PHY_ACCESS);
}

/* The port manager sets the MAC up as the PHY has negotiated. */
static void start_phy(void)
{
    for (card.phy = PHYS; card.phy--;)
        if (!(mii(MII_PHYID1, PHY_READ) & PHY_ERROR))
            break;
    card.phy &= PHYS;
    mmio_write16(card.mmio, AUTOPOLL0, AUTOPOLL_STATUS | card.phy);
    set(CMD3, ONE_1 | PORT_MANAGER);
    set(CMD3, JUMBO);
    set(CTRL2, NEGOTIATE);
}

static int amd8111e_open(struct nic *nic)
{
    struct shared *shared = card.shared = dma_alloc(sizeof(*shared), 16);

    if (!shared)
        return E_NO_MEMORY;
    for (unsigned i = 0; i < RX_SLOTS; i++) {
        shared->rx[i].buffer = shared->rx_buffer[i];
        shared->rx[i].size = SIZE;
        shared->rx[i].flags = OWN;
    }
    for (unsigned i = 0; i < TX_SLOTS; i++)
        shared->tx[i].buffer = shared->tx_buffer[i];
    card.rx = card.tx = 0;
    reset();
    pci_enable(&nic->pci, PCI_COMMAND_MASTER);
    start_phy();
    set(XMT_RING_BASE0, (uint32_t)shared->tx);
    set(RCV_RING_BASE0, (uint32_t)shared->rx);
    mmio_write16(card.mmio, XMT_RING_LEN0, TX_SLOTS);
    mmio_write16(card.mmio, RCV_RING_LEN0, RX_SLOTS);
    set(CMD2, ONE_0 | PAD_AND_RETRY);
    for (unsigned i = 0; i < 6; i++)
        mmio_write8(card.mmio, PADR + i, nic->mac[i]);
    set(CMD0, ONE_2 | RX_DEMAND | ONE_0 | RUN);
    return 0;
}

static int amd8111e_poll(struct nic *nic, void *buf, size_t cap)
{
    struct receive *slot = &card.shared->rx[card.rx];
    uint16_t flags = slot->flags;
    int result = E_PROTOCOL;

    (void)nic;
    if (flags & OWN)
        return 0;
    barrier();
    if ((flags & (ERROR | WHOLE)) == WHOLE)
        result = copy_received(buf, cap, card.shared->rx_buffer[card.rx], slot->length - FCS);
    slot->size = SIZE;
    barrier();
    slot->flags = OWN;
    set(CMD0, ONE_2 | RX_DEMAND);
    card.rx = (card.rx + 1) % RX_SLOTS;
    return result;
}

static bool is_free(unsigned slot)
{
    return wait_until(!(card.shared->tx[slot].flags & OWN), 5000, 10);
}

static int amd8111e_transmit(struct nic *nic, const void *frame, size_t len)
{
    struct transmit *slot = &card.shared->tx[card.tx];

    (void)nic;
    if (!is_free(card.tx))
        return E_TRANSMIT;
    slot->length = copy_padded(card.shared->tx_buffer[card.tx], frame, len);
    barrier();
    slot->flags = OWN | ADD_FCS | WHOLE;
    set(CMD0, ONE_1 | TX_DEMAND);
    card.tx = (card.tx + 1) % TX_SLOTS;
    return 0;
}

/* STAT0 is brought up to date when the PHY's status is read. */
static bool amd8111e_link(struct nic *nic)
{
    (void)nic;
    mii(MII_BMSR, PHY_READ);
    return get(STAT0) & LINK;
}

static bool amd8111e_interrupt(struct nic *nic, enum nic_interrupt action)
{
    uint32_t status = get(INT0) & RECEIVED;

    (void)nic;
    set(INT0, status);
    if (action == INTERRUPT_ACKNOWLEDGE)
        return status;
    set(INTEN0, ONE_0 | RECEIVED);
    set(CMD0, (action == INTERRUPT_ON ? ONE_0 : 0) | INTERRUPTS);
    return false;
}

static void amd8111e_close(struct nic *nic)
{
    if (card.shared)
        is_free((card.tx - 1) % TX_SLOTS);
    delay_us(SEND_US);
    reset();
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver amd8111e = {
    .name = "amd8111e",
    .probe = amd8111e_probe,
    .open = amd8111e_open,
    .poll = amd8111e_poll,
    .transmit = amd8111e_transmit,
    .link = amd8111e_link,
    .interrupt = amd8111e_interrupt,
    .close = amd8111e_close,
};
NET_DRIVER(amd8111e);
