/* SPDX-License-Identifier: BSD-2-Clause */
/* SiS 900 and SiS 7016, also inside of SiS 630 to SiS 963, polled. Registers have the names of
 * SiS's datasheets; what the chips inside of chipsets do otherwise is known from Linux's, FreeBSD's
 * and Etherboot's drivers. Rings are those of National's DP83815, which has this MAC, too. */
#include "mii.h"
#include "net_driver.h"

#include "lib/string.h"
#include "platform/bios/io.h"

enum {
    CR = 0x00,
    CFG = 0x04,
    MEAR = 0x08, /* pins of the EEPROM and of the PHY's management */
    ISR = 0x10,
    IMR = 0x14,
    IER = 0x18,
    TXDP = 0x20,
    TXCFG = 0x24,
    RXDP = 0x30,
    RXCFG = 0x34,
    RFCR = 0x48,
    RFDR = 0x4c,
};
enum { TX_ENABLE = 1, RX_ENABLE = 4, RESET = 0x130 /* chip, receiver, transmitter */ };
enum { PHY_BY_PINS = 0x200, RELOAD = 0x400 };
enum { BUS_EDB = 0x2000 };
enum { RECEIVED = 5 /* good or not */, RESETS_DONE = 3 << 24 };
enum { MDC = 0x40, MDIO_DRIVE = 0x20, MDIO = 0x10 };
enum { EE_SELECT = 8, EE_CLOCK = 4, EE_REQUEST = 0x400, EE_GRANTED = 0x100, EE_DONE = 0x200 };
enum { EE_READ = 0x180, EE_ADDRESS = 8 /* word with the card's */ };
enum { MII_READ = 0x6000, MII_WRITE = 0x5002, PHYS = 32 };
enum { SIS630E = 0x81, SIS630ET = 0x84, SIS635A = 0x90, SIS96X = 0x91 }; /* revisions */
/* Of SiS 630E's ISA bridge: behind which of its registers the CMOS memory with the address is. */
enum { BRIDGE = 1 << 3, BRIDGE_CMOS = 0x48, BRIDGE_CMOS_APC = 0x40, CMOS_ADDRESS = 9 };
/* TXCFG: pad, refill when 512 bytes are free, send when 1536 are there. */
#define TX_SETTINGS    0x10001030
#define TX_FULL_DUPLEX (3u << 30) /* ignore carrier and heartbeat */
/* RXCFG: write when 128 bytes are there. */
#define RX_SETTINGS    0x20
#define RX_FULL_DUPLEX (1 << 28)  /* receive while sending */
#define SMALL_BURSTS   (5 << 20)  /* of 64 bytes, else of 512; of both */
#define FILTER         (7u << 29) /* RFCR: broadcast, multicast and own address */
#define BAD            0x067c0000 /* of a received descriptor */

/* OWN of a descriptor: who filled the buffer has set it, the card when it receives. */
enum { OWN = 1u << 31, LENGTH = 0xfff, FCS = 4 };
enum { RX_SLOTS = 64, TX_SLOTS = 4, SIZE = 1536 };

struct descriptor {
    struct descriptor *next;
    volatile uint32_t status; /* and length */
    uint8_t *buffer;
    uint32_t unused;
};

/* All memory that the card reads and writes: receive slots, and behind them those to send from. */
struct shared {
    struct descriptor ring[RX_SLOTS + TX_SLOTS];
    uint8_t buffer[RX_SLOTS + TX_SLOTS][SIZE];
};

static struct {
    struct shared *shared;
    unsigned rx, tx, phy;
    uint32_t mode; /* what CR has besides commands */
    uint16_t io;
} card;

static void command(uint32_t bits)
{
    out32(card.io + CR, card.mode | bits);
}

static bool reset(void)
{
    uint32_t left = RESETS_DONE;

    out32(card.io + IER, 0);
    out32(card.io + RFCR, 0);
    command(RESET);
    if (!wait_until(!(left &= ~in32(card.io + ISR)), 1000, 10))
        return false;
    command(0);
    return true;
}

static uint16_t eeprom_word(unsigned word)
{
    uint32_t frame = (EE_READ | word) << 16, result = 0;

    out32(card.io + MEAR, 0);
    for (int i = 24; i >= 0; i--) {
        uint32_t pins = EE_SELECT | (frame >> i & 1);

        out32(card.io + MEAR, pins);
        delay_us(1);
        out32(card.io + MEAR, pins | EE_CLOCK);
        delay_us(1);
        result = result << 1 | (in32(card.io + MEAR) >> 1 & 1);
    }
    return result;
}

/* SiS 962 and 963 share the EEPROM with their FireWire controller. */
static void read_eeprom(struct nic *nic, bool shared)
{
    if (shared) {
        out32(card.io + MEAR, EE_REQUEST);
        wait_until(in32(card.io + MEAR) & EE_GRANTED, 2000, 1);
    }
    for (unsigned i = 0; i < 3; i++)
        ((uint16_t *)nic->mac)[i] = eeprom_word(EE_ADDRESS + i);
    out32(card.io + MEAR, shared ? EE_DONE : 0);
}

static void read_cmos(struct nic *nic)
{
    static const struct pci_device bridge = {.busdevfn = BRIDGE};
    uint8_t select = pci_read8(&bridge, BRIDGE_CMOS);

    pci_write8(&bridge, BRIDGE_CMOS, select | BRIDGE_CMOS_APC);
    for (unsigned i = 0; i < 6; i++) {
        out8(0x70, CMOS_ADDRESS + i);
        nic->mac[i] = in8(0x71);
    }
    pci_write8(&bridge, BRIDGE_CMOS, select);
}

/* The chip loads its filter with the address of its own. */
static void read_filter(struct nic *nic)
{
    command(RELOAD);
    command(0);
    for (unsigned i = 0; i < 3; i++) {
        out32(card.io + RFCR, i << 16);
        ((uint16_t *)nic->mac)[i] = in16(card.io + RFDR);
    }
}

static int sis900_probe(struct nic *nic)
{
    uint8_t revision = pci_read8(&nic->pci, PCI_REVISION);

    card.io = nic->io = pci_find_bar(&nic->pci, true);
    if (!nic->io)
        return E_NO_NIC;
    pci_enable(&nic->pci, PCI_COMMAND_IO);
    card.mode = revision == SIS630ET ? PHY_BY_PINS : 0;
    if (!reset())
        return E_NO_NIC;
    if (revision == SIS630E)
        read_cmos(nic);
    else if (revision > SIS630E && revision <= SIS635A)
        read_filter(nic);
    else
        read_eeprom(nic, revision == SIS96X);
    return nic->mac[0] & 1 ? E_NO_NIC : 0;
}

/* A frame of management (IEEE 802.3 section 22.2.4.5), all of whose bits the driver clocks. */
static uint16_t mii(unsigned reg, unsigned direction, uint16_t value)
{
    uint32_t frame = (direction | card.phy << 7 | reg << 2) << 16 | value, result = 0;

    for (int i = 63; i >= 0; i--) {
        uint32_t pins = i > 31 || frame >> i & 1 ? MDIO_DRIVE | MDIO : MDIO_DRIVE;

        if (i < 16 && direction == MII_READ)
            pins = 0;
        out32(card.io + MEAR, pins);
        result = result << 1 | (in32(card.io + MEAR) / MDIO & 1);
        out32(card.io + MEAR, pins | MDC);
    }
    out32(card.io + MEAR, 0);
    return result;
}

/* Find the PHY, and have it negotiate unless it does already. */
static bool start_phy(void)
{
    enum { MODE = BMCR_AUTONEG | BMCR_ISOLATE | BMCR_POWER_DOWN };

    for (card.phy = 0; (uint16_t)(mii(MII_BMSR, MII_READ, 0) + 1) < 2; card.phy++)
        if (card.phy == PHYS - 1)
            return false;
    if ((mii(MII_BMCR, MII_READ, 0) & MODE) != BMCR_AUTONEG) {
        mii(MII_ANAR, MII_WRITE, 0x01e1);
        mii(MII_BMCR, MII_WRITE, BMCR_AUTONEG | BMCR_RESTART);
    }
    return true;
}

static int sis900_open(struct nic *nic)
{
    struct shared *shared = card.shared = dma_alloc(sizeof(*shared), 16);

    if (!shared)
        return E_NO_MEMORY;
    for (unsigned i = 0; i < RX_SLOTS + TX_SLOTS; i++) {
        shared->ring[i].buffer = shared->buffer[i];
        shared->ring[i].next = &shared->ring[i + 1];
        shared->ring[i].status = i < RX_SLOTS ? SIZE : 0;
    }
    shared->ring[RX_SLOTS - 1].next = shared->ring;
    shared->ring[RX_SLOTS + TX_SLOTS - 1].next = &shared->ring[RX_SLOTS];
    card.rx = card.tx = 0;
    if (!reset() || !start_phy())
        return E_NIC_OPEN;
    pci_enable(&nic->pci, PCI_COMMAND_MASTER);
    for (unsigned i = 0; i < 3; i++) {
        out32(card.io + RFCR, i << 16);
        out32(card.io + RFDR, ((uint16_t *)nic->mac)[i]);
    }
    out32(card.io + RXDP, (uint32_t)shared->ring);
    out32(card.io + TXDP, (uint32_t)&shared->ring[RX_SLOTS]);
    out32(card.io + TXCFG, TX_SETTINGS | SMALL_BURSTS);
    out32(card.io + RXCFG, RX_SETTINGS | SMALL_BURSTS);
    out32(card.io + RFCR, FILTER);
    command(RX_ENABLE);
    return 0;
}

static int sis900_poll(struct nic *nic, void *buf, size_t cap)
{
    struct descriptor *slot = &card.shared->ring[card.rx];
    uint32_t status = slot->status;
    int result = E_PROTOCOL;

    (void)nic;
    if (!(status & OWN))
        return 0;
    barrier();
    if (!(status & BAD))
        result = copy_received(buf, cap, card.shared->buffer[card.rx], (status & LENGTH) - FCS);
    barrier();
    slot->status = SIZE;
    command(RX_ENABLE); /* it stops when it finds no slot */
    card.rx = (card.rx + 1) % RX_SLOTS;
    return result;
}

static bool is_free(unsigned slot)
{
    return wait_until(!(card.shared->ring[slot].status & OWN), 1000, 50);
}

static int sis900_transmit(struct nic *nic, const void *frame, size_t len)
{
    unsigned slot = RX_SLOTS + card.tx % TX_SLOTS;

    (void)nic;
    if (!is_free(slot))
        return E_TRANSMIT;
    memcpy(card.shared->buffer[slot], frame, len);
    barrier();
    card.shared->ring[slot].status = OWN | len;
    command(TX_ENABLE);
    card.tx++;
    return 0;
}

/* The MAC does not follow the PHY to full duplex. */
static bool sis900_link(struct nic *nic)
{
    uint32_t bursts = in32(card.io + CFG) & BUS_EDB ? SMALL_BURSTS : 0;
    uint16_t able;
    bool full;

    (void)nic;
    if (!(mii(MII_BMSR, MII_READ, 0) & BMSR_LINK))
        return false;
    able = mii(MII_ANAR, MII_READ, 0) & mii(MII_ANLPAR, MII_READ, 0);
    full = able & (able & ABLE_100 ? ABLE_100_FULL : ABLE_10_FULL);
    out32(card.io + TXCFG, bursts | (full ? TX_SETTINGS | TX_FULL_DUPLEX : TX_SETTINGS));
    out32(card.io + RXCFG, bursts | (full ? RX_SETTINGS | RX_FULL_DUPLEX : RX_SETTINGS));
    return true;
}

static bool sis900_interrupt(struct nic *nic, enum nic_interrupt action)
{
    uint32_t status = in32(card.io + ISR) & RECEIVED; /* reading acknowledges */

    (void)nic;
    if (action == INTERRUPT_ACKNOWLEDGE)
        return status;
    out32(card.io + IMR, RECEIVED);
    out32(card.io + IER, action == INTERRUPT_ON);
    return false;
}

static void sis900_close(struct nic *nic)
{
    if (card.shared)
        is_free(RX_SLOTS + (card.tx - 1) % TX_SLOTS);
    delay_us(SEND_US);
    reset();
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver sis900 = {
    .name = "sis900",
    .probe = sis900_probe,
    .open = sis900_open,
    .poll = sis900_poll,
    .transmit = sis900_transmit,
    .link = sis900_link,
    .interrupt = sis900_interrupt,
    .close = sis900_close,
};
NET_DRIVER(sis900);
