/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio network device on PCI: legacy 0.9.5 (I/O ports) and modern 1.x (register blocks named by
 * capabilities), with split virtqueues. Section numbers are those of the OASIS Virtio 1.1
 * specification.
 *
 * Under an emulator each register access leaves the guest, so frames flow through memory alone. The
 * device is notified only when it asks for it (2.6.10), and is told not to interrupt (2.6.7). */
#include "net_driver.h"
#include "virtio_net_regs.h"

#include "lib/string.h"
#include "platform/bios/io.h"
#include "platform/bios/timer.h"

enum {
    SLOT_SIZE = (HEADER_MODERN + ETH_FRAME_MAX + 3) & ~3,
    TX_SLOTS = 8,
    RX_SLOTS = 136, /* three frames of 64 KB; legacy queues of 4096 still fit into the arena */
    RX_KICK = 8,    /* after so many refilled slots, see whether the device waits for them */
    EARLY_KICKS = 16,
    EARLY_RETRY = 32,
    QUEUE_SIZE_MODERN = 256,
    QUEUE_ALIGN = 4096,
    TIMEOUT_MS = 100,
};

enum { RX, TX };

static struct {
    uint32_t features; /* word 0 */
    bool modern;
    uint8_t header; /* bytes before each frame */
    uint8_t split;  /* 1 = an old device, which wants the header in a descriptor of its own */
    struct queue queue[2];
    bool answering;      /* a frame was sent after the last one that came */
    uint8_t early_kicks; /* how many may fail before they are given up */
} vn;

/* A register of the common block, as this device has it. */
static uint32_t common(uint32_t reg)
{
    if (vn.modern)
        return reg;
    return (reg & 0x0f000000) | legacy_offset[(reg & 0xff) / 2];
}

static bool reset(void)
{
    struct deadline limit = deadline_in(TIMEOUT_MS);

    virtio_write(common(DEVICE_STATUS), 0);
    while (virtio_read(common(DEVICE_STATUS)))
        if (deadline_passed(&limit))
            return false;
    return true;
}

/* Accept those features of a word that are in mask and on offer. Returns them. */
static uint32_t accept(unsigned word, uint32_t mask)
{
    if (vn.modern) {
        virtio_write(DEVICE_FEATURE_SELECT, word);
        virtio_write(DRIVER_FEATURE_SELECT, word);
    }
    mask &= virtio_read(common(DEVICE_FEATURES));
    virtio_write(common(DRIVER_FEATURES), mask);
    return mask;
}

/* Reset the device and agree on features (3.1.1). False when that fails. */
static bool negotiate(struct nic *nic)
{
    uint32_t mask = F0_MAC | F0_STATUS | F0_ANY_LAYOUT;

    if (!reset())
        return false;
    virtio_write(common(DEVICE_STATUS), ACKNOWLEDGE | DRIVER);
    if (nic->offload)
        mask |= F0_OFFLOAD;
    vn.features = accept(0, mask);
    nic->offload = !(~vn.features & F0_OFFLOAD);
    if (!nic->offload) /* all of it, or none */
        vn.features = accept(0, mask & ~F0_OFFLOAD);
    vn.header = nic->offload ? HEADER_MODERN : HEADER_LEGACY;
    vn.split = !(vn.features & F0_ANY_LAYOUT);
    if (!vn.modern)
        return true;
    vn.header = HEADER_MODERN;
    vn.split = 0;
    accept(1, F1_VERSION_1 | F1_ACCESS_PLATFORM);
    virtio_write(DEVICE_STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
    return virtio_read(DEVICE_STATUS) & FEATURES_OK;
}

static int virtio_net_probe(struct nic *nic)
{
    uint32_t now;

    memset(&vn, 0, sizeof(vn));
    memset(&virtio_pci, 0, sizeof(virtio_pci));
    virtio_pci.pci = &nic->pci;
    pci_enable(&nic->pci, PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
    /* Legacy and transitional devices have ports at BAR 0. */
    if (nic->pci.device < 0x1040 && pci_bar_is_io(&nic->pci, 0))
        nic->io = pci_bar(&nic->pci, 0);
    if (nic->io) {
        virtio_pci.block[LEGACY_PORTS].port = nic->io;
        virtio_pci.block[BLOCK_ISR].port = nic->io + LEGACY_ISR;
        virtio_pci.block[BLOCK_NOTIFY].port = nic->io + LEGACY_NOTIFY;
        virtio_pci.block[BLOCK_DEVICE].port = nic->io + LEGACY_CONFIG;
    }
    vn.modern = !nic->io;
    if ((vn.modern && !virtio_find_blocks()) || !negotiate(nic))
        return E_NO_NIC;
    /* A device without an address leaves the choice to us (5.1.5): a locally administered one. */
    now = (uint32_t)__builtin_ia32_rdtsc();
    nic->mac[0] = 2;
    memcpy(nic->mac + 2, &now, sizeof(now));
    if (vn.features & F0_MAC) {
        for (unsigned i = 0; i < 6; i++)
            nic->mac[i] = virtio_read(CONFIG_MAC + i);
    }
    reset();
    return 0;
}

/* The slot that came back as number n; -1 when the device names one that does not exist. */
static int returned_slot(const struct queue *q, uint16_t n)
{
    uint32_t slot = q->used->slot[n & (q->size - 1)].id >> vn.split;

    return slot < q->slots ? (int)slot : -1;
}

static void offer(struct queue *q, unsigned id)
{
    q->avail->slot[q->offered++ & (q->size - 1)] = id;
    barrier();
    q->avail->index = q->offered;
}

/* Offer a slot's buffer to the device, as one descriptor or as header and rest. */
static void offer_slot(struct queue *q, unsigned slot, size_t length, unsigned flags)
{
    unsigned id = slot << vn.split;
    struct descriptor *d = &q->desc[id];

    d->address = (uint32_t)(q->buffers + slot * SLOT_SIZE);
    d->length = length;
    d->flags = flags;
    if (vn.split) {
        d[1] = d[0];
        d[1].address += vn.header;
        d[1].length -= vn.header;
        d->length = vn.header;
        d->flags |= DESC_NEXT;
        d->next = id + 1;
    }
    offer(q, id);
}

/* Notify the device of what was offered, if it asks for that. True when it does. */
static bool kick(struct queue *q)
{
    /* We write the index and then read the flag; the device writes the flag and then reads the
     * index. In this order one of us sees what the other wrote. */
    __sync_synchronize();
    if (q->used->flags & USED_NO_NOTIFY)
        return false;
    virtio_write(q->notify, q - vn.queue);
    return true;
}

/* An emulator that has just delivered a frame is about to sleep, and to wake it takes longer than
 * all the rest of a round trip. When each frame is answered (TFTP without windows), a notification
 * on the frame's arrival keeps it looking at the transmit queue until the answer is there. */
static void expect_answer(void)
{
    if (vn.answering && vn.early_kicks && vn.queue[RX].used->index == vn.queue[RX].seen)
        kick(&vn.queue[TX]);
    vn.answering = false;
}

/* Notify the device of an answer. If it was awake, that needs no notification, and the early one
 * was worth it. After EARLY_KICKS that were not, it is tried once in EARLY_RETRY frames only. */
static void kick_answer(struct queue *q)
{
    vn.answering = true;
    if (!kick(q))
        vn.early_kicks = EARLY_KICKS;
    else if (vn.early_kicks)
        vn.early_kicks--;
    else if (q->offered % EARLY_RETRY == 0)
        vn.early_kicks = 1;
}

/* Give the device memory for a queue in the legacy layout (2.6.2), which suits a modern one too. */
static int start_queue(unsigned number, unsigned slots)
{
    struct queue *q = &vn.queue[number];
    uint32_t memory, used;

    virtio_write(common(QUEUE_SELECT), number);
    q->size = virtio_read(common(QUEUE_SIZE));
    if (vn.modern && q->size > QUEUE_SIZE_MODERN) {
        q->size = QUEUE_SIZE_MODERN;
        virtio_write(QUEUE_SIZE, QUEUE_SIZE_MODERN);
    }
    q->slots = q->size >> vn.split;
    if (q->slots < RX_KICK || q->size & (q->size - 1))
        return E_NIC_OPEN;
    if (q->slots > slots)
        q->slots = slots;
    used = (q->size * 18 + 6 + QUEUE_ALIGN - 1) & ~(QUEUE_ALIGN - 1);
    memory = (uint32_t)dma_alloc(used + q->size * 8 + 6, QUEUE_ALIGN);
    q->buffers = dma_alloc(q->slots * SLOT_SIZE, 4);
    if (!memory || !q->buffers)
        return E_NO_MEMORY;
    q->desc = (struct descriptor *)memory;
    q->avail = (struct avail_ring *)(memory + q->size * 16);
    q->used = (struct used_ring *)(memory + used);
    q->avail->flags = AVAIL_NO_INTERRUPT;
    q->notify = NOTIFY;
    if (vn.modern) {
        uint32_t offset = virtio_read(QUEUE_NOTIFY_OFF) * virtio_pci.notify_multiplier;

        if (offset > REG_OFFSET_MAX)
            return E_NIC_OPEN;
        q->notify += offset;
        virtio_write(QUEUE_DESC, memory);
        virtio_write(QUEUE_DRIVER, (uint32_t)q->avail);
        virtio_write(QUEUE_DEVICE, (uint32_t)q->used);
        virtio_write(QUEUE_ENABLE, 1);
    } else {
        virtio_write(LEGACY_QUEUE_PFN, memory / QUEUE_ALIGN);
    }
    return 0;
}

static int virtio_net_open(struct nic *nic)
{
    struct queue *rx = &vn.queue[RX];
    int error;

    memset(vn.queue, 0, sizeof(vn.queue));
    if (!negotiate(nic))
        return E_NIC_OPEN;
    vn.early_kicks = EARLY_KICKS;
    nic->burst = UINT8_MAX; /* frames wait in the host */
    error = start_queue(RX, RX_SLOTS) ?: start_queue(TX, TX_SLOTS);
    if (error)
        return error;
    for (unsigned i = 0; i < rx->slots; i++)
        offer_slot(rx, i, SLOT_SIZE, DESC_DEVICE_WRITES);
    pci_enable(&nic->pci, PCI_COMMAND_MASTER);
    virtio_write(common(DEVICE_STATUS), virtio_read(common(DEVICE_STATUS)) | DRIVER_OK);
    kick(rx);
    return 0;
}

static int virtio_net_poll(struct nic *nic, void *buf, size_t cap)
{
    struct queue *q = &vn.queue[RX];
    uint32_t total = 0, skip = vn.header;
    unsigned parts = 1;

    while (parts-- && q->used->index != q->seen) {
        barrier();
        /* Too large for cap when the device says less than a header. */
        uint32_t length = q->used->slot[q->seen & (q->size - 1)].length - skip;
        int slot = returned_slot(q, q->seen++);
        if (slot < 0)
            return E_PROTOCOL;
        const uint8_t *from = q->buffers + slot * SLOT_SIZE;
        if (skip && nic->offload) {
            nic->checked = from[0] & HEADER_CHECKED;
            parts = *(const uint16_t *)(from + HEADER_LEGACY) - 1;
        }
        if (length <= SLOT_SIZE && total + length <= cap) {
            memcpy((uint8_t *)buf + total, from + skip, length);
            total += length;
        } else {
            total = cap + 1;
        }
        skip = 0;
        offer(q, slot << vn.split);
        if (q->offered % RX_KICK == 0)
            kick(q);
    }
    if (!skip)
        expect_answer();
    return total <= cap ? (int)total : E_PROTOCOL;
}

/* Wait until `count` frames have come back from the device. */
static bool wait_sent(const struct queue *q, uint16_t count)
{
    struct deadline limit = deadline_in(TIMEOUT_MS);

    while ((int16_t)(q->used->index - count) < 0)
        if (deadline_passed(&limit))
            return false;
    barrier();
    return true;
}

static int virtio_net_transmit(struct nic *nic, const void *frame, size_t len)
{
    struct queue *q = &vn.queue[TX];
    int slot = q->offered;
    uint8_t *to;

    /* When all slots have been used, frame n takes the one that came back as number n - slots. */
    if (q->offered >= q->slots) {
        uint16_t back = q->offered - q->slots;

        slot = wait_sent(q, back + 1) ? returned_slot(q, back) : -1;
        if (slot < 0)
            return E_TRANSMIT;
    }
    to = q->buffers + slot * SLOT_SIZE + vn.header;
    len = copy_padded(to, frame, len);
    offer_slot(q, slot, vn.header + len, 0);
    kick_answer(q);
    return 0;
}

static bool virtio_net_link(struct nic *nic)
{
    return !(vn.features & F0_STATUS) || (virtio_read(CONFIG_STATUS) & 1);
}

/* The interrupt line is up while the status register is not 0; reading clears it (4.1.4.5). */
static bool virtio_net_interrupt(struct nic *nic, enum nic_interrupt action)
{
    if (action == INTERRUPT_ON) {
        vn.queue[RX].avail->flags = 0;
        return false;
    }
    if (action == INTERRUPT_OFF)
        vn.queue[RX].avail->flags = AVAIL_NO_INTERRUPT;
    return virtio_read(INTERRUPT_STATUS) && action != INTERRUPT_OFF;
}

static void virtio_net_close(struct nic *nic)
{
    if (vn.queue[TX].used)
        wait_sent(&vn.queue[TX], vn.queue[TX].offered);
    reset();
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver virtio_net = {
    .name = "virtio_net",
    .probe = virtio_net_probe,
    .open = virtio_net_open,
    .poll = virtio_net_poll,
    .transmit = virtio_net_transmit,
    .link = virtio_net_link,
    .interrupt = virtio_net_interrupt,
    .close = virtio_net_close,
};
NET_DRIVER(virtio_net);
