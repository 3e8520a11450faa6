/* SPDX-License-Identifier: BSD-2-Clause */
/* Intel 8255x (82557, 82558, 82559, 82550, 82551 and the 82562 with an ICH), polled. Section
 * numbers are those of Intel's "8255x 10/100 Mbps Ethernet Controller Family Open Source Software
 * Developer Manual", revision 1.3.
 *
 * Receive uses the simplified memory model: each descriptor is followed by its buffer. Every
 * command is a list of one command block, so the command unit is started when it is idle and never
 * resumed. Chips that hang when they are resumed on a 10 Mb/s link need no workaround then. */
#include "microwire.h"
#include "mii.h"
#include "net_driver.h"

#include "lib/string.h"
#include "platform/bios/io.h"
#include "platform/bios/timer.h"

/* Registers (6.3). */
enum {
    SCB_STATUS = 0, /* bits 7:6 command unit, 5:2 receive unit; byte 2 is the command */
    SCB_EVENTS = 1, /* STAT/ACK: writing ones acknowledges */
    SCB_COMMAND = 2,
    SCB_INTERRUPT_MASK = 3,
    SCB_POINTER = 4,
    PORT = 8,
    EEPROM = 14,
    MDI = 16,
};
enum {
    COMMAND_PENDING = 0xff0000, /* of SCB_STATUS read as 32 bits */
    CU_BUSY = 0xc0,             /* 00 is idle */
    RU_MASK = 0x3c,
    RU_READY = 0x10,
};
enum { INTERRUPTS_OFF = 1, INTERRUPTS_RECEIVE = 0x20 /* all but CNA, "command unit idle" */ };
enum { RECEIVER_STOPPED = 0x10 /* of SCB_EVENTS: RNR */ };
enum { RU_START = 0x01, RU_LOAD_BASE = 0x06, CU_START = 0x10, CU_LOAD_BASE = 0x60 };
enum { PORT_RESET = 0, PORT_SELECTIVE_RESET = 2 };
enum { EEPROM_SK = 1, EEPROM_CS = 2, EEPROM_DI = 4, EEPROM_DO = 8 };
enum { MDI_WRITE = 1 << 26, MDI_READ = 2 << 26, MDI_READY = 1 << 28 };

/* Command blocks and receive descriptors share these bits (6.4.2, 6.4.3). */
enum { COMMAND_ADDRESS = 1, COMMAND_CONFIGURE = 2, COMMAND_TRANSMIT = 4, END_OF_LIST = 0x8000 };
enum { STATUS_COMPLETE = 0x8000, STATUS_OK = 0x2000 };
enum { COUNT_MASK = 0x3fff, COUNT_EOF = 0x8000 };

enum {
    RX_COUNT = 128,
    RX_SIZE = 1520, /* a tagged frame; the FCS is not stored */
    NO_POINTER = -1,
    TX_THRESHOLD = 0xe0, /* x 8 bytes: all of a frame is in the FIFO before it goes out */
    IDLE_POLLS = 256,    /* empty polls until the receive unit's state is read */
    NO_PHY = 32,
    CONFIG_SIZE = 22,
};

struct receive_frame {
    volatile uint16_t status, command;
    uint32_t link;
    uint32_t reserved;
    volatile uint16_t count;
    uint16_t size;
    uint8_t data[RX_SIZE];
};

struct command_block {
    volatile uint16_t status;
    uint16_t command;
    uint32_t link;
    union {
        uint8_t data[CONFIG_SIZE];
        struct {
            uint32_t descriptors; /* NO_POINTER: the frame follows */
            uint16_t count;
            uint8_t threshold, descriptor_count;
            uint8_t frame[ETH_FRAME_MAX];
        } transmit;
    };
};

static struct {
    struct command_block *block;
    struct receive_frame *ring;
    unsigned head;  /* next descriptor to be filled; the one before it ends the list */
    unsigned whole; /* frames from there that are complete in memory */
    unsigned idle;  /* polls without a frame */
    uint8_t phy;
} card;

/* Configure command, bytes 0-21 (6.4.2.3). Values without a comment are the recommended ones. */
static const uint8_t configuration[CONFIG_SIZE] = {
    [0] = CONFIG_SIZE, [1] = 0x08, /* receive FIFO limit */
    [6] = 0x32,  /* standard transmit blocks and counters, bad frames and overruns are dropped */
    [7] = 0x07,  /* short frames are dropped; three retries after an underrun */
    [8] = 0x01,  /* MII, not an 82503 */
    [10] = 0x2e, /* source address comes from memory; 7 bytes of preamble */
    [12] = 0x60, /* interframe spacing */
    [14] = 0xf2,       [15] = 0x48, /* broadcast on, promiscuous off */
    [17] = 0x40,       [18] = 0xf2, /* short frames are padded */
    [19] = 0x82,                    /* the FDX pin decides on duplex; no magic packets */
    [20] = 0x3f,       [21] = 0x0d, /* all multicast */
};

/* Wait until the SCB has none of the `busy` bits. False after 50 ms. */
static bool scb_wait(const struct nic *nic, uint32_t busy)
{
    return wait_until(!(in32(nic->io + SCB_STATUS) & busy), 10000, 5);
}

static void scb_command(const struct nic *nic, uint8_t command, const void *pointer)
{
    scb_wait(nic, COMMAND_PENDING);
    out32(nic->io + SCB_POINTER, (uint32_t)pointer);
    out8(nic->io + SCB_COMMAND, command);
}

/* Let the command unit, which must be idle, run card.block. */
static void run_block(const struct nic *nic, uint16_t command)
{
    card.block->status = 0;
    card.block->command = command | END_OF_LIST;
    barrier();
    out32(nic->io + SCB_POINTER, (uint32_t)card.block);
    out8(nic->io + SCB_COMMAND, CU_START);
}

static bool set_up(const struct nic *nic, uint16_t command, const void *data, size_t len)
{
    memcpy(card.block->data, data, len);
    run_block(nic, command);
    return scb_wait(nic, COMMAND_PENDING | CU_BUSY) && card.block->status & STATUS_OK;
}

static void reset(const struct nic *nic)
{
    out32(nic->io + PORT, PORT_SELECTIVE_RESET); /* ends what it does on the bus (6.3.3.1) */
    delay_us(20);
    out32(nic->io + PORT, PORT_RESET);
    delay_us(20);
    out8(nic->io + SCB_INTERRUPT_MASK, INTERRUPTS_OFF);
}

/* Clock one bit into the EEPROM (section 5). Returns the bit that it shows. */
static unsigned eeprom_bit(const struct nic *nic, unsigned bit)
{
    unsigned value = EEPROM_CS | (bit ? EEPROM_DI : 0);

    out8(nic->io + EEPROM, value);
    delay_us(4);
    out8(nic->io + EEPROM, value | EEPROM_SK);
    delay_us(4);
    return !!(in8(nic->io + EEPROM) & EEPROM_DO);
}

static bool eeprom_read(const struct nic *nic, unsigned word, unsigned *width, uint16_t *value)
{
    bool found;

    out8(nic->io + EEPROM, EEPROM_CS);
    found = microwire_read(nic, eeprom_bit, word, width, value);
    out8(nic->io + EEPROM, 0);
    delay_us(4);
    return found;
}

static uint16_t mdi(const struct nic *nic, unsigned phy, unsigned reg, uint32_t operation)
{
    uint32_t value;

    out32(nic->io + MDI, operation | phy << 21 | reg << 16);
    wait_until((value = in32(nic->io + MDI)) & MDI_READY, 200, 10);
    return value;
}

/* Search the PHY from address 1 on, where all but early boards have it. On boards with an 82503 or
 * an 80C24 none answers. */
static void find_phy(const struct nic *nic)
{
    for (card.phy = 0; card.phy < NO_PHY; card.phy++) {
        unsigned address = (card.phy + 1) % 32;
        uint16_t status = mdi(nic, address, MII_BMSR, MDI_READ);

        if (status && status != 0xffff) {
            card.phy = address;
            return;
        }
    }
}

/* The DP83840 holds frames back unless its congestion control is off and TX_READY is selected. */
static void fix_phy(const struct nic *nic)
{
    enum { DP83840_ID1 = 0x2000, DP83840_ID2 = 0x5c00, PCS_CONFIG = 23 };
    uint16_t value;

    if (mdi(nic, card.phy, MII_PHYID1, MDI_READ) != DP83840_ID1 ||
        (mdi(nic, card.phy, MII_PHYID2, MDI_READ) & 0xfff0) != DP83840_ID2)
        return;
    value = mdi(nic, card.phy, PCS_CONFIG, MDI_READ);
    mdi(nic, card.phy, PCS_CONFIG, MDI_WRITE | (value & ~0x0100) | 0x0400);
}

static int eepro100_probe(struct nic *nic)
{
    unsigned width = 8;

    nic->io = pci_find_bar(&nic->pci, true);
    if (!nic->io)
        return E_NO_NIC;
    pci_enable(&nic->pci, PCI_COMMAND_IO);
    reset(nic);
    for (unsigned i = 0; i < 3; i++) {
        if (!eeprom_read(nic, i, &width, (uint16_t *)nic->mac + i))
            return E_NO_NIC;
    }
    return nic->mac[0] & 1 ? E_NO_NIC : 0;
}

static void fill_ring(void)
{
    struct receive_frame *ring = card.ring;

    for (unsigned i = 0; i < RX_COUNT; i++) {
        ring[i].link = (uint32_t)&ring[(i + 1) % RX_COUNT];
        ring[i].reserved = NO_POINTER;
        ring[i].size = RX_SIZE;
    }
    ring[RX_COUNT - 1].command = END_OF_LIST;
    card.head = card.whole = 0;
}

static int eepro100_open(struct nic *nic)
{
    uint8_t config[CONFIG_SIZE];

    card.block = dma_alloc(sizeof(*card.block), 16);
    card.ring = dma_alloc(RX_COUNT * sizeof(*card.ring), 16);
    if (!card.block || !card.ring)
        return E_NO_MEMORY;
    fill_ring();
    reset(nic);
    pci_enable(&nic->pci, PCI_COMMAND_IO | PCI_COMMAND_MASTER);
    find_phy(nic);
    memcpy(config, configuration, CONFIG_SIZE);
    if (card.phy < NO_PHY) {
        fix_phy(nic);
    } else {
        config[8] = 0;      /* 82503 */
        config[15] |= 0x80; /* which also shows a carrier on its collision pin */
    }
    scb_command(nic, CU_LOAD_BASE, NULL);
    scb_command(nic, RU_LOAD_BASE, NULL);
    scb_wait(nic, COMMAND_PENDING);
    if (!set_up(nic, COMMAND_CONFIGURE, config, CONFIG_SIZE) ||
        !set_up(nic, COMMAND_ADDRESS, nic->mac, 6))
        return E_NIC_OPEN;
    scb_command(nic, RU_START, card.ring);
    return 0;
}

/* The receive unit stops at the end of the list, and drops frames until it is started again
 * (6.5.4). Reading its state takes time, so it is read after many empty polls only. The list may
 * have filled up since this poll looked at the descriptor, so that is looked at again. */
static void restart_receiver(const struct nic *nic)
{
    const struct receive_frame *frame = &card.ring[card.head];

    if (++card.idle % IDLE_POLLS == 0 && (in8(nic->io + SCB_STATUS) & RU_MASK) != RU_READY &&
        !(frame->status & STATUS_COMPLETE))
        scb_command(nic, RU_START, frame);
}

/* Emulated cards set a frame's status before its length and data. They do not interrupt that for a
 * register access, so after one such access all frames seen before it are complete. */
static bool find_frames(const struct nic *nic)
{
    while (card.whole < RX_COUNT &&
           card.ring[(card.head + card.whole) % RX_COUNT].status & STATUS_COMPLETE)
        card.whole++;
    if (card.whole)
        in8(nic->io + SCB_STATUS);
    else
        restart_receiver(nic);
    return card.whole;
}

static int eepro100_poll(struct nic *nic, void *buf, size_t cap)
{
    struct receive_frame *frame = &card.ring[card.head];
    struct receive_frame *last = &card.ring[(card.head - 1) % RX_COUNT];
    int result;

    if (!card.whole && !find_frames(nic))
        return 0;
    card.whole--;
    result = E_PROTOCOL;
    if (frame->status & STATUS_OK)
        result = copy_received(buf, cap, frame->data, frame->count & COUNT_MASK);
    frame->status = 0;
    frame->count = 0;
    frame->command = END_OF_LIST;
    barrier();
    last->command = 0;
    card.head = (card.head + 1) % RX_COUNT;
    return result;
}

static int eepro100_transmit(struct nic *nic, const void *frame, size_t len)
{
    if (!scb_wait(nic, COMMAND_PENDING | CU_BUSY))
        return E_TRANSMIT;
    card.block->transmit.descriptors = NO_POINTER;
    card.block->transmit.count = len | COUNT_EOF;
    card.block->transmit.threshold = TX_THRESHOLD;
    memcpy(card.block->transmit.frame, frame, len);
    run_block(nic, COMMAND_TRANSMIT);
    return 0;
}

static bool eepro100_link(struct nic *nic)
{
    if (card.phy == NO_PHY)
        return true;
    mdi(nic, card.phy, MII_BMSR, MDI_READ);
    return mdi(nic, card.phy, MII_BMSR, MDI_READ) & BMSR_LINK;
}

static bool eepro100_interrupt(struct nic *nic, enum nic_interrupt action)
{
    uint8_t events = in8(nic->io + SCB_EVENTS);

    out8(nic->io + SCB_EVENTS, events);
    if (events & RECEIVER_STOPPED)
        card.idle = -1; /* read its state at the next empty poll: there are few of them now */
    if (action == INTERRUPT_ACKNOWLEDGE)
        return events;
    out8(nic->io + SCB_INTERRUPT_MASK,
         action == INTERRUPT_ON ? INTERRUPTS_RECEIVE : INTERRUPTS_OFF);
    return false;
}

static void eepro100_close(struct nic *nic)
{
    scb_wait(nic, COMMAND_PENDING | CU_BUSY);
    delay_us(SEND_US);
    reset(nic);
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver eepro100_driver = {
    .name = "eepro100",
    .probe = eepro100_probe,
    .open = eepro100_open,
    .poll = eepro100_poll,
    .transmit = eepro100_transmit,
    .link = eepro100_link,
    .interrupt = eepro100_interrupt,
    .close = eepro100_close,
};

NET_DRIVER(eepro100_driver);
