/* SPDX-License-Identifier: BSD-2-Clause */
/* Davicom DM9009, DM9100, DM9102 and DM9132, polled. They resemble DEC's 21140, whose names the
 * registers have here; what differs is as Linux's dmfe has it: descriptors form chains, the PHY is
 * the chip's own, and the DM9132 has registers for PHY and address filter. */
#include "microwire.h"
#include "mii.h"
#include "mii_pins.h"
#include "net_driver.h"

#include "lib/string.h"
#include "platform/bios/io.h"
#include "platform/bios/timer.h"

enum {
    CSR_BUS = 0x00,
    CSR_TX_DEMAND = 0x08,
    CSR_RX_RING = 0x18,
    CSR_TX_RING = 0x20,
    CSR_STATUS = 0x28,
    CSR_MODE = 0x30,
    CSR_INTERRUPTS = 0x38,
    CSR_ROM = 0x48,
    CSR_PINS = 0x60,
    CSR_TIMERS = 0x78,
    DM9132_PHY = 0x80, /* 16 bits every 4 bytes, as the next two */
    DM9132_ADDRESS = 0xc0,
    DM9132_HASH = 0xcc,
};
enum { BUS_RESET = 1, PINS_OUT = 0x180, PINS_RESET = 0x80, TIMERS_OFF = 6 };
enum { RECEIVED = 1 << 6, INTERRUPT = 1 << 16, RUNNING = 0x007e0000 }; /* status */
enum { ROM_SELECT = 0x4800, ROM_CS = 1, ROM_SK = 2, ROM_DI = 4, ROM_DO = 8 };
enum { MII_CLOCK = 1 << 16, MII_OUT = 1 << 17, MII_INPUT = 1 << 18, MII_IN = 1 << 19 };
enum {
    MODE_RECEIVE = 1 << 1,
    MODE_FULL_DUPLEX = 1 << 9,
    MODE_TRANSMIT = 1 << 13,
    /* Every multicast, no heartbeat, send only whole frames; and not the external PHY. */
    MODE_SETTINGS = 1 << 7 | 1 << 19 | 1 << 21,
};

enum { OWN = 1u << 31, RX_ERROR = 0x8000, RX_WHOLE = 0x0300 }; /* status */
enum { LAST = 1 << 30, FIRST = 1 << 29, SETUP = 1 << 27, CHAIN = 1 << 24 };
enum { RX_SLOTS = 64, TX_SLOTS = 4, SIZE = 1536, FCS = 4, SETUP_SIZE = 192, ADDRESS_WORD = 10 };
enum { DM9009 = 0x9009, DM9132 = 0x9132, PHY = 1 };

struct descriptor {
    volatile uint32_t status, control;
    uint8_t *buffer;
    struct descriptor *next;
};

/* All memory that the card reads and writes: receive slots, and behind them those to send from. */
struct shared {
    struct descriptor ring[RX_SLOTS + TX_SLOTS];
    uint8_t buffer[RX_SLOTS + TX_SLOTS][SIZE];
};

static struct {
    struct shared *shared;
    unsigned rx, tx;
    uint32_t mode;
    uint16_t io, device;
} card;

/* Write CSR9, and return what it shows then. Two accesses take long enough for the serial buses. */
static __attribute__((noinline)) uint32_t cycle(uint32_t value)
{
    out32(card.io + CSR_ROM, value);
    return in32(card.io + CSR_ROM);
}

static __attribute__((noinline)) unsigned rom_bit(const struct nic *nic, unsigned bit)
{
    uint32_t value = ROM_SELECT | ROM_CS | (bit ? ROM_DI : 0);

    (void)nic;
    cycle(value);
    return cycle(value | ROM_SK) / ROM_DO & 1;
}

static __attribute__((noinline)) bool mii_pins(bool clock, bool data, bool drive)
{
    uint32_t value = clock ? MII_CLOCK : 0;

    if (!drive)
        value |= MII_INPUT;
    else if (data)
        value |= MII_OUT;
    return cycle(value) & MII_IN;
}

static uint16_t mii(uint32_t frame)
{
    uint16_t reg = card.io + DM9132_PHY + (frame >> 16 & 0x7c);

    if (card.device != DM9132)
        return mdio_transfer(frame, mii_pins);
    if (frame & MDIO_WRITES)
        out16(reg, frame);
    return in16(reg);
}

static uint16_t mii_read(unsigned reg)
{
    return mii(MDIO_READ(PHY, reg));
}

static int dmfe_probe(struct nic *nic)
{
    unsigned width = 8;

    card.io = nic->io = pci_find_bar(&nic->pci, true);
    card.device = nic->pci.device;
    if (!nic->io)
        return E_NO_NIC;
    pci_enable(&nic->pci, PCI_COMMAND_IO);
    /* A read of word 0 finds out how many bits an address has. */
    for (unsigned i = 0; i < 4; i++) {
        cycle(ROM_SELECT);
        cycle(ROM_SELECT | ROM_CS);
        if (!microwire_read(nic, rom_bit, i ? ADDRESS_WORD - 1 + i : 0, &width,
                            (uint16_t *)nic->mac + (i ? i - 1 : 0)))
            return E_NO_NIC;
    }
    cycle(0);
    return nic->mac[0] & 1 ? E_NO_NIC : 0;
}

static void reset(void)
{
    out32(card.io + CSR_BUS, BUS_RESET);
    delay_us(100);
    out32(card.io + CSR_BUS, 0);
    delay_us(10);
}

static void start_phy(void)
{
    enum { REG_18_BIT_12 = 0x1000 }; /* of the DM9009: Davicom clears it */

    out32(card.io + CSR_PINS, PINS_OUT);
    if (card.device == DM9009) {
        out32(card.io + CSR_PINS, PINS_RESET);
        delay_us(300000);
    }
    out32(card.io + CSR_PINS, 0);
    if (card.device == DM9009)
        mii(MDIO_WRITE(PHY, 18) | (mii_read(18) & ~REG_18_BIT_12));
    if ((mii_read(MII_BMCR) & (BMCR_AUTONEG | BMCR_POWER_DOWN | BMCR_ISOLATE)) != BMCR_AUTONEG)
        mii(MDIO_WRITE(PHY, MII_BMCR) | BMCR_AUTONEG | BMCR_RESTART);
}

static bool is_free(unsigned slot)
{
    return wait_until(!(card.shared->ring[slot].status & OWN), 5000, 10);
}

static void send(uint32_t control)
{
    struct descriptor *slot = &card.shared->ring[RX_SLOTS + card.tx++ % TX_SLOTS];

    slot->control = control | CHAIN;
    barrier();
    slot->status = OWN;
    out32(card.io + CSR_TX_DEMAND, 1);
}

/* Which addresses to receive: the DM9132 has registers, with a hash filter that everything passes.
 * The others take a setup frame of 16 addresses, each in the lower halves of three words; all but
 * the first are broadcast. */
static bool set_addresses(const struct nic *nic)
{
    uint8_t *table = card.shared->buffer[RX_SLOTS];

    if (card.device == DM9132) {
        for (unsigned i = 0; i < 7; i++)
            out16(card.io + DM9132_ADDRESS + 4 * i, i < 3 ? ((uint16_t *)nic->mac)[i] : 0xffff);
        return true;
    }
    memset(table, 0xff, SETUP_SIZE);
    for (unsigned i = 0; i < 6; i += 2)
        memcpy(table + 2 * i, nic->mac + i, 2);
    send(SETUP | SETUP_SIZE);
    return is_free(RX_SLOTS);
}

static void run(uint32_t mode)
{
    card.mode = mode;
    out32(card.io + CSR_MODE, mode);
    wait_until(!(in32(card.io + CSR_STATUS) & RUNNING), 200, 10);
    out32(card.io + CSR_MODE, mode | MODE_TRANSMIT | MODE_RECEIVE);
}

static int dmfe_open(struct nic *nic)
{
    struct shared *shared = card.shared = dma_alloc(sizeof(*shared), 32);

    if (!shared)
        return E_NO_MEMORY;
    for (unsigned i = 0; i < RX_SLOTS + TX_SLOTS; i++) {
        shared->ring[i].buffer = shared->buffer[i];
        shared->ring[i].next = &shared->ring[i + 1];
        shared->ring[i].control = CHAIN | SIZE;
        shared->ring[i].status = i < RX_SLOTS ? OWN : 0;
    }
    shared->ring[RX_SLOTS - 1].next = shared->ring;
    shared->ring[RX_SLOTS + TX_SLOTS - 1].next = &shared->ring[RX_SLOTS];
    card.rx = card.tx = 0;
    reset();
    pci_enable(&nic->pci, PCI_COMMAND_MASTER);
    start_phy();
    out32(card.io + CSR_RX_RING, (uint32_t)shared->ring);
    out32(card.io + CSR_TX_RING, (uint32_t)&shared->ring[RX_SLOTS]);
    out32(card.io + CSR_TIMERS, TIMERS_OFF);
    out32(card.io + CSR_MODE, MODE_SETTINGS | MODE_TRANSMIT);
    if (!set_addresses(nic))
        return E_NIC_OPEN;
    run(MODE_SETTINGS);
    return 0;
}

static int dmfe_poll(struct nic *nic, void *buf, size_t cap)
{
    struct descriptor *slot = &card.shared->ring[card.rx];
    uint32_t status = slot->status;
    int result = E_PROTOCOL;

    (void)nic;
    if (status & OWN)
        return 0;
    barrier();
    if ((status & (RX_ERROR | RX_WHOLE)) == RX_WHOLE)
        result =
            copy_received(buf, cap, card.shared->buffer[card.rx], (status >> 16 & 0x3fff) - FCS);
    barrier();
    slot->status = OWN;
    card.rx = (card.rx + 1) % RX_SLOTS;
    return result;
}

static int dmfe_transmit(struct nic *nic, const void *frame, size_t len)
{
    unsigned slot = RX_SLOTS + card.tx % TX_SLOTS;

    (void)nic;
    if (!is_free(slot))
        return E_TRANSMIT;
    send(FIRST | LAST | copy_padded(card.shared->buffer[slot], frame, len));
    return 0;
}

/* The MAC does not follow the PHY to full duplex. */
static bool dmfe_link(struct nic *nic)
{
    uint32_t able, mode = MODE_SETTINGS;

    (void)nic;
    mii_read(MII_BMSR);
    if (!(mii_read(MII_BMSR) & BMSR_LINK))
        return false;
    able = mii_read(MII_ANAR) & mii_read(MII_ANLPAR);
    if (able & ABLE_100_FULL || (able & (ABLE_100 | ABLE_10_FULL)) == ABLE_10_FULL)
        mode |= MODE_FULL_DUPLEX;
    if (mode != card.mode)
        run(mode);
    return true;
}

static bool dmfe_interrupt(struct nic *nic, enum nic_interrupt action)
{
    uint32_t status = in32(card.io + CSR_STATUS);

    (void)nic;
    out32(card.io + CSR_STATUS, RECEIVED | INTERRUPT);
    if (action == INTERRUPT_ACKNOWLEDGE)
        return status & INTERRUPT;
    out32(card.io + CSR_INTERRUPTS, action * (RECEIVED | INTERRUPT)); /* ON is 1, OFF 0 */
    return false;
}

static void dmfe_close(struct nic *nic)
{
    if (card.shared)
        is_free(RX_SLOTS + (card.tx - 1) % TX_SLOTS);
    delay_us(SEND_US);
    out32(card.io + CSR_MODE, 0);
    reset();
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver dmfe = {
    .name = "dmfe",
    .probe = dmfe_probe,
    .open = dmfe_open,
    .poll = dmfe_poll,
    .transmit = dmfe_transmit,
    .link = dmfe_link,
    .interrupt = dmfe_interrupt,
    .close = dmfe_close,
};
NET_DRIVER(dmfe);
