/* SPDX-License-Identifier: BSD-2-Clause */
/* Broadcom Tigon3: BCM5700 to BCM5720 and BCM577xx with a copper PHY. Registers have the names of
 * Broadcom's programmer's guides (NetXtreme BCM570x, 5722, 5718).
 *
 * The chip's own processor runs boot code from the NVRAM after each reset. It sets the PHY up and
 * leaves the MAC address in the chip's memory. */
#include "mii.h"
#include "net_driver.h"
#include "tg3_regs.h"

#include "lib/byteorder.h"
#include "lib/string.h"
#include "platform/bios/io.h"
#include "platform/bios/timer.h"

static struct {
    volatile uint8_t *regs;
    volatile uint32_t *status; /* [4]: the return ring's producer, the send ring's consumer << 16 */
    struct rx_descriptor *std, *returned;
    struct tx_descriptor *send;
    uint8_t *rx, *tx;
    unsigned next, sent; /* indices of the return ring and the send ring */
    unsigned generation, asic, express;
    unsigned returns; /* descriptors in the return ring */
    uint32_t mac[2], mac_mode;
} card;

static uint32_t get(unsigned reg)
{
    return mmio_read32(card.regs, reg);
}

static void put(unsigned reg, uint32_t value)
{
    mmio_write32(card.regs, reg, value);
}

static void change(unsigned reg, uint32_t clear, uint32_t set)
{
    put(reg, (get(reg) & ~clear) | set);
}

/* Whether the bits of a register become `value` within 100 ms. */
static bool wait(unsigned reg, uint32_t bits, uint32_t value)
{
    return wait_until((get(reg) & bits) == value, 10000, 10);
}

static void mailbox(unsigned reg, uint32_t value)
{
    put(card.asic == A5906 ? reg + MAILBOXES_5906 : reg, value);
}

static uint32_t sram_read(unsigned address)
{
    put(WINDOW, address);
    return get(WINDOW_DATA);
}

static void sram_write(unsigned address, uint32_t value)
{
    put(WINDOW, address);
    put(WINDOW_DATA, value);
}

static bool applies(const struct setting *setting)
{
    return card.generation >= setting->first && card.generation <= setting->last;
}

static void apply(const struct setting *setting, unsigned count)
{
    for (; count; count--, setting++)
        if (applies(setting))
            put(setting->reg, setting->value);
}

/* One access to the PHY: MI_READ or MI_WRITE, register << 16, and what is written. */
static uint16_t mi(struct nic *nic, uint32_t command)
{
    unsigned phy = card.generation == G5717 ? (nic->pci.busdevfn & 7) + 1 : 1;

    put(MI_COM, command | phy << 21 | MI_BUSY);
    wait(MI_COM, MI_BUSY, 0);
    return get(MI_COM);
}

static void stop(void)
{
    const struct setting *block = blocks + sizeof blocks / sizeof *blocks;

    while (block-- > blocks)
        if (applies(block)) {
            put(block->reg, 0);
            wait(block->reg, ENABLE, 0);
        }
}

static void reset(struct nic *nic)
{
    uint32_t command = pci_read32(&nic->pci, PCI_COMMAND);
    uint32_t how = GRC_RESET;

    stop();
    change(MEMORY_ARBITER, 0, ENABLE);
    sram_write(FIRMWARE_MAILBOX, FIRMWARE_MAGIC);
    if (card.generation >= G5755)
        put(FASTBOOT_PC, 0);
    if (card.express) {
        put(GRC_MISC_CFG, GRC_KEEP_PCIE);
        how |= GRC_KEEP_PCIE;
    }
    if (card.asic == A5906) {
        change(VCPU_STATUS, 0, 1 << 27);   /* the driver resets */
        change(VCPU_EXT_CTRL, 1 << 22, 0); /* let it run */
    }
    if (card.generation >= G5705 && card.generation <= G5755)
        how |= GRC_KEEP_GPHY;
    put(GRC_MISC_CFG, how);
    delay_us(1000); /* it may not answer until then, and forgets some of its configuration */
    if (card.express)
        pci_write32(&nic->pci, card.express + DEVICE_CONTROL,
                    pci_read32(&nic->pci, card.express + DEVICE_CONTROL) & DEVICE_KEEPS);
    pci_write32(&nic->pci, MISC_HOST_CTRL, MISC_HOST_SETTINGS);
    pci_write32(&nic->pci, PCI_STATE, PCI_STATE_ROM);
    pci_write32(&nic->pci, PCI_COMMAND, command);
    change(MEMORY_ARBITER, 0, ENABLE);
    put(GRC_MODE, GRC_MODE_SETTINGS);
    put(MAC_MODE, 0);
    /* A board may have no boot code, so this is no error. */
    if (card.asic == A5906)
        wait(VCPU_STATUS, 1 << 26, 1 << 26);
    else
        wait_until(sram_read(FIRMWARE_MAILBOX) == ~FIRMWARE_MAGIC, 20000, 50);
    if (card.express && card.generation < G57765)
        change(PCIE_TLP_CTRL, 0, 1 << 25);
}

static uint32_t nvram_read(unsigned address)
{
    put(NVRAM_ADDR, address);
    put(NVRAM_CMD, NVRAM_READ);
    wait(NVRAM_CMD, NVRAM_DONE, NVRAM_DONE);
    return get(NVRAM_DATA);
}

/* The boot code's mailbox has it, or on the 5906 the NVRAM, or the MAC's registers. */
static void read_mac(void)
{
    card.mac[0] = sram_read(MAC_MAILBOX);
    card.mac[1] = sram_read(MAC_MAILBOX + 4);
    if (card.mac[0] >> 16 == 0x484b)
        return;
    card.mac[0] = get(MAC_ADDRESS);
    card.mac[1] = get(MAC_ADDRESS + 4);
    if (card.asic != A5906)
        return;
    put(NVRAM_ARBITER, 1 << 1);
    wait(NVRAM_ARBITER, 1 << 9, 1 << 9);
    change(NVRAM_ACCESS, 0, 1);
    card.mac[0] = nvram_read(0x10);
    card.mac[1] = nvram_read(0x14);
    put(NVRAM_ARBITER, 1 << 5);
}

static void identify(struct nic *nic)
{
    static const uint8_t generations[] = {G5700, G5700, G5700, G5705, G5750, G5750, G5750, G5700,
                                          G5750, G5750, G5755, G5755, G5750, G5784, G5784, G5784};
    unsigned id = nic->pci.device;

    card.asic = pci_read32(&nic->pci, MISC_HOST_CTRL) >> 28;
    card.generation = generations[card.asic];
    card.express = pci_find_capability(&nic->pci, CAP_EXPRESS, 0);
    if (card.asic != NEWER)
        return;
    if (id == 0x165f || id - 0x1655 < 3)
        card.generation = G5717;
    if (id == 0x1682 || id == 0x1686 || id >> 4 == 0x16b)
        card.generation = G57765;
}

static int tg3_probe(struct nic *nic)
{
    card.regs = nic->mmio = (volatile uint8_t *)pci_bar(&nic->pci, 0);
    if (!nic->mmio)
        return E_NO_NIC;
    pci_enable(&nic->pci, PCI_COMMAND_MEMORY);
    identify(nic);
    pci_write32(&nic->pci, MISC_HOST_CTRL, MISC_HOST_SETTINGS);
    reset(nic);
    read_mac();
    *(uint16_t *)nic->mac = be16(card.mac[0]);
    *(uint32_t *)(nic->mac + 2) = be32(card.mac[1]);
    return !card.mac[1] || nic->mac[0] & 1 ? E_NO_NIC : 0;
}

/* How the bus is used; the values are Broadcom's for each chip. */
static uint32_t dma_control(struct nic *nic)
{
    uint32_t value = 0x763f0000;

    if (card.generation >= G5784) /* 57765 and later need no alignment; 5784 keeps what it has */
        return get(DMA_RW_CTRL) | (card.generation > G5784);
    if (card.express)
        return 0x76180000;
    if (!(pci_read32(&nic->pci, PCI_STATE) & PCI_STATE_CONVENTIONAL))
        value = card.asic == A5780 ? 0x76144000 : card.asic == A5714 ? 0x76148000 : 0x769b0000;
    if (card.asic == A5700 || card.asic == A5701)
        value |= 0x00c0080f;
    return value;
}

static void ring_block(unsigned address, const void *ring, unsigned count, unsigned nic_address)
{
    sram_write(address, 0);
    sram_write(address + 4, (uint32_t)ring);
    sram_write(address + 8, count << 16);
    sram_write(address + 12, nic_address);
}

static void set_rings(void)
{
    bool old = card.generation == G5700;

    put(STD_RCB + 4, (uint32_t)card.std);
    put(STD_RCB + 8, old ? SLOT << 16 : RING << 16 | (card.generation >= G57765 ? SLOT << 2 : 0));
    if (card.generation != G5717)
        put(STD_RCB + 12, 0x6000);
    if (old || card.generation >= G57765) /* others have one ring of each kind */
        for (unsigned rcb = SEND_RCB; rcb < RCBS_END; rcb += 16)
            sram_write(rcb + 8, RCB_DISABLED);
    ring_block(SEND_RCB, card.send, RING, 0x4000);
    ring_block(RETURN_RCB, card.returned, card.returns, 0);
    put(STATUS_BLOCK + 4, (uint32_t)card.status);
    for (unsigned i = 0; i < 32; i += 8) {
        put(MAC_ADDRESS + i, card.mac[0] & 0xffff);
        put(MAC_ADDRESS + 4 + i, card.mac[1]);
    }
}

static void set_mac_mode(uint32_t mode)
{
    mode |= MAC_ENGINES;
    if (card.generation == G5700 && card.asic != A5700)
        mode |= LINK_POLARITY;
    if (mode != card.mac_mode)
        put(MAC_MODE, mode);
    card.mac_mode = mode;
}

/* An operating system may have restricted the PHY, or switched it off. */
static void start_phy(struct nic *nic)
{
    uint16_t control = mi(nic, MI_READ | MII_BMCR << 16);

    if ((mi(nic, MI_READ | MII_ANAR << 16) & ABLE_100) == ABLE_100 &&
        (control & (BMCR_AUTONEG | BMCR_ISOLATE | BMCR_POWER_DOWN)) == BMCR_AUTONEG)
        return;
    mi(nic, MI_WRITE | MII_ANAR << 16 | 0x01e1);
    mi(nic, MI_WRITE | MII_BMCR << 16 | BMCR_AUTONEG | BMCR_RESTART);
}

static int tg3_open(struct nic *nic)
{
    card.status = dma_alloc(80, 64);
    card.std = dma_alloc(RING * sizeof *card.std, 64);
    card.returns = card.generation == G5700 ? 2 * RING : RING; /* no other sizes are possible */
    card.returned = dma_alloc(card.returns * sizeof *card.returned, 64);
    card.send = dma_alloc(RING * sizeof *card.send, 64);
    card.rx = dma_alloc(RX_SLOTS * SLOT, 64);
    card.tx = dma_alloc(SLOT, 64);
    if (!card.tx)
        return E_NO_MEMORY;
    card.next = card.sent = card.mac_mode = 0;
    /* Descriptors come back in order, so each keeps a slot of its own. */
    for (unsigned i = 0; i < RING; i++) {
        card.std[i].address = (uint32_t)(card.rx + i % RX_SLOTS * SLOT);
        card.std[i].length = SLOT;
        card.std[i].flags = DESCRIPTOR_END;
        card.std[i].opaque = i;
    }
    pci_enable(&nic->pci, PCI_COMMAND_MASTER);
    put(DMA_RW_CTRL, dma_control(nic));
    change(GRC_MISC_CFG, GRC_PRESCALER | GRC_EPHY_OFF, GRC_PRESCALER_66);
    if (card.asic == A5700)
        change(GRC_LOCAL_CTRL, 0, 0x9000); /* its PHY out of reset, by GPIO 1 */
    apply(pools, sizeof pools / sizeof *pools);
    if (!wait(BUFFER_MANAGER, ENABLE, ENABLE))
        return E_NIC_OPEN;
    set_rings();
    apply(settings, sizeof settings / sizeof *settings);
    if (card.generation >= G5784)
        change(RDMA_RESERVED, 0, 4); /* FIFO overflow fix */
    mailbox(MAILBOX_INTERRUPT, 1);
    set_mac_mode(PORT_GMII);
    apply(blocks, sizeof blocks / sizeof *blocks);
    start_phy(nic);
    mailbox(MAILBOX_STD_PRODUCER, RX_SLOTS);
    return 0;
}

static int tg3_poll(struct nic *nic, void *buf, size_t cap)
{
    unsigned at = card.next;
    const struct rx_descriptor *got = &card.returned[at];
    int result = E_PROTOCOL;

    (void)nic;
    if ((uint16_t)card.status[4] == at)
        return 0;
    barrier();
    if (!(got->errors & RX_ERRORS))
        result = copy_received(buf, cap, card.rx + at % RX_SLOTS * SLOT,
                               ((uint16_t)got->length - FCS) % SLOT);
    card.next = (at + 1) % card.returns;
    mailbox(MAILBOX_RETURN_CONSUMER, card.next);
    mailbox(MAILBOX_STD_PRODUCER, (card.next + RX_SLOTS) % RING);
    return result;
}

static bool sent_all(void)
{
    return wait_until(card.status[4] >> 16 == card.sent, 10000, 10);
}

static int tg3_transmit(struct nic *nic, const void *frame, size_t len)
{
    struct tx_descriptor *to = &card.send[card.sent];

    (void)nic;
    if (!sent_all())
        return E_TRANSMIT;
    to->address = (uint32_t)card.tx;
    to->length_flags = copy_padded(card.tx, frame, len) << 16 | DESCRIPTOR_END;
    card.sent = (card.sent + 1) % RING;
    barrier();
    mailbox(MAILBOX_SEND_PRODUCER, card.sent);
    mailbox(MAILBOX_SEND_PRODUCER, card.sent); /* an early 5700 may miss one */
    return 0;
}

static bool tg3_link(struct nic *nic)
{
    unsigned able = mi(nic, MI_READ | MII_ANAR << 16) & mi(nic, MI_READ | MII_ANLPAR << 16);
    uint32_t mode = PORT_MII;

    if (!(mi(nic, MI_READ | MII_BMSR << 16) & BMSR_LINK))
        return false;
    if (mi(nic, MI_READ | MII_STAT1000 << 16) >> 2 & mi(nic, MI_READ | MII_CTRL1000 << 16) & 0x300)
        mode = PORT_GMII;
    else if (!(able & ABLE_100_FULL) && (able & (ABLE_100 | ABLE_10_FULL)) != ABLE_10_FULL)
        mode |= HALF_DUPLEX;
    set_mac_mode(mode);
    return true;
}

/* What the mailbox takes as the start and the end of a handler makes the chip stop. */
static bool tg3_interrupt(struct nic *nic, enum nic_interrupt action)
{
    bool raised = *card.status; /* since it was cleared, the block has been written */

    *card.status = 0;
    mailbox(MAILBOX_INTERRUPT, 1);
    mailbox(MAILBOX_INTERRUPT, 0);
    if (action == INTERRUPT_ACKNOWLEDGE)
        return raised;
    pci_write32(&nic->pci, MISC_HOST_CTRL,
                action == INTERRUPT_ON ? MISC_HOST_SETTINGS & ~MASK_INTERRUPT : MISC_HOST_SETTINGS);
    return false;
}

static void tg3_close(struct nic *nic)
{
    if (!nic->mmio)
        return;
    if (card.status)
        sent_all();
    delay_us(SEND_US);
    reset(nic);
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver tg3 = {.name = "tg3",
                                      .probe = tg3_probe,
                                      .open = tg3_open,
                                      .poll = tg3_poll,
                                      .transmit = tg3_transmit,
                                      .link = tg3_link,
                                      .interrupt = tg3_interrupt,
                                      .close = tg3_close};
NET_DRIVER(tg3);
