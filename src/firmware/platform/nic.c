/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform/nic.h"

#include "lib/string.h"
#include "net/arp.h"
#include "net/net.h"
#include "net/port.h"
#include "platform/bios/console.h"
#include "platform/bios/realmode.h"
#include "platform/bios/timer.h"
#include "platform/target.h"

enum { LINK_WAIT_MS = 12000, HURRIED_LINK_MS = 5000, LINK_POLL_MS = 5 };
/* INT 15h/86h waits for CX:DX microseconds, with the CPU halted where the BIOS can. */
enum { BIOS_WAIT = 0x8600, IDLE_US = 900 };

struct nic nic;

static uint8_t dma_arena[DMA_ARENA_SIZE] __attribute__((aligned(4096)));
static size_t dma_used;
static bool is_open;

void *dma_alloc(size_t size, size_t align)
{
    size_t start = (dma_used + align - 1) & ~(align - 1);

    if (size > sizeof(dma_arena) || start > sizeof(dma_arena) - size)
        return NULL;
    dma_used = start + size;
    return memset(dma_arena + start, 0, size);
}

size_t copy_padded(uint8_t *to, const void *frame, size_t len)
{
    memcpy(to, frame, len);
    for (; len < ETH_FRAME_MIN; len++)
        to[len] = 0;
    return len;
}

int nic_probe(void)
{
    int error;

    /* all but which card it is */
    memset((uint8_t *)&nic + offsetof(struct nic, mac), 0, sizeof(nic) - offsetof(struct nic, mac));
    error = nic.driver->probe(&nic);
    memcpy(net.mac, nic.mac, sizeof(net.mac));
    arp_forget();
    return error;
}

/* To the next card behind `card` that the image is for. Its driver; NULL at the end. */
static const struct net_driver *next_card(const struct identity *id, struct pci_device *card)
{
    const struct net_driver *driver = NULL;

    while (!driver && pci_next(card))
        driver = target_driver(id, card->vendor, card->device);
    return driver;
}

int nic_find(const struct identity *id, uint16_t busdevfn)
{
    nic.pci.busdevfn = busdevfn - 1;
    nic.driver = next_card(id, &nic.pci);
    if (!nic.driver)
        nic.driver = next_card(id, &nic.pci);
    return nic.driver ? 0 : E_NO_NIC;
}

unsigned nic_count(const struct identity *id)
{
    struct pci_device card = {.busdevfn = PCI_END};
    unsigned count = 0;

    while (next_card(id, &card))
        count++;
    return count;
}

static int wait_for_link(void)
{
    struct deadline end = deadline_in(net.hurried ? HURRIED_LINK_MS : LINK_WAIT_MS);

    while (!nic.driver->link(&nic)) {
        if (deadline_passed(&end))
            return E_NO_LINK;
        if (cancel_requested())
            return E_CANCELLED;
        delay_us(LINK_POLL_MS * 1000);
    }
    return 0;
}

bool nic_link(void)
{
    return is_open && nic.driver->link(&nic);
}

int nic_open(void)
{
    int error;

    if (is_open)
        return 0;
    dma_used = 0;
    is_open = true;
    nic.offload = !program_runs; /* programs expect frames as they were on the wire */
    error = nic.driver->open(&nic);
    net.burst = nic.burst;
    net.mtu = nic.mtu;
    if (!error)
        error = wait_for_link();
    if (error)
        nic_close();
    return error;
}

void nic_close(void)
{
    if (is_open)
        nic.driver->close(&nic);
    is_open = false;
}

int nic_transmit(const void *frame, size_t len)
{
    return is_open ? nic.driver->transmit(&nic, frame, len) : E_TRANSMIT;
}

static void nic_idle(void)
{
    struct rm_regs regs = {.ax = BIOS_WAIT, .dx = IDLE_US};

    /* A program may have masked the interrupt by which the BIOS wakes up. */
    if (!program_runs)
        rm_interrupt(0x15, &regs);
}

int nic_poll(void *buf, size_t cap)
{
    int len = is_open ? nic.driver->poll(&nic, buf, cap) : 0;

    net.checked = nic.checked;
    return len;
}

const struct net_port net_port = {
    .transmit = nic_transmit,
    .poll = nic_poll,
    .idle = nic_idle,
    .cancelled = cancel_requested,
    .now = timer_ms,
    .noise = timer_noise,
};
