/* SPDX-License-Identifier: BSD-2-Clause */
/* 3Com EtherLink XL (Boomerang, Cyclone, Tornado, Hurricane) and before it EtherLink III PCI
 * (Vortex), polled. Registers have the names of the "3C90xC NICs Technical Reference"; a window of
 * them is selected by command.
 *
 * Vortex moves frames through two FIFOs, a word at a time. The others fetch them from and bring
 * them to descriptors. */
#include "mii.h"
#include "net_driver.h"

#include "lib/string.h"
#include "platform/bios/io.h"
#include "platform/bios/timer.h"

/* In every window; of a Vortex, those from 0x10 on belong to window 1. */
enum {
    COMMAND = 0x0e, /* read: IntStatus */
    FIFO = 0x10,
    RX_STATUS = 0x18,
    TX_STATUS = 0x1b,
    TX_FREE = 0x1c,
    DN_LIST_PTR = 0x24,
    TX_FREE_THRESH = 0x2f, /* Boomerang only; in units of 256 bytes */
    UP_LIST_PTR = 0x38,
};
/* In a window: its number comes first. */
enum {
    EEPROM_COMMAND = 0x00a,
    EEPROM_DATA = 0x00c,
    STATION_ADDRESS = 0x200,
    INTERNAL_CONFIG = 0x300,
    MAC_CONTROL = 0x306,
    MEDIA_OPTIONS = 0x308,
    PHYSICAL_MGMT = 0x408,
    MEDIA_STATUS = 0x40a,
};
/* Commands; the lower 11 bits are their parameter. */
enum {
    GLOBAL_RESET = 0 << 11,
    SELECT_WINDOW = 1 << 11,
    ENABLE_DC_CONVERTER = 2 << 11,
    RX_ENABLE = 4 << 11,
    RX_RESET = 5 << 11,
    UP_UNSTALL = 6 << 11 | 1,
    RX_DISCARD = 8 << 11,
    TX_ENABLE = 9 << 11,
    TX_RESET = 11 << 11,
    ACKNOWLEDGE_INTERRUPT = 13 << 11,
    SET_INTERRUPT_ENABLE = 14 << 11,
    SET_INDICATION_ENABLE = 15 << 11,
    SET_RX_FILTER = 16 << 11,
};
enum { KEEP_NETWORK = 4 /* of a reset: the PHY stays as it is */ };
enum { FILTER_INDIVIDUAL = 1, FILTER_MULTICAST = 2, FILTER_BROADCAST = 4 };
enum { INTERRUPT_LATCH = 1, RX_COMPLETE = 0x10, UP_COMPLETE = 0x400, IN_PROGRESS = 0x1000 };
enum { EEPROM_READ = 0x80, EEPROM_BUSY = 0x8000, EEPROM_ADDRESS = 10, EEPROM_SOFTWARE = 13 };
enum { RX_INCOMPLETE = 0x8000, RX_ERROR = 0x4000, RX_LENGTH = 0x1fff };
enum { TX_DONE = 0x80, TX_STOPPED = 0x3c, TX_WANTS_RESET = 0x30 /* jabber, underrun */ };
enum { LAST_FRAGMENT = 1u << 31, UP_DONE = 0x8000, UP_ERROR = 0x4000 };
enum { XCVR_SHIFT = 20, XCVR_MASK = 15, AUTO_SELECT = 1 << 24, RAM_SIZE = 7 };
enum { FULL_DUPLEX = 0x20 };
enum { LINK_BEAT = 0x0800, LINK_BEAT_ENABLE = 0x80, JABBER_GUARD = 0x40, SQE_ENABLE = 8 };
enum { MGMT_CLOCK = 1, MGMT_DATA = 2, MGMT_WRITE = 4 };

enum { PHY = 24, MEDIUM_MS = 3000 /* to wait for a link before the next port is tried */ };
enum { RX_COUNT = 64, SIZE = 1536 };
enum { VORTEX_FRAMES = 3 /* that 8 KB of packet memory take in */ };

/* What a card may be connected by, in the order in which that is tried. */
enum { XCVR_COAX = 3, XCVR_MII = 6, XCVR_AUTO = 8 };
enum { OPTION_TX = 0x02, OPTION_10BASE_T = 0x08, OPTION_MII = 0x40, OPTION_AUI = 0x20 };
enum { OPTION_AUTO = 0x80, OPTIONS = 0x7f };
static const struct medium {
    uint8_t options; /* bits of MediaOptions, and OPTION_AUTO */
    uint8_t xcvr;    /* for InternalConfig */
    uint8_t bits;    /* for MediaStatus */
} media[] = {
    {OPTION_AUTO, XCVR_AUTO, 0},
    {OPTION_TX, 4, LINK_BEAT_ENABLE},
    {0x04, 5, LINK_BEAT_ENABLE}, /* 100BASE-FX */
    {OPTION_MII | 0x01, XCVR_MII, 0},
    {OPTION_10BASE_T, 0, LINK_BEAT_ENABLE | JABBER_GUARD},
    {0x10, XCVR_COAX, 0},
    {OPTION_AUI, 1, SQE_ENABLE},
};
enum { MEDIA = sizeof(media) / sizeof(media[0]) };

struct descriptor {
    struct descriptor *next;
    volatile uint32_t status; /* received: UP_*, length; to send: length */
    uint8_t *buffer;
    uint32_t length;
};

/* All memory that the card reads and writes. */
struct shared {
    struct descriptor rx[RX_COUNT], tx;
    uint8_t rx_buffer[RX_COUNT][SIZE], tx_buffer[SIZE];
};

static struct {
    struct shared *shared;
    uint16_t io;
    bool vortex, boomerang;
    uint8_t options, duplex;
    const struct medium *medium;
    unsigned next; /* slot that the next frame comes in */
    struct deadline no_link;
} card;

static void command(unsigned value)
{
    out16(card.io + COMMAND, value);
    wait_until(!(in16(card.io + COMMAND) & IN_PROGRESS), 10000, 10);
}

/* Select the window of a register, and return the register's port. */
static uint16_t port(unsigned where)
{
    command(SELECT_WINDOW | where >> 8);
    return card.io + (where & 0xff);
}

static void eeprom_wait(void)
{
    uint16_t at = port(EEPROM_COMMAND);

    wait_until(!(in16(at) & EEPROM_BUSY), 1000, 10);
}

static uint16_t eeprom_read(unsigned word)
{
    eeprom_wait();
    out16(port(EEPROM_COMMAND), EEPROM_READ | word);
    eeprom_wait();
    return in16(port(EEPROM_DATA));
}

/* Read a register of the PHY with a management frame (IEEE 802.3, 22.2.4.5). */
static uint16_t mii_read(unsigned reg)
{
    uint32_t frame = 6u << 28 | PHY << 23 | reg << 18, value = 0;
    uint16_t at = port(PHYSICAL_MGMT);

    for (int bit = 63; bit >= 0; bit--) { /* 32 ones come first */
        unsigned out = MGMT_WRITE | (bit >= 32 || frame >> bit & 1 ? MGMT_DATA : 0);

        if (bit < 18) /* turnaround, data */
            out = 0;
        out16(at, out);
        delay_us(1);
        value = value << 1 | (in16(at) / MGMT_DATA & 1);
        out16(at, out | MGMT_CLOCK);
        delay_us(1);
    }
    return value;
}

static int etherlink_probe(struct nic *nic)
{
    unsigned device = nic->pci.device;

    card.io = nic->io = pci_find_bar(&nic->pci, true);
    if (!nic->io)
        return E_NO_NIC;
    pci_enable(&nic->pci, PCI_COMMAND_IO);
    card.vortex = device >> 8 == 0x59;
    card.boomerang = (device & ~0x51) == 0x9000;
    command(GLOBAL_RESET | KEEP_NETWORK);
    for (unsigned i = 0; i < 3; i++)
        ((uint16_t *)nic->mac)[i] = __builtin_bswap16(eeprom_read(EEPROM_ADDRESS + i));
    return nic->mac[0] & 1 ? E_NO_NIC : 0;
}

/* Go on to the next medium that the card has. */
static void next_medium(void)
{
    do
        card.medium = card.medium < &media[MEDIA - 1] ? card.medium + 1 : media;
    while (!(card.medium->options & card.options));
    card.no_link = deadline_in(MEDIUM_MS);
}

static void find_media(void)
{
    uint32_t config = in32(port(INTERNAL_CONFIG));

    card.options = in16(port(MEDIA_OPTIONS)) & OPTIONS;
    if (!card.options) /* 10BASE-FL has a bit elsewhere */
        card.options = OPTION_MII | OPTION_AUI;
    if (card.options & OPTION_TX && !card.vortex && !card.boomerang)
        card.options = (card.options & ~(OPTION_TX | OPTION_10BASE_T)) | OPTION_AUTO;
    for (unsigned i = 0; i < MEDIA && !(config & AUTO_SELECT); i++)
        if (media[i].xcvr == (config >> XCVR_SHIFT & XCVR_MASK))
            card.options = media[i].options;
    card.medium = &media[MEDIA - 1];
    next_medium();
}

/* The own address, and behind it a mask of bits that may differ. */
static void set_address(const uint16_t *mac)
{
    for (unsigned i = 0; i < 6; i++)
        out16(port(STATION_ADDRESS + 2 * i), i < 3 ? mac[i] : 0);
}

/* Start on the selected medium, with all receive slots free. */
static void start(const struct nic *nic)
{
    struct shared *shared = card.shared;
    uint16_t at = port(INTERNAL_CONFIG);

    out32(at, (in32(at) & ~(XCVR_MASK << XCVR_SHIFT)) | card.medium->xcvr << XCVR_SHIFT);
    out16(port(MAC_CONTROL), card.duplex);
    at = port(MEDIA_STATUS);
    out16(at, (in16(at) & ~(LINK_BEAT_ENABLE | JABBER_GUARD | SQE_ENABLE)) | card.medium->bits);
    if (card.medium->xcvr == XCVR_COAX) {
        command(ENABLE_DC_CONVERTER);
        delay_us(1000);
    }
    command(TX_RESET);
    command(RX_RESET | KEEP_NETWORK);
    set_address((const uint16_t *)nic->mac);
    for (unsigned i = 0; i < RX_COUNT; i++) {
        shared->rx[i].next = &shared->rx[(i + 1) % RX_COUNT];
        shared->rx[i].status = 0;
        shared->rx[i].buffer = shared->rx_buffer[i];
        shared->rx[i].length = SIZE | LAST_FRAGMENT;
    }
    card.next = 0;
    if (card.boomerang)
        out8(card.io + TX_FREE_THRESH, SIZE >> 8);
    if (!card.vortex)
        out32(card.io + UP_LIST_PTR, (uint32_t)shared->rx);
    command(SET_RX_FILTER | FILTER_INDIVIDUAL | FILTER_MULTICAST | FILTER_BROADCAST);
    command(RX_ENABLE);
    command(TX_ENABLE);
}

static int etherlink_open(struct nic *nic)
{
    card.shared = dma_alloc(sizeof(*card.shared), 16);
    if (!card.shared)
        return E_NO_MEMORY;
    card.shared->tx.buffer = card.shared->tx_buffer;
    command(GLOBAL_RESET | KEEP_NETWORK);
    pci_enable(&nic->pci, PCI_COMMAND_MASTER);
    card.duplex = eeprom_read(EEPROM_SOFTWARE) & 0x8000 ? FULL_DUPLEX : 0;
    find_media();
    if (card.vortex)
        nic->burst = VORTEX_FRAMES << (in32(port(INTERNAL_CONFIG)) & RAM_SIZE);
    start(nic);
    return 0;
}

/* A frame at the FIFO's head is read whole before it is looked at. */
static int read_fifo(void *buf, size_t cap)
{
    uint16_t status = in16(card.io + RX_STATUS);
    uint8_t *frame = card.shared->rx_buffer[0];
    size_t len = status & RX_LENGTH;
    int result = E_PROTOCOL;

    if (!len || status & RX_INCOMPLETE)
        return 0;
    if (!(status & RX_ERROR) && len <= SIZE) {
        in32s(card.io + FIFO, (uint32_t *)frame, (len + 3) / 4);
        result = copy_received(buf, cap, frame, len);
    }
    command(RX_DISCARD);
    return result;
}

static int etherlink_poll(struct nic *nic, void *buf, size_t cap)
{
    struct descriptor *slot = &card.shared->rx[card.next];
    uint32_t status = slot->status;
    int result = E_PROTOCOL;

    (void)nic;
    if (card.vortex)
        return read_fifo(buf, cap);
    if (!(status & UP_DONE))
        return 0;
    barrier();
    if (!(status & UP_ERROR))
        result = copy_received(buf, cap, card.shared->rx_buffer[card.next], status & RX_LENGTH);
    barrier();
    slot->status = 0;
    out16(card.io + COMMAND, UP_UNSTALL); /* it stops at a slot that is not free */
    card.next = (card.next + 1) % RX_COUNT;
    return result;
}

/* Is there room for a frame of len bytes? A frame that failed has stopped the transmitter. */
static bool can_send(size_t len)
{
    uint8_t status = in8(card.io + TX_STATUS);

    if (status & TX_DONE)
        out8(card.io + TX_STATUS, 0);
    if (status & TX_WANTS_RESET)
        command(TX_RESET);
    if (status & TX_STOPPED)
        command(TX_ENABLE);
    return card.vortex ? in16(card.io + TX_FREE) >= len + 8 : !in32(card.io + DN_LIST_PTR);
}

static int etherlink_transmit(struct nic *nic, const void *frame, size_t len)
{
    struct descriptor *slot = &card.shared->tx;
    uint8_t *copy = card.shared->tx_buffer;

    (void)nic;
    if (!wait_until(can_send(SIZE), 1000, 50))
        return E_TRANSMIT;
    len = copy_padded(copy, frame, len);
    slot->status = len;
    slot->length = len | LAST_FRAGMENT;
    barrier();
    if (card.vortex) {
        out32(card.io + FIFO, len);
        for (unsigned i = 0; i < len; i += 4)
            out32(card.io + FIFO, *(uint32_t *)(copy + i));
    } else {
        out32(card.io + DN_LIST_PTR, (uint32_t)slot);
    }
    return 0;
}

/* The card's MAC does not follow the PHY to full duplex. */
static bool phy_link(void)
{
    unsigned able;

    mii_read(MII_BMSR);
    if (!(mii_read(MII_BMSR) & BMSR_LINK))
        return false;
    able = mii_read(MII_ANAR) & mii_read(MII_ANLPAR);
    if (able & ABLE_100_FULL || (able & (ABLE_100 | ABLE_10_FULL)) == ABLE_10_FULL)
        card.duplex = FULL_DUPLEX;
    else
        card.duplex = 0;
    out16(port(MAC_CONTROL), card.duplex);
    return true;
}

/* Coax and AUI show no link: they are taken to have one, and tried last. */
static bool etherlink_link(struct nic *nic)
{
    bool up = true;

    if (card.medium->xcvr >= XCVR_MII)
        up = phy_link();
    else if (card.medium->bits & LINK_BEAT_ENABLE)
        up = in16(port(MEDIA_STATUS)) & LINK_BEAT;
    if (up) {
        card.no_link = deadline_in(MEDIUM_MS);
    } else if (deadline_passed(&card.no_link)) {
        next_medium();
        start(nic);
    }
    return up;
}

static bool etherlink_interrupt(struct nic *nic, enum nic_interrupt action)
{
    unsigned wanted = action == INTERRUPT_OFF ? 0 : RX_COMPLETE | UP_COMPLETE;
    bool raised = in16(card.io + COMMAND) & INTERRUPT_LATCH;

    (void)nic;
    if (action == INTERRUPT_ACKNOWLEDGE) {
        command(ACKNOWLEDGE_INTERRUPT | UP_COMPLETE | INTERRUPT_LATCH);
        return raised;
    }
    command(SET_INDICATION_ENABLE | wanted);
    command(SET_INTERRUPT_ENABLE | wanted);
    return false;
}

static void etherlink_close(struct nic *nic)
{
    if (card.shared && !card.vortex)
        wait_until(!in32(card.io + DN_LIST_PTR), 1000, 10);
    delay_us(SEND_US);
    command(GLOBAL_RESET | KEEP_NETWORK);
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver etherlink = {
    .name = "etherlink",
    .probe = etherlink_probe,
    .open = etherlink_open,
    .poll = etherlink_poll,
    .transmit = etherlink_transmit,
    .link = etherlink_link,
    .interrupt = etherlink_interrupt,
    .close = etherlink_close,
};
NET_DRIVER(etherlink);
