/* SPDX-License-Identifier: BSD-2-Clause */
/* Ethernet of NVIDIA's chipsets, nForce to MCP89. NVIDIA has published nothing: registers, and the
 * order in which they are written, are known from other drivers, and have the names that these gave
 * them. All chips understand the oldest form of descriptors, which is used here.
 * The MAC does not follow the PHY. So link() tells it speed and duplex. */
#include "net_driver.h"

#include "lib/string.h"
#include "mii.h"
#include "platform/bios/io.h"
#include "platform/bios/timer.h"

enum {
    IRQ_STATUS = 0x000,
    IRQ_MASK = 0x004,
    SETUP_6 = 0x008,
    POLLING_INTERVAL = 0x00c,
    MAC_RESET = 0x034,
    MISC_1 = 0x080,
    TX_CONTROL = 0x084, /* status is in the next register, of both directions */
    FILTER = 0x08c,
    OFFLOAD_CONFIG = 0x090,
    RX_CONTROL = 0x094,
    SLOT_TIME = 0x09c,
    TX_DEFERRAL = 0x0a0,
    RX_DEFERRAL = 0x0a4,
    MAC_ADDRESS = 0x0a8, /* and the next one */
    MULTICAST_A = 0x0b0,
    MULTICAST_B = 0x0b4,
    MASK_A = 0x0b8,
    MASK_B = 0x0bc,
    PHY_INTERFACE = 0x0c0,
    TX_RING = 0x100,
    RX_RING = 0x104,
    RING_SIZES = 0x108,
    TRANSMIT_POLL = 0x10c,
    LINK_SPEED = 0x110,
    SETUP_5 = 0x130,
    TX_WATERMARK = 0x13c,
    TXRX_CONTROL = 0x144,
    MII_STATUS = 0x180,
    MII_MASK = 0x184,
    ADAPTER_CONTROL = 0x188,
    MII_SPEED = 0x18c,
    MII_CONTROL = 0x190,
    MII_DATA = 0x194,
    WAKE_UP = 0x200,
    POWER_STATE = 0x26c,
    POWER_STATE_2 = 0x600,
};
enum { RECEIVED = 0x87 /* good or not, no buffer, forced */ };
enum { MISC_1_FORCE = 0x3b0f3c, HALF_DUPLEX = 2, START = 1, PATH_OFF = 1 << 24, BUSY = 1 };
enum { FILTER_ALWAYS = 0x7f0000, FILTER_OWN = 0x20 };
enum { SLOT_TIME_1000 = 0x3ff00, SLOT_TIME_FAST = 0x7f00 };
enum { TX_DEFERRAL_DEFAULT = 0x15050f, TX_DEFERRAL_RGMII = 0x16070f, TX_DEFERRAL_1000 = 0x14050f };
enum { INTERFACE_RGMII = 1 << 28, INTERFACE_HALF = 0x100, INTERFACE_1000 = 2, INTERFACE_100 = 1 };
enum { ADDRESS_IN_ORDER = 0x8000 }; /* TRANSMIT_POLL */
enum { LINK_SPEED_FORCE = 0x10000, SPEED_10 = 1000, SPEED_100 = 100, SPEED_1000 = 50 };
enum { TXRX_KICK = 1, TXRX_BIT_1 = 2, TXRX_BIT_2 = 4, TXRX_RESET = 0x10 };
enum { ADAPTER_RUNNING = 1 << 20, ADAPTER_PHY_VALID = 1 << 18, ADAPTER_PHY_SHIFT = 24 };
enum { MII_ERROR = 1, MII_WRITE = 0x400, MII_IN_USE = 0x8000 };
enum { MII_CTRL1000 = 9, MII_STAT1000, ABLE_1000_FULL = 0x0200, BMSR_NEGOTIATED = 0x0020 };
#define NO_LINK (~0u)
enum { POWER_UP_MASK = 0x0f15, POWER_UP_A3 = 1 };

/* Device IDs grew with the chips. */
enum {
    MCP51 = 0x0268, /* from here on, there are MAC_RESET and POWER_STATE_2 */
    MCP61 = 0x03e5  /* from here on, the MAC address is in the right order */
};

#define OWN     (1u << 31)
#define TX_LAST (1 << 16)
#define RX_OK   (1 << 16)
#define RX_BAD  (1 << 30)

enum { RX_COUNT = 32, TX_COUNT = 16, SIZE = 1600, LENGTH = 0xffff };

struct descriptor {
    uint32_t buffer;
    volatile uint32_t control;
};

struct shared {
    struct descriptor rx[RX_COUNT], tx[TX_COUNT];
    uint8_t rx_buffer[RX_COUNT][SIZE], tx_buffer[SIZE];
};

static struct {
    struct shared *shared;
    volatile uint8_t *regs;
    unsigned rx, tx, phy;
    uint32_t mode;        /* speed and duplex that the MAC has been told */
    uint32_t original[3]; /* address and its order, as they were */
} card;

static uint32_t get(unsigned reg)
{
    return mmio_read32(card.regs, reg);
}

static void set(unsigned reg, uint32_t value)
{
    mmio_write32(card.regs, reg, value);
}

/* Access a register of the PHY; `write` is MII_WRITE or 0. */
static uint16_t phy(unsigned reg, uint32_t write, uint16_t value)
{
    set(MII_STATUS, 7);
    if (get(MII_CONTROL) & MII_IN_USE) {
        set(MII_CONTROL, MII_IN_USE);
        delay_us(50);
    }
    set(MII_DATA, value);
    set(MII_CONTROL, card.phy << 5 | reg | write);
    if (!wait_until(!(get(MII_CONTROL) & MII_IN_USE), 1000, 10) || get(MII_STATUS) & MII_ERROR)
        return 0xffff;
    return get(MII_DATA);
}

static void swap_address(uint8_t *mac)
{
    for (unsigned i = 0; i < 3; i++) {
        uint8_t byte = mac[i];

        mac[i] = mac[5 - i];
        mac[5 - i] = byte;
    }
}

static bool find_phy(void)
{
    for (unsigned address = 1; address <= 32; address++) {
        card.phy = address & 31;
        if (phy(MII_PHYID1, 0, 0) != 0xffff)
            return true;
    }
    return false;
}

static int forcedeth_probe(struct nic *nic)
{
    uint16_t device = nic->pci.device;

    card.regs = nic->mmio = (volatile uint8_t *)pci_find_bar(&nic->pci, false);
    if (!card.regs)
        return E_NO_NIC;
    pci_enable(&nic->pci, PCI_COMMAND_MEMORY);
    card.original[0] = get(MAC_ADDRESS);
    card.original[1] = get(MAC_ADDRESS + 4);
    card.original[2] = get(TRANSMIT_POLL) & ADDRESS_IN_ORDER;
    memcpy(nic->mac, card.original, 6);
    if (device < MCP61 && !card.original[2])
        swap_address(nic->mac);
    set(WAKE_UP, 0);
    if (device >= MCP51) {
        bool a3 = device <= MCP51 + 1 && pci_read8(&nic->pci, PCI_REVISION) >= 0xa3;

        set(POWER_STATE_2, (get(POWER_STATE_2) & ~POWER_UP_MASK) | (a3 ? POWER_UP_A3 : 0));
    }
    set(MII_MASK, 0);
    set(ADAPTER_CONTROL, get(ADAPTER_CONTROL) & ~ADAPTER_RUNNING);
    if (!find_phy() || nic->mac[0] & 1)
        return E_NO_NIC;
    if (phy(MII_BMCR, 0, 0) & (BMCR_POWER_DOWN | BMCR_ISOLATE))
        phy(MII_BMCR, MII_WRITE, BMCR_AUTONEG | BMCR_RESTART);
    return 0;
}

static void start(unsigned control)
{
    set(control, (get(control) & ~PATH_OFF) | START);
}

static void stop(unsigned control)
{
    set(control, get(control) & ~START);
    wait_until(!(get(control + 4) & BUSY), 5000, 10);
    delay_us(100);
}

static void reset(const struct nic *nic, uint32_t mac_reset)
{
    set(TXRX_CONTROL, TXRX_BIT_2 | TXRX_RESET);
    get(TXRX_CONTROL);
    delay_us(4);
    if (nic->pci.device >= MCP51 && mac_reset) {
        set(MAC_RESET, mac_reset);
        delay_us(64);
        set(MAC_RESET, 0);
        delay_us(64);
    }
    set(TXRX_CONTROL, TXRX_BIT_2);
}

/* What open() writes, once the rings are known and before the PHY is looked at. */
static const struct {
    uint16_t reg;
    uint32_t value;
} setup[] = {
    {MULTICAST_A, 1}, /* the bit that says so is all that a group's address must have */
    {MULTICAST_B, 0},
    {MASK_A, 0},
    {MASK_B, 0},
    {FILTER, FILTER_ALWAYS | FILTER_OWN},
    {RING_SIZES, (RX_COUNT - 1) << 16 | (TX_COUNT - 1)},
    {LINK_SPEED, LINK_SPEED_FORCE | SPEED_10},
    {TX_WATERMARK, 0x200010},
    {TXRX_CONTROL, 0},
    {TXRX_CONTROL, TXRX_BIT_1},
    {MII_MASK, 0},
    {IRQ_MASK, 0},
    {IRQ_STATUS, 0x83ff},
    {MII_STATUS, 0xf},
    {MISC_1, MISC_1_FORCE | HALF_DUPLEX},
    {OFFLOAD_CONFIG, SIZE},
    {SLOT_TIME, SLOT_TIME_FAST},
    {TX_DEFERRAL, TX_DEFERRAL_DEFAULT},
    {RX_DEFERRAL, 0x16},
    {POLLING_INTERVAL, 0xffff},
    {SETUP_6, 3},
    {MII_SPEED, 0x105},
};

static void fill_rings(void)
{
    struct shared *shared = card.shared;

    for (unsigned i = 0; i < RX_COUNT; i++) {
        shared->rx[i].buffer = (uint32_t)shared->rx_buffer[i];
        shared->rx[i].control = OWN | SIZE;
    }
    for (unsigned i = 0; i < TX_COUNT; i++)
        shared->tx[i].buffer = (uint32_t)shared->tx_buffer;
    card.rx = 0;
    card.tx = TX_COUNT - 1; /* before the next one */
    card.mode = NO_LINK;
}

static void set_address(const void *mac, uint32_t order)
{
    uint32_t words[2] = {0};

    memcpy(words, mac, 6);
    set(MAC_ADDRESS, words[0]);
    set(MAC_ADDRESS + 4, words[1]);
    set(TRANSMIT_POLL, order);
}

static int forcedeth_open(struct nic *nic)
{
    card.shared = dma_alloc(sizeof(*card.shared), 64);
    if (!card.shared)
        return E_NO_MEMORY;
    fill_rings();
    pci_enable(&nic->pci, PCI_COMMAND_MASTER);
    stop(RX_CONTROL);
    stop(TX_CONTROL);
    set(ADAPTER_CONTROL, 0);
    set(LINK_SPEED, 0);
    reset(nic, 0xf3);
    set(SETUP_6, 0);
    set_address(nic->mac, nic->pci.device < MCP61 ? ADDRESS_IN_ORDER : 0);
    set(RX_RING, (uint32_t)card.shared->rx);
    set(TX_RING, (uint32_t)card.shared->tx);
    for (unsigned i = 0; i < sizeof(setup) / sizeof(*setup); i++)
        set(setup[i].reg, setup[i].value);
    if (!wait_until(get(SETUP_5) & OWN, 5000, 10))
        return E_NIC_OPEN;
    set(ADAPTER_CONTROL, card.phy << ADAPTER_PHY_SHIFT | ADAPTER_PHY_VALID | ADAPTER_RUNNING);
    set(POWER_STATE, get(POWER_STATE) | 0x8000);
    delay_us(10);
    set(POWER_STATE, get(POWER_STATE) | 0x100);
    start(RX_CONTROL);
    start(TX_CONTROL);
    return 0;
}

static int forcedeth_poll(struct nic *nic, void *buf, size_t cap)
{
    struct descriptor *descriptor = &card.shared->rx[card.rx];
    uint32_t control = descriptor->control;
    int result = E_PROTOCOL;

    (void)nic;
    if (control & OWN)
        return 0;
    barrier();
    if ((control & (RX_OK | RX_BAD)) == RX_OK)
        result = copy_received(buf, cap, card.shared->rx_buffer[card.rx], control & LENGTH);
    barrier();
    descriptor->control = OWN | SIZE;
    card.rx = (card.rx + 1) % RX_COUNT;
    return result;
}

static bool wait_sent(void)
{
    return wait_until(!(card.shared->tx[card.tx].control & OWN), 5000, 10);
}

static int forcedeth_transmit(struct nic *nic, const void *frame, size_t len)
{
    (void)nic;
    if (!wait_sent())
        return E_TRANSMIT;
    card.tx = (card.tx + 1) % TX_COUNT;
    len = copy_padded(card.shared->tx_buffer, frame, len);
    barrier();
    card.shared->tx[card.tx].control = OWN | TX_LAST | (len - 1);
    barrier();
    set(TXRX_CONTROL, TXRX_KICK);
    return 0;
}

/* What the two sides have agreed on, in PHY_INTERFACE's bits; NO_LINK while there is none. */
static uint32_t negotiated(void)
{
    uint16_t able;

    phy(MII_BMSR, 0, 0); /* it remembers a link that was lost until this */
    if (~phy(MII_BMSR, 0, 0) & (BMSR_LINK | BMSR_NEGOTIATED))
        return NO_LINK;
    if (phy(MII_CTRL1000, 0, 0) & phy(MII_STAT1000, 0, 0) >> 2 & ABLE_1000_FULL)
        return INTERFACE_1000;
    able = phy(MII_ANAR, 0, 0) & phy(MII_ANLPAR, 0, 0);
    if (able & ABLE_100)
        return INTERFACE_100 | (able & ABLE_100_FULL ? 0 : INTERFACE_HALF);
    return able & ABLE_10_FULL ? 0 : INTERFACE_HALF;
}

static void set_mode(uint32_t mode)
{
    static const uint16_t speeds[] = {SPEED_10, SPEED_100, SPEED_1000};
    uint32_t interface = get(PHY_INTERFACE) & ~(INTERFACE_HALF | INTERFACE_1000 | INTERFACE_100);
    uint32_t deferral = TX_DEFERRAL_DEFAULT;

    if (interface & INTERFACE_RGMII)
        deferral = mode & INTERFACE_1000 ? TX_DEFERRAL_1000 : TX_DEFERRAL_RGMII;
    stop(TX_CONTROL);
    stop(RX_CONTROL);
    set(SLOT_TIME, mode & INTERFACE_1000 ? SLOT_TIME_1000 : SLOT_TIME_FAST);
    set(PHY_INTERFACE, interface | mode);
    set(TX_DEFERRAL, deferral);
    set(MISC_1, MISC_1_FORCE | (mode & INTERFACE_HALF ? HALF_DUPLEX : 0));
    set(LINK_SPEED, LINK_SPEED_FORCE | speeds[mode & 3]);
    start(RX_CONTROL);
    start(TX_CONTROL);
}

static bool forcedeth_link(struct nic *nic)
{
    uint32_t mode = negotiated();

    (void)nic;
    if (mode != NO_LINK && mode != card.mode)
        set_mode(mode);
    card.mode = mode;
    return mode != NO_LINK;
}

static bool forcedeth_interrupt(struct nic *nic, enum nic_interrupt action)
{
    uint32_t status = get(IRQ_STATUS) & RECEIVED;

    (void)nic;
    if (action != INTERRUPT_ACKNOWLEDGE) {
        set(IRQ_MASK, action == INTERRUPT_ON ? RECEIVED : 0);
        return false;
    }
    set(IRQ_STATUS, status);
    return status;
}

static void forcedeth_close(struct nic *nic)
{
    if (card.shared) {
        wait_sent();
        delay_us(SEND_US);
    }
    set(IRQ_MASK, 0);
    stop(TX_CONTROL);
    stop(RX_CONTROL);
    reset(nic, 0);
    set_address(card.original, card.original[2]);
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver forcedeth = {
    .name = "forcedeth",
    .probe = forcedeth_probe,
    .open = forcedeth_open,
    .poll = forcedeth_poll,
    .transmit = forcedeth_transmit,
    .link = forcedeth_link,
    .interrupt = forcedeth_interrupt,
    .close = forcedeth_close,
};
NET_DRIVER(forcedeth);
