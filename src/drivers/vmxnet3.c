/* SPDX-License-Identifier: BSD-2-Clause */
/* VMware vmxnet3, revision 1 of the interface, which every host has.
 *
 * Driver and device share rings of 16-byte descriptors. The writer of a ring inverts the generation
 * bit in each pass, so memory alone tells what is new. Sending takes one register write, and
 * receiving none. */
#include "net_driver.h"

#include "lib/string.h"
#include "platform/bios/io.h"
#include "platform/bios/timer.h"

/* Registers of BAR 0 and of BAR 1. */
enum { INTERRUPT_MASK = 0, TX_PRODUCER = 0x600, RX_PRODUCER = 0x800 };
enum {
    REVISION = 0x00,
    UPT_REVISION = 0x08,
    SHARED_LOW = 0x10,
    SHARED_HIGH = 0x18,
    COMMAND = 0x20,
    MAC_LOW = 0x28,
    MAC_HIGH = 0x30,
    INTERRUPT_CAUSE = 0x38, /* reading it ends INTx */
};
#define CMD_ACTIVATE     0xcafe0000
#define CMD_QUIESCE      0xcafe0001
#define CMD_RESET        0xcafe0002
#define CMD_GET_LINK     0xf00d0002
#define CMD_GET_MAC_LOW  0xf00d0003
#define CMD_GET_MAC_HIGH 0xf00d0004

#define SHARED_MAGIC     0xbabefee1
enum { GUEST_32_BIT = 1, GUEST_PXE = 5 << 2, INTERRUPTS_OFF = 1 };
enum { RX_MODE_UNICAST = 1, RX_MODE_BROADCAST = 4, RX_MODE_ALL_MULTICAST = 8 };

/* Descriptors and completions: word 2 and 3 of each. */
enum { TX_GENERATION_SHIFT = 14, TX_END_OF_FRAME = 1 << 12, TX_WANT_COMPLETION = 1 << 13 };
enum { GENERATION_SHIFT = 31, RX_INDEX_MASK = 0xfff, RX_LENGTH_MASK = 0x3fff, RX_ERROR = 1 << 14 };

enum {
    RX_RING = 192, /* a multiple of 32; as many as memory holds, since other frames are lost */
    TX_RING = 32,
    BUFFER_SIZE = 1536,
    TIMEOUT_MS = 100,
};

struct descriptor {
    uint32_t word[4];
};

/* Description of a queue: the same for both directions, as far as it is used here. */
struct queue {
    uint8_t wants_producer; /* rx: set by the device when RX_PRODUCER must be written */
    uint8_t reserved0[15];
    uint64_t ring, second_ring, completions, driver_data, reserved1;
    uint32_t ring_size, second_ring_size, completions_size, driver_data_size;
    uint8_t interrupt, reserved2[7];
    uint8_t status[8], counters[80], reserved3[88];
};

struct shared {
    uint32_t magic, reserved0;
    uint32_t driver_version, guest, revision, upt_revision;
    uint64_t features, driver_data, queues;
    uint32_t driver_data_size, queues_size, mtu;
    uint16_t rx_fragments;
    uint8_t tx_queues, rx_queues;
    uint32_t reserved1[4];
    uint8_t auto_mask, interrupts, event_interrupt, moderation[25];
    uint32_t interrupt_control, reserved2[2];
    uint32_t rx_mode, multicast_size;
    uint64_t multicast_list;
    uint32_t vlan_filter[128];
    uint32_t extensions[12];
    uint32_t events, reserved3[5];
};

/* All memory that the device reads and writes. Rings start at multiples of 512. */
struct memory {
    struct descriptor rx[RX_RING], rx_done[RX_RING];
    struct descriptor tx[TX_RING], tx_done[TX_RING];
    struct queue queue[2]; /* tx, rx */
    struct shared shared;
    uint8_t rx_buffer[RX_RING][BUFFER_SIZE], tx_buffer[TX_RING][BUFFER_SIZE];
};
_Static_assert(sizeof(struct queue) == 256 && sizeof(struct shared) == 0x2d0, "vmxnet3 layout");
_Static_assert(offsetof(struct memory, queue) % 512 == 0, "ring alignment");

/* A place in a ring and the generation of the pass it is in. */
struct cursor {
    uint32_t at, generation;
};

static struct {
    volatile uint8_t *data, *control; /* BAR 0, BAR 1 */
    struct memory *memory;
    struct cursor rx_fill, rx_done;
    uint32_t sent;
} vx;

static void advance(struct cursor *c)
{
    if (++c->at == RX_RING) {
        c->at = 0;
        c->generation ^= 1;
    }
}

static void set(unsigned reg, uint32_t value)
{
    mmio_write32(vx.control, reg, value);
}

static uint32_t command(uint32_t what)
{
    set(COMMAND, what);
    return mmio_read32(vx.control, COMMAND);
}

static int vmxnet3_probe(struct nic *nic)
{
    uint32_t low, high;

    vx.data = nic->mmio = (volatile uint8_t *)pci_bar(&nic->pci, 0);
    vx.control = (volatile uint8_t *)pci_bar(&nic->pci, 1);
    if (!vx.data || !vx.control)
        return E_NO_NIC;
    pci_enable(&nic->pci, PCI_COMMAND_MEMORY);
    command(CMD_RESET);
    if (!(mmio_read32(vx.control, REVISION) & mmio_read32(vx.control, UPT_REVISION) & 1))
        return E_NO_NIC;
    set(REVISION, 1);
    set(UPT_REVISION, 1);
    low = command(CMD_GET_MAC_LOW);
    high = command(CMD_GET_MAC_HIGH);
    memcpy(nic->mac, &low, 4);
    memcpy(nic->mac + 4, &high, 2);
    return (low & 1) || !(low | (uint16_t)high) ? E_NO_NIC : 0;
}

static void fill_shared(struct memory *m)
{
    struct shared *s = &m->shared;

    s->magic = SHARED_MAGIC;
    s->driver_version = s->revision = s->upt_revision = 1;
    s->guest = GUEST_32_BIT | GUEST_PXE;
    s->queues = (uint32_t)m->queue;
    s->queues_size = sizeof(m->queue);
    s->mtu = ETH_FRAME_MAX - 14;
    s->rx_fragments = s->tx_queues = s->rx_queues = s->interrupts = 1;
    s->interrupt_control = INTERRUPTS_OFF;
    s->rx_mode = RX_MODE_UNICAST | RX_MODE_BROADCAST | RX_MODE_ALL_MULTICAST;
    s->vlan_filter[0] = 1; /* "VLAN 0" is frames without a tag */
    m->queue[0].ring = (uint32_t)m->tx;
    m->queue[0].completions = (uint32_t)m->tx_done;
    m->queue[0].ring_size = m->queue[0].completions_size = TX_RING;
    m->queue[1].ring = (uint32_t)m->rx;
    m->queue[1].completions = (uint32_t)m->rx_done;
    m->queue[1].ring_size = m->queue[1].completions_size = RX_RING;
}

static void give_buffer(void)
{
    struct descriptor *d = &vx.memory->rx[vx.rx_fill.at];

    d->word[0] = (uint32_t)vx.memory->rx_buffer[vx.rx_fill.at];
    barrier();
    d->word[2] = BUFFER_SIZE | vx.rx_fill.generation << GENERATION_SHIFT;
    advance(&vx.rx_fill);
}

/* Neither a mask nor a reset ends an INTx that is already raised. */
static void end_interrupts(void)
{
    mmio_write32(vx.data, INTERRUPT_MASK, 1);
    mmio_read32(vx.control, INTERRUPT_CAUSE);
}

static int vmxnet3_open(struct nic *nic)
{
    struct memory *m = vx.memory = dma_alloc(sizeof(*m), 512);
    uint32_t mac[2] = {0, 0};

    vx.sent = 0;
    nic->burst = RX_RING - 1; /* the device drops what comes meanwhile */
    if (!m)
        return E_NO_MEMORY;
    fill_shared(m);
    vx.rx_fill = vx.rx_done = (struct cursor){0, 1};
    /* One is left out: by the producer index, a full ring would look like an empty one. */
    for (unsigned i = 0; i < RX_RING - 1; i++)
        give_buffer();
    pci_enable(&nic->pci, PCI_COMMAND_MASTER);
    set(SHARED_LOW, (uint32_t)&m->shared);
    set(SHARED_HIGH, 0);
    if (command(CMD_ACTIVATE))
        return E_NIC_OPEN;
    end_interrupts();
    mmio_write32(vx.data, RX_PRODUCER, vx.rx_fill.at);
    memcpy(mac, nic->mac, 6);
    set(MAC_LOW, mac[0]);
    set(MAC_HIGH, mac[1]);
    return 0;
}

static int vmxnet3_poll(struct nic *nic, void *buf, size_t cap)
{
    const volatile uint32_t *done = vx.memory->rx_done[vx.rx_done.at].word;
    uint32_t len, at;

    if (done[3] >> GENERATION_SHIFT != vx.rx_done.generation)
        return 0;
    barrier();
    at = done[0] & RX_INDEX_MASK;
    len = done[2] & (RX_LENGTH_MASK | RX_ERROR);
    if (at >= RX_RING) /* what the device says may be anything */
        len = RX_ERROR;
    if (len <= cap) /* an error makes it too long */
        memcpy(buf, vx.memory->rx_buffer[at], len);
    advance(&vx.rx_done);
    give_buffer();
    if (*(volatile uint8_t *)&vx.memory->queue[1].wants_producer)
        mmio_write32(vx.data, RX_PRODUCER, vx.rx_fill.at);
    return len <= cap ? (int)len : E_PROTOCOL;
}

/* Wait until the device is done with frame `number`. transmit() waits for the one TX_RING - 1
 * before its own, so that one slot is always free. */
static bool wait_sent(uint32_t number)
{
    volatile struct descriptor *done = &vx.memory->tx_done[number % TX_RING];
    struct deadline limit = deadline_in(TIMEOUT_MS);

    while (done->word[3] >> GENERATION_SHIFT == (number / TX_RING & 1)) {
        if (deadline_passed(&limit))
            return false;
    }
    return true;
}

static int vmxnet3_transmit(struct nic *nic, const void *frame, size_t len)
{
    unsigned at = vx.sent % TX_RING;
    struct descriptor *d = &vx.memory->tx[at];
    uint8_t *to = vx.memory->tx_buffer[at];

    if (vx.sent >= TX_RING - 1 && !wait_sent(vx.sent - (TX_RING - 1)))
        return E_TRANSMIT;
    len = copy_padded(to, frame, len);
    d->word[0] = (uint32_t)to;
    d->word[3] = TX_END_OF_FRAME | TX_WANT_COMPLETION;
    barrier();
    d->word[2] = len | (~(vx.sent / TX_RING) & 1) << TX_GENERATION_SHIFT;
    vx.sent++;
    mmio_write32(vx.data, TX_PRODUCER, vx.sent % TX_RING);
    return 0;
}

static bool vmxnet3_link(struct nic *nic)
{
    return command(CMD_GET_LINK) & 1;
}

static bool vmxnet3_interrupt(struct nic *nic, enum nic_interrupt action)
{
    if (action == INTERRUPT_ACKNOWLEDGE)
        return mmio_read32(vx.control, INTERRUPT_CAUSE);
    vx.memory->shared.interrupt_control = action == INTERRUPT_OFF ? INTERRUPTS_OFF : 0;
    if (action == INTERRUPT_OFF)
        end_interrupts();
    else
        mmio_write32(vx.data, INTERRUPT_MASK, 0);
    return false;
}

static void vmxnet3_close(struct nic *nic)
{
    if (vx.sent)
        wait_sent(vx.sent - 1);
    command(CMD_QUIESCE);
    end_interrupts();
    command(CMD_RESET);
    set(SHARED_LOW, 0);
    set(SHARED_HIGH, 0);
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver vmxnet3 = {
    .name = "vmxnet3",
    .probe = vmxnet3_probe,
    .open = vmxnet3_open,
    .poll = vmxnet3_poll,
    .transmit = vmxnet3_transmit,
    .link = vmxnet3_link,
    .interrupt = vmxnet3_interrupt,
    .close = vmxnet3_close,
};
NET_DRIVER(vmxnet3);
