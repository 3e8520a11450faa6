/* SPDX-License-Identifier: BSD-2-Clause */
/* Yukon 2: lists of elements of 8 bytes, which tell the chip what to send and where to put what
 * comes in, and the list of status elements that it writes. */
#include <string.h>

#include "sky2.h"

enum { TX_INDEX_THRESHOLD = 0x0e98, TX_TIMER = 0x0ec0, TX_TIMER_CTRL = 0x0ec8 };
enum { STAT_LAST = 0x0e84, STAT_LIST = 0x0e88, TIMER_START = 4, STEP = 5 * MICROSECOND };

static uint16_t status_put;
static unsigned unreported;
static bool rx_busy, tx_busy, irq_soon, report_soon;

/* Status list */

static void irq_now(void *unused)
{
    (void)unused;
    irq_soon = false;
    sky2_interrupt(IRQ_STATUS, true);
}

uint16_t sky2_status_put(void)
{
    return status_put;
}

void sky2_report(uint8_t opcode, uint32_t value, uint16_t length, uint8_t css)
{
    struct element element = {value, length, css, opcode | OWNED}, there;
    uint64_t at = sky2_get32(STAT_LIST) | (uint64_t)sky2_get32(STAT_LIST + 4) << 32;

    at += 8 * status_put;
    if (!dma_read(at, &there, 8))
        return;
    if (there.opcode & OWNED)
        fault("the status list is full: element %u was not taken", status_put);
    dma_write(at, &element, 8);
    status_put = status_put >= (sky2_get16(STAT_LAST) & 0xfff) ? 0 : status_put + 1;
    if (!irq_soon)
        after(20 * MICROSECOND, irq_now, NULL);
    irq_soon = true;
}

static void report_sent(void *unused)
{
    (void)unused;
    report_soon = false;
    if (!unreported || !sky2.status.running)
        return;
    unreported = 0;
    sky2_report(STATUS_TX, sky2.queues[QUEUE_TX].done, 0, 0);
}

/* What was sent is reported when there is enough of it, or a timer has run out. */
void sky2_sent(void)
{
    if (++unreported >= sky2_get16(TX_INDEX_THRESHOLD)) {
        report_sent(NULL);
    } else if (!report_soon && sky2.regs[TX_TIMER_CTRL] & TIMER_START) {
        report_soon = true;
        after((uint64_t)sky2_get32(TX_TIMER) * 8, report_sent, NULL); /* 125 MHz */
    }
}

/* List elements */

static bool works(unsigned which)
{
    const struct queue *queue = &sky2.queues[which];

    return queue->prefetch.running && queue->bmu.running && queue->fifo && queue->started &&
           (!sky2.is->ram || queue->ram.running) && sky2.status.running && !sky2.in_reset &&
           !sky2.master_reset;
}

/* The next element; false when there is none, or it is not the chip's. */
bool sky2_take(unsigned which, struct element *element)
{
    struct queue *queue = &sky2.queues[which];
    uint64_t at = queue->list + 8 * queue->get;

    if (queue->get == queue->put || !dma_read(at, element, 8))
        return false;
    if (!(element->opcode & OWNED)) {
        fault("element %u of the %s list is not the chip's", queue->get, which ? "TX" : "RX");
        sky2_interrupt(which ? IRQ_TX_CHECK : IRQ_RX_CHECK, true);
        queue->prefetch.running = false;
        return false;
    }
    element->opcode &= ~OWNED;
    queue->get = queue->get == queue->last ? 0 : queue->get + 1;
    return true;
}

static void rx_step(void *unused)
{
    (void)unused;
    rx_busy = false;
    if (works(QUEUE_RX))
        sky2_rx_element();
    sky2_run();
}

static void tx_step(void *unused)
{
    struct element element;

    (void)unused;
    tx_busy = false;
    if (works(QUEUE_TX) && sky2_take(QUEUE_TX, &element))
        sky2_tx_element(&element);
    sky2_run();
}

/* Only with an arbiter and a FIFO does anything leave the queue. */
void sky2_run(void)
{
    const struct queue *rx = &sky2.queues[QUEUE_RX], *tx = &sky2.queues[QUEUE_TX];

    if (!rx_busy && sky2_rx_waits() && works(QUEUE_RX) && rx->get != rx->put) {
        rx_busy = true;
        after(STEP, rx_step, NULL);
    }
    if (!tx_busy && works(QUEUE_TX) && sky2.arbiter && sky2.tx_fifo.running && tx->get != tx->put) {
        tx_busy = true;
        after(STEP, tx_step, NULL);
    }
}

void sky2_status_reset(void)
{
    not_after(irq_now, NULL);
    not_after(report_sent, NULL);
    status_put = 0;
    unreported = 0;
    irq_soon = report_soon = false;
}

void sky2_rings_reset(void)
{
    not_after(rx_step, NULL);
    not_after(tx_step, NULL);
    rx_busy = tx_busy = false;
    sky2_status_reset();
    sky2_rx_reset();
    sky2_tx_reset();
}
