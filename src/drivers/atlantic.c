/* SPDX-License-Identifier: BSD-2-Clause */
/* Aquantia (Marvell) AQtion: AQC100, AQC107, AQC108, AQC109, AQC111, AQC112, polled. The chips have
 * no public datasheet. Facts are from Linux's atlantic, OpenBSD's aq, FreeBSD's aq and iPXE's
 * aqc1xx; registers have names of our own. A firmware looks after the PHY or the SFP+ module.
 * That of version 1 is driven in another way, and refused. */
#include "net_driver.h"

#include "lib/string.h"
#include "platform/bios/io.h"
#include "platform/bios/timer.h"

enum {
    GLOBAL_CONTROL = 0x0000,
    FIRMWARE_VERSION = 0x0018,
    CHIP_REVISION = 0x001c,
    MAILBOX_COMMAND = 0x0200,
    MAILBOX_ADDRESS = 0x0208,
    MAILBOX_DATA = 0x020c,
    RESET_TIMEOUT = 0x0348, /* ms */
    FUSES = 0x0364,         /* where they are in the firmware's memory */
    LINK_CONTROL = 0x0368,
    LINK_STATE = 0x0370,
    BOOT_EXIT = 0x0388,
    CPU_LOCK = 0x03a0,
    MEMORY_LOCK = 0x03a8,
    RESET_LOCK1 = 0x03ac,
    RESET_LOCK2 = 0x03b0,
    CPU_CONTROL = 0x0404,
    GENERAL = 0x0520,
    FLASH_CONTROL = 0x053c,
    FLASH_STATE = 0x0704,
    INTERRUPT_STATUS = 0x2000,
    INTERRUPT_CLEAR = 0x2050,
    INTERRUPT_ENABLE = 0x2060,
    INTERRUPT_DISABLE = 0x2070,
    INTERRUPT_MAP = 0x2100,
    INTERRUPT_CONTROL = 0x2300,
    POWER_GATING = 0x32a8,
    MAC_PHY_CONTROL = 0x4000,
    RX_CONTROL = 0x5000,
    RX_FILTER_CONTROL = 0x5040,
    RX_BROADCAST = 0x5100,
    RX_ADDRESS_LOW = 0x5110,
    RX_ADDRESS_HIGH = 0x5114,
    RX_MULTICAST = 0x5250,
    RX_ALL_MULTICAST = 0x5270,
    RX_VLAN = 0x5280,
    RX_MEMORY_CONTROL = 0x5700,
    RX_MEMORY_SIZE = 0x5710, /* KiB */
    RX_MEMORY_LEVELS = 0x5714,
    RX_INTERRUPT = 0x5a30,
    RX_RING = 0x5b00,
    RX_RING_CONTROL = 0x5b08,
    RX_TAIL = 0x5b10,
    RX_BUFFER_SIZE = 0x5b18, /* KiB */
    TX_CONTROL = 0x7000,
    TX_OFFLOAD = 0x7040,
    TX_MEMORY_CONTROL = 0x7900,
    TX_MEMORY_SIZE = 0x7910,
    TX_MEMORY_LEVELS = 0x7914,
    TX_RING = 0x7c00,
    TX_RING_CONTROL = 0x7c08,
    TX_HEAD = 0x7c0c,
    TX_TAIL = 0x7c10,
};
enum { SOFT_RESET = 0x8000, KEEP_GLOBAL = 0x4000, KEEP_REGISTERS = 0x20000000 };
enum { REVISION_MASK = 15, REVISION_B1 = 10 };
/* Of CPU_CONTROL: stop it, start it from ROM, hold the firmware, start it from flash. */
enum { CPU_STOP = 0x40e1, CPU_ROM = 0x40e0, CPU_HOLD = 0x80e0, CPU_FLASH = 0x180e0 };
enum { ANY = ~0u, START_MS = 10000 };
enum { NOT_STARTED = 0x06000000, FLASH_LOADED = 0x10, FLASH_RESET = 0x10 };
enum { POISON = 0xdead, NO_FIRMWARE = 0xf1a7, EXIT_MASK = 0xffff };
enum { MAILBOX_READ = 0x8000, MAILBOX_BUSY = 0x100, FUSED_ADDRESS = 40 * 4 };
enum { SPEEDS = 0x0f20 }; /* 100 Mbit/s, and 1, 2.5, 5 and 10 Gbit/s, of LINK_* */
enum { FILTER_ENABLE = 1u << 31, TO_HOST = 0x10000, RECEIVED = 1 };
enum { RING_ENABLE = 1u << 31, HEAD = 0x1fff };

enum { RX_DONE = 1, RX_END = 2, RX_MAC_ERROR = 4, RX_DMA_ERROR = 0x1000, RX_LENGTH_SHIFT = 16 };
/* A descriptor with data, the last one of its frame; add an FCS, and tell when it is done. */
enum { TX_FRAME = 0x08a00001, TX_LENGTH_SHIFT = 4, TX_TOTAL_SHIFT = 14 };
enum { RX_SLOTS = 64, TX_SLOTS = 8, SIZE = 2048 };

struct receive {
    uint32_t buffer; /* when done: kind of frame, and errors */
    uint32_t high;
    volatile uint32_t status; /* and length; 0 until done */
    uint32_t unused;
};

struct transmit {
    uint8_t *buffer;
    uint32_t high, control, total;
};

/* All memory that the card reads and writes. */
struct shared {
    struct receive rx[RX_SLOTS];
    struct transmit tx[TX_SLOTS];
    uint8_t rx_buffer[RX_SLOTS][SIZE], tx_buffer[SIZE];
};

static struct {
    volatile uint8_t *mmio;
    struct shared *shared;
    unsigned rx, tx;
    uint32_t address[2]; /* MAC address, the first byte on top */
} card;

struct setting {
    uint16_t reg;
    uint32_t value;
} __attribute__((packed));

static uint32_t get(unsigned reg)
{
    return mmio_read32(card.mmio, reg);
}

static void set(unsigned reg, uint32_t value)
{
    mmio_write32(card.mmio, reg, value);
}

static void change(unsigned reg, uint32_t clear, uint32_t bits)
{
    set(reg, (get(reg) & ~clear) | bits);
}

static void set_all(const struct setting *setting, unsigned count)
{
    for (; count--; setting++)
        set(setting->reg, setting->value);
}

static void delay_ms(unsigned ms)
{
    while (ms--)
        delay_us(1000);
}

/* Those of `bits` that are set in a register; waits at most so long for one of them. */
static uint32_t await(unsigned reg, uint32_t bits, unsigned ms)
{
    uint32_t found;

    wait_until((found = get(reg) & bits), (int)ms, 1000);
    return found;
}

static void soft_reset(void)
{
    change(RX_CONTROL, KEEP_REGISTERS, 0);
    change(TX_CONTROL, KEEP_REGISTERS, 0);
    change(MAC_PHY_CONTROL, KEEP_REGISTERS, 0);
    change(GLOBAL_CONTROL, KEEP_GLOBAL, SOFT_RESET);
}

/* Start the firmware by the loader in the chip's ROM. */
static bool start_from_rom(void)
{
    uint32_t code = 0;

    set(CPU_LOCK, 1);
    set(POWER_GATING, 0);
    set(BOOT_EXIT, POISON);
    change(FLASH_CONTROL, 0, FLASH_RESET);
    soft_reset();
    set(CPU_CONTROL, CPU_ROM);
    return wait_until((code = get(BOOT_EXIT) & EXIT_MASK) && code != POISON, START_MS, 1000) &&
           code != NO_FIRMWARE;
}

/* Chips without that loader begin with the flash. */
static bool start_from_flash(void)
{
    delay_ms(50);
    change(FLASH_CONTROL, 0, FLASH_RESET);
    change(GLOBAL_CONTROL, KEEP_GLOBAL, SOFT_RESET);
    set(CPU_CONTROL, CPU_HOLD);
    set(POWER_GATING, 0);
    set(GENERAL, 1);
    change(FLASH_CONTROL, 0, FLASH_RESET); /* again: it may have been read */
    delay_ms(10);
    change(FLASH_CONTROL, FLASH_RESET, 0);
    set(CPU_CONTROL, CPU_FLASH);
    if (!await(FLASH_STATE, FLASH_LOADED, START_MS))
        return false;
    set(CPU_CONTROL, CPU_HOLD);
    delay_ms(50);
    set(CPU_LOCK, 1);
    soft_reset();
    return true;
}

/* Reset the chip and its firmware. */
static bool reset(void)
{
    bool rom;

    if (!wait_until(get(FLASH_STATE) != NOT_STARTED || get(BOOT_EXIT), 1000, 10))
        return false;
    rom = get(BOOT_EXIT);
    if (get(FIRMWARE_VERSION) >> 24 >= 4) { /* it wants to be asked */
        unsigned ms = get(RESET_TIMEOUT);

        ms = ms < 3000 ? ms + 1 : 3000;
        await(RESET_LOCK1, ANY, ms);
        await(RESET_LOCK2, ANY, ms);
    }
    set(CPU_CONTROL, CPU_STOP);
    if (!(rom ? start_from_rom() : start_from_flash()) || !await(FIRMWARE_VERSION, ANY, START_MS))
        return false;
    delay_ms(15);
    return get(FIRMWARE_VERSION) >> 24 >= 2;
}

/* The MAC address, which only the firmware can read. */
static bool read_address(void)
{
    bool counts = (get(CHIP_REVISION) & REVISION_MASK) == REVISION_B1;
    uint32_t at;

    at = await(FUSES, ANY, 100);
    if (!at || !await(MEMORY_LOCK, ANY, 100))
        return false;
    at += FUSED_ADDRESS;
    set(MAILBOX_ADDRESS, at);
    for (unsigned i = 0; i < 2; i++, at += 4) {
        set(MAILBOX_COMMAND, MAILBOX_READ);
        if (!wait_until(counts ? get(MAILBOX_ADDRESS) != at
                               : !(get(MAILBOX_COMMAND) & MAILBOX_BUSY),
                        1000, 10))
            return false;
        card.address[i] = get(MAILBOX_DATA);
    }
    set(MEMORY_LOCK, 1);
    return card.address[0];
}

static int atlantic_probe(struct nic *nic)
{
    nic->mmio = card.mmio = (volatile uint8_t *)pci_find_bar(&nic->pci, false);
    if (!nic->mmio)
        return E_NO_NIC;
    pci_enable(&nic->pci, PCI_COMMAND_MEMORY);
    if (!reset() || !read_address())
        return E_NO_NIC;
    for (unsigned i = 0; i < 6; i++)
        nic->mac[i] = card.address[i / 4] >> (24 - i % 4 * 8);
    return nic->mac[0] & 1 ? E_NO_NIC : 0;
}

static void give_slot(unsigned index)
{
    struct receive *slot = &card.shared->rx[index];

    slot->buffer = (uint32_t)card.shared->rx_buffer[index];
    slot->high = 0;
    slot->status = 0;
}

static int atlantic_open(struct nic *nic)
{
    static const struct setting settings[] = {
        {INTERRUPT_CONTROL, KEEP_REGISTERS | 0x80}, /* INTx; reading clears */
        {INTERRUPT_MAP, 0x8000},                    /* receive ring 0: bit 0 */
        {RX_INTERRUPT, 4},                          /* when a descriptor is done */
        {RX_FILTER_CONTROL, 0xf0000},
        {RX_BROADCAST, 0xffff1001}, /* up to so many, to the host */
        {RX_MULTICAST, FILTER_ENABLE | TO_HOST | 0xfff},
        {RX_ALL_MULTICAST, 0x4000},
        {RX_VLAN, 0x0e}, /* any, and frames without a tag */
        {RX_BUFFER_SIZE, SIZE / 1024},
        {RX_MEMORY_SIZE, 320},
        {RX_MEMORY_LEVELS, 0x1a661400}, /* two thirds and half of it, in 32 bytes */
        {TX_OFFLOAD, 0x10000},
        {TX_MEMORY_SIZE, 160},
        {TX_MEMORY_LEVELS, 0x0d330a00},
        {TX_MEMORY_CONTROL, 0x105}, /* four classes, pad, enable */
        {RX_MEMORY_CONTROL, 0x111}, /* four classes, one flow control for all, enable */
        {TX_RING_CONTROL, RING_ENABLE | TX_SLOTS},
        {RX_RING_CONTROL, RING_ENABLE | RX_SLOTS},
        {RX_TAIL, RX_SLOTS - 1}, /* one slot stays ours: full is not empty */
        {LINK_CONTROL, SPEEDS},
    };
    struct shared *shared = card.shared = dma_alloc(sizeof(*shared), 128);

    if (!shared)
        return E_NO_MEMORY;
    for (unsigned i = 0; i < RX_SLOTS; i++)
        give_slot(i);
    card.rx = card.tx = 0;
    pci_enable(&nic->pci, PCI_COMMAND_MASTER);
    set(RX_ADDRESS_LOW, card.address[0] << 16 | card.address[1] >> 16);
    set(RX_ADDRESS_HIGH, FILTER_ENABLE | TO_HOST | card.address[0] >> 16);
    set(RX_RING, (uint32_t)shared->rx);
    set(RX_RING + 4, 0);
    set(TX_RING, (uint32_t)shared->tx);
    set(TX_RING + 4, 0);
    set_all(settings, sizeof settings / sizeof *settings);
    return 0;
}

static int atlantic_poll(struct nic *nic, void *buf, size_t cap)
{
    struct receive *slot = &card.shared->rx[card.rx];
    uint32_t status = slot->status;
    int result = E_PROTOCOL;

    (void)nic;
    if (!(status & RX_DONE))
        return 0;
    barrier();
    if ((status & (RX_END | RX_MAC_ERROR)) == RX_END && !(slot->buffer & RX_DMA_ERROR))
        result =
            copy_received(buf, cap, card.shared->rx_buffer[card.rx], status >> RX_LENGTH_SHIFT);
    give_slot(card.rx);
    barrier();
    set(RX_TAIL, card.rx);
    card.rx = (card.rx + 1) % RX_SLOTS;
    return result;
}

static bool is_sent(void)
{
    return wait_until((get(TX_HEAD) & HEAD) == card.tx, 1000, 50);
}

static int atlantic_transmit(struct nic *nic, const void *frame, size_t len)
{
    struct transmit *slot = &card.shared->tx[card.tx];

    (void)nic;
    if (!is_sent())
        return E_TRANSMIT;
    len = copy_padded(card.shared->tx_buffer, frame, len);
    slot->buffer = card.shared->tx_buffer;
    slot->high = 0;
    slot->control = TX_FRAME | len << TX_LENGTH_SHIFT;
    slot->total = len << TX_TOTAL_SHIFT;
    barrier();
    card.tx = (card.tx + 1) % TX_SLOTS;
    set(TX_TAIL, card.tx);
    return 0;
}

static bool atlantic_link(struct nic *nic)
{
    (void)nic;
    return get(LINK_STATE) & SPEEDS;
}

static bool atlantic_interrupt(struct nic *nic, enum nic_interrupt action)
{
    uint32_t status = get(INTERRUPT_STATUS) & RECEIVED;

    (void)nic;
    set(INTERRUPT_CLEAR, RECEIVED);
    if (action == INTERRUPT_ACKNOWLEDGE)
        return status;
    set(action == INTERRUPT_ON ? INTERRUPT_ENABLE : INTERRUPT_DISABLE, RECEIVED);
    return false;
}

static void atlantic_close(struct nic *nic)
{
    static const struct setting settings[] = {
        {LINK_CONTROL, 0},    {RX_MEMORY_CONTROL, 0}, {TX_MEMORY_CONTROL, 0},
        {TX_RING_CONTROL, 0}, {RX_RING_CONTROL, 0},   {INTERRUPT_DISABLE, RECEIVED},
    };

    if (!card.mmio) /* probe found no registers */
        return;
    is_sent();
    delay_us(SEND_US);
    set_all(settings, sizeof settings / sizeof *settings);
    reset();
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver atlantic = {
    .name = "atlantic",
    .probe = atlantic_probe,
    .open = atlantic_open,
    .poll = atlantic_poll,
    .transmit = atlantic_transmit,
    .link = atlantic_link,
    .interrupt = atlantic_interrupt,
    .close = atlantic_close,
};
NET_DRIVER(atlantic);
