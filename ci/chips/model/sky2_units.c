/* SPDX-License-Identifier: BSD-2-Clause */
/* Yukon 2: queues with their bus master and prefetch units, FIFOs, RAM buffers, arbiter, and which
 * of them are in reset or operational. */
#include "sky2.h"

enum {
    TXA_CTRL = 0x0210,
    Q_RX = 0x0400,
    Q_TX = 0x0680,
    RAM_RX = 0x0800,
    RAM_TX = 0x0a80,
    RX_GMF_CTRL = 0x0c48,
    TX_GMF_CTRL = 0x0d48,
    STAT_CTRL = 0x0e80,
    GMAC_CTRL = 0x0f00,
    GPHY_CTRL = 0x0f04
};
enum { Q_CSR = 0x34, Q_DONE = 0x24, PREF_CTRL = 0x50, PREF_LAST = 0x54, PREF_LIST = 0x58 };
enum { PREF_GET = 0x60, PREF_PUT = 0x64, QUEUE_END = 0x80, RB_CTRL = 0x28 };
enum { ARBITER_ON = 2, ARBITER_OFF = 1, CSR_IDLE = 1u << 31, STATUS_CLEAR_IRQ = 1 << 4 };
enum { VLAN_STRIP_ON = 1 << 25, VLAN_STRIP_OFF = 1 << 24 };

static void unit_write(struct unit *unit, uint32_t value, const char *name)
{
    if (value & 1)
        *unit = (struct unit){0};
    if (value & 2)
        unit->ready = true;
    if (value & 4)
        unit->running = false;
    if (value & 8) {
        if (!unit->ready)
            fault("%s is made operational while it is in reset", name);
        unit->running = unit->ready;
    }
}

/* A queue's own registers, and those of its prefetch unit */

struct queue *sky2_queue(uint32_t reg, unsigned *at)
{
    for (unsigned i = 0; i < QUEUES; i++) {
        *at = reg - (i == QUEUE_RX ? Q_RX : Q_TX);
        if (*at < QUEUE_END)
            return &sky2.queues[i];
    }
    return NULL;
}

uint32_t sky2_queue_read(const struct queue *queue, unsigned at, uint32_t stored)
{
    switch (at) {
    case Q_CSR:
        return CSR_IDLE | (queue->bmu.running ? 8 : 0);
    case Q_DONE:
        return queue->done;
    case PREF_GET:
        return queue->get;
    case PREF_PUT:
        return queue->put;
    case PREF_CTRL:
        return (queue->prefetch.running ? 8 : 4) | (queue->prefetch.ready ? 2 : 1);
    default:
        return stored;
    }
}

static void csr_write(struct queue *queue, uint32_t value)
{
    unit_write(&queue->bmu, value, "a BMU");
    if (value & 0x11)
        queue->fifo = queue->started = false;
    if (value & 0x40)
        queue->fifo = false;
    if (value & 0x80)
        queue->fifo = true;
    if (value & 0x100)
        queue->started = true;
    if (value & 0x200)
        queue->started = false;
    if (value & 0x3000)
        queue->checksums = value & 0x2000;
    if (value & 0x400)
        sky2_interrupt(queue == sky2.queues ? IRQ_RX_CHECK : IRQ_TX_CHECK, false);
}

void sky2_queue_write(struct queue *queue, unsigned at, uint32_t value)
{
    switch (at) {
    case Q_CSR:
        csr_write(queue, value);
        break;
    case PREF_CTRL:
        unit_write(&queue->prefetch, value, "a prefetch unit");
        if (value & 1)
            queue->get = queue->put = queue->done = 0;
        break;
    case PREF_LAST:
        queue->last = value & 0xfff;
        break;
    case PREF_LIST:
        if (value & 4095)
            fault("a list of descriptors at %08x is not on a 4 KB boundary", value);
        queue->list = (queue->list & ~0xffffffffull) | value;
        break;
    case PREF_LIST + 4:
        queue->list = (queue->list & 0xffffffff) | (uint64_t)value << 32;
        break;
    case PREF_PUT:
        if (!queue->prefetch.running || (value & 0xfff) > queue->last)
            fault("put index %u, of a list with %u, before the prefetch unit is operational", value,
                  queue->last + 1);
        queue->put = value & 0xfff;
        break;
    }
    sky2_run();
}

static void fifo_write(struct unit *fifo, uint32_t value, const char *name)
{
    unit_write(fifo, value & 15, name);
    if (fifo == &sky2.rx_fifo && value & 1)
        sky2_rx_reset();
    if (fifo == &sky2.rx_fifo && value & (VLAN_STRIP_ON | VLAN_STRIP_OFF))
        sky2.vlan_strip = value & VLAN_STRIP_ON;
}

void sky2_unit_write(uint32_t reg, uint32_t value)
{
    switch (reg) {
    case RX_GMF_CTRL:
        fifo_write(&sky2.rx_fifo, value, "the RX GMAC FIFO");
        break;
    case TX_GMF_CTRL:
        fifo_write(&sky2.tx_fifo, value, "the TX GMAC FIFO");
        break;
    case RAM_RX + RB_CTRL:
        unit_write(&sky2.queues[QUEUE_RX].ram, value, "the RX RAM buffer");
        break;
    case RAM_TX + RB_CTRL:
        unit_write(&sky2.queues[QUEUE_TX].ram, value, "the TX RAM buffer");
        break;
    case STAT_CTRL:
        unit_write(&sky2.status, value, "the status unit");
        if (value & 1)
            sky2_status_reset();
        if (value & STATUS_CLEAR_IRQ)
            sky2_interrupt(IRQ_STATUS, false);
        break;
    case TXA_CTRL:
        if (value & (ARBITER_ON | ARBITER_OFF))
            sky2.arbiter = value & ARBITER_ON;
        break;
    case GMAC_CTRL:
        if (value & 3)
            sky2.gmac_ready = value & 2;
        break;
    case GPHY_CTRL:
        if (value & 1 || (value & 2 && !sky2.gphy_ready))
            sky2_phy_reset();
        if (value & 3)
            sky2.gphy_ready = value & 2;
        break;
    }
}
