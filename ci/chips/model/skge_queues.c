/* SPDX-License-Identifier: BSD-2-Clause */
/* SysKonnect Genesis and Marvell Yukon: queues of descriptors, and the RAM between them and the
 * MAC. */
#include <string.h>

#include "crc.h"
#include "skge.h"

/* Of a queue's CSR: pairs of bits that take its parts out of reset and set them back. */
enum { PARTS_RUN = 0x2aaa00, PARTS_RESET = 0x155500 };
enum { CSR_STOP = 1 << 5, CSR_START = 1 << 4, CSR_CLEAR_FRAME = 1 << 1 };

enum { OWN = 1u << 31, FIRST = 1 << 30, LAST = 1 << 29, IRQ_FRAME = 1 << 27 };
enum { STATUS_VALID = 1 << 25, CHECK = 0xff << 16, PLAIN = 0x55 << 16, SUM = 0x56 << 16 };
enum { SUM_TOO = 0x57 << 16, LENGTH = 0xffff };
enum { FCS = 4, FRAME_MIN = 60, BUFFER = 2048, FRAGMENTS = 24, WAITING = 8 };

struct descriptor {
    uint32_t control, next, low, high;
    uint32_t status, stamp;
    /* To send: where the sum goes, and where it begins. Received: two sums, and where they begin.
     */
    uint16_t sum_2, sum_1, begin_2, begin_1;
};

static struct queue {
    unsigned regs, ram, parts; /* parts: in PARTS_RUN's bits, those out of reset */
    uint64_t at;
    bool running;
} rx, tx;

static struct {
    uint64_t at[FRAGMENTS], next;
    uint32_t control[FRAGMENTS];
    unsigned fragments;
    bool sending;
    size_t len;
    uint8_t data[BUFFER];
} out;

/* The RAM of the receive queue. */
static struct {
    size_t len;
    uint8_t data[BUFFER];
} in[WAITING];
static unsigned in_first, in_count;
static bool storing;

static uint64_t wire_time(size_t len)
{
    unsigned speed = skge.phy.link ? skge.phy.speed : 1000;

    return (len + 24) * 8000 / speed;
}

static bool fetch(const struct queue *queue, uint64_t at, struct descriptor *d)
{
    if (at % 8) {
        fault("queue %x: descriptor at %llx, which is no multiple of 8", queue->regs,
              (unsigned long long)at);
        return false;
    }
    if (!dma_read(at, d, sizeof *d))
        return false;
    if (d->control & OWN && (d->control & CHECK) != PLAIN && (d->control & CHECK) != SUM &&
        (d->control & CHECK) != SUM_TOO) {
        fault("queue %x: descriptor without a check code: %08x", queue->regs, d->control);
        return false;
    }
    return true;
}

/* 64-bit addresses: a descriptor names only the lower half of the next one's. */
static uint64_t next_of(uint64_t at, const struct descriptor *d)
{
    return (at & ~(uint64_t)UINT32_MAX) | d->next;
}

static bool ram_works(const struct queue *queue)
{
    return skge.regs[queue->ram + RB_CTRL] & OPERATES;
}

/* What must be so before a queue is started. */
static void check_start(const struct queue *queue)
{
    uint32_t start = skge_get(queue->ram + RB_START, 4), end = skge_get(queue->ram + RB_END, 4);

    if (queue->parts != PARTS_RUN)
        fault("queue %x is started with parts in reset (%x)", queue->regs, queue->parts);
    if (!ram_works(queue))
        fault("queue %x is started without its RAM buffer", queue->regs);
    if (start >= end || !skge_has_ram(start, end))
        fault("queue %x has the RAM %x to %x", queue->regs, start, end);
    if (ram_works(&rx) && ram_works(&tx) &&
        skge_get(RB_R1 + RB_START, 4) <= skge_get(RB_XA1 + RB_END, 4) &&
        skge_get(RB_XA1 + RB_START, 4) <= skge_get(RB_R1 + RB_END, 4))
        fault("both queues have the same RAM");
    if (skge.master_reset)
        fault("queue %x is started while bus mastering is in reset", queue->regs);
    if (!(skge.regs[RI_CTRL] & 2))
        fault("queue %x is started while the way to the RAM is in reset", queue->regs);
    if (skge.mac == &skge_xmac && !(skge.regs[MA_CTRL] & skge.regs[PA_CTRL] & 2))
        fault("queue %x is started while an arbiter is in reset", queue->regs);
}

/* ---- To send ---- */

static uint16_t fold(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)(sum + (sum >> 16));
}

/* Sum of 16-bit words as they lie in memory. */
static uint16_t sum_of(const uint8_t *data, size_t len)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < len; i++)
        sum += (uint32_t)data[i] << (i & 1) * 8;
    return fold(sum);
}

/* The driver has put the sum of the pseudo header where the whole one goes. */
static void put_sum(const struct descriptor *d)
{
    unsigned begin = d->sum_1, field = d->sum_2;
    uint16_t sum;

    if (begin >= out.len || field + 2u > out.len) {
        fault("checksum from %u at %u of a frame of %zu bytes", begin, field, out.len);
        return;
    }
    sum = (uint16_t)~sum_of(out.data + begin, out.len - begin);
    if (!sum)
        sum = 0xffff;
    out.data[field] = (uint8_t)sum;
    out.data[field + 1] = (uint8_t)(sum >> 8);
}

static void sent(void *unused)
{
    bool interrupt = false;

    (void)unused;
    out.sending = false;
    for (unsigned i = 0; i < out.fragments; i++) {
        uint32_t control = out.control[i] & ~OWN;

        interrupt |= control & IRQ_FRAME;
        dma_write(out.at[i], &control, sizeof control);
    }
    tx.at = out.next;
    skge.mac->count(out.data, out.len, true);
    wire_send(out.data, out.len);
    if (interrupt)
        skge_raise(IS_XA1_F);
    skge_send();
}

/* Collects one frame; false when there is no whole one. */
static bool gather(void)
{
    struct descriptor d, first = {0};
    uint64_t at = tx.at;

    out.len = out.fragments = 0;
    do {
        size_t len;

        if (out.fragments == FRAGMENTS || !fetch(&tx, at, &d) || !(d.control & OWN))
            return false;
        len = d.control & LENGTH;
        if (!(d.control & FIRST) != !!out.fragments)
            fault("first descriptor of a frame is marked wrong: %08x", d.control);
        if (!len || out.len + len > BUFFER) {
            fault("frame to send has %zu bytes", out.len + len);
            return false;
        }
        if (!out.fragments)
            first = d;
        if (!dma_read((uint64_t)d.high << 32 | d.low, out.data + out.len, len))
            return false;
        out.len += len;
        out.control[out.fragments] = d.control;
        out.at[out.fragments++] = at;
        at = next_of(at, &d);
    } while (!(d.control & LAST));
    out.next = at;
    if ((first.control & CHECK) != PLAIN)
        put_sum(&first);
    return true;
}

void skge_send(void)
{
    if (out.sending || !tx.running || !skge.phy.link || !skge.mac->sends() ||
        !(skge.regs[TXA_CTRL] & 2) || !ram_works(&tx))
        return;
    if (!gather()) {
        tx.running = false; /* until the next start */
        return;
    }
    if (out.len < FRAME_MIN && !skge.mac->pads())
        fault("sends %zu bytes, and the MAC does not pad", out.len);
    if (out.len < FRAME_MIN) {
        memset(out.data + out.len, 0, FRAME_MIN - out.len);
        out.len = FRAME_MIN;
    }
    out.sending = true;
    after(wire_time(out.len), sent, NULL);
}

/* ---- Received ---- */

static void store_next(void);

/* Writes back a descriptor, its control word last. */
static void give_back(uint64_t at, struct descriptor *d)
{
    dma_write(at + 16, (uint8_t *)d + 16, 12);
    dma_write(at, &d->control, sizeof d->control);
}

/* One frame from the RAM into memory. False when there is no descriptor for it: then the queue
 * stops until it is started again. */
static bool store(const uint8_t *data, size_t len)
{
    struct descriptor d;

    for (size_t done = 0; done < len;) {
        uint64_t at = rx.at;
        size_t part;

        if (!fetch(&rx, at, &d) || !(d.control & OWN))
            return done;
        part = d.control & LENGTH;
        if (part > len - done)
            part = len - done;
        if (!part || !dma_write((uint64_t)d.high << 32 | d.low, data + done, part))
            return false;
        d.control = (d.control & (CHECK | IRQ_FRAME)) | (uint32_t)part | (done ? 0 : FIRST);
        done += part;
        if (done == len) {
            d.control |= LAST | STATUS_VALID;
            d.status = skge.mac->status(data, len);
            if (d.begin_1 < len)
                d.sum_1 = sum_of(data + d.begin_1, len - d.begin_1);
            if (d.begin_2 < len)
                d.sum_2 = sum_of(data + d.begin_2, len - d.begin_2);
        }
        give_back(at, &d);
        rx.at = next_of(at, &d);
        if (d.control & LAST && d.control & IRQ_FRAME)
            skge_raise(IS_R1_F);
    }
    return true;
}

static void stored(void *unused)
{
    (void)unused;
    storing = false;
    if (!rx.running || !in_count)
        return;
    if (!store(in[in_first].data, in[in_first].len)) {
        rx.running = false;
        return;
    }
    in_first = (in_first + 1) % WAITING;
    in_count--;
    store_next();
}

static void store_next(void)
{
    if (storing || !rx.running || !in_count)
        return;
    storing = true;
    after(wire_time(in[in_first].len), stored, NULL);
}

bool skge_ready(void)
{
    return in_count < WAITING;
}

void skge_receive(const uint8_t *frame, size_t len)
{
    unsigned last = (in_first + in_count) % WAITING;

    if (skge.reset || !skge.phy.link || !skge.mac->receives() || !ram_works(&rx) ||
        len + FCS > BUFFER || !skge.mac->accepts(frame))
        return;
    if (in_count == WAITING) {
        skge.regs[GMAC_ISRC] |= 2; /* overrun */
        skge_update_irq();
        return;
    }
    memset(in[last].data, 0, FRAME_MIN);
    memcpy(in[last].data, frame, len);
    if (len < FRAME_MIN)
        len = FRAME_MIN;
    skge.mac->count(in[last].data, len, false);
    if (skge.mac->passes_fcs()) {
        uint32_t fcs = ethernet_crc(in[last].data, len);

        memcpy(in[last].data + len, &fcs, FCS);
        len += FCS;
    }
    in[last].len = len;
    in_count++;
    store_next();
}

/* ---- Control ---- */

static struct queue *queue_of(unsigned regs)
{
    return regs == Q_R1 ? &rx : &tx;
}

static void stop(struct queue *queue)
{
    queue->running = false;
    if (queue == &tx) {
        out.sending = false;
        not_after(sent, NULL);
        return;
    }
    storing = false;
    not_after(stored, NULL);
}

void skge_queue_write(unsigned regs, uint32_t csr)
{
    struct queue *queue = queue_of(regs);

    queue->parts = (queue->parts | (csr & PARTS_RUN)) & ~((csr & PARTS_RESET) << 1);
    if (csr & CSR_STOP || csr & PARTS_RESET)
        stop(queue);
    if (csr & CSR_CLEAR_FRAME) {
        skge.isrc &= ~(uint32_t)(regs == Q_R1 ? IS_R1_F : IS_XA1_F);
        skge_update_irq();
    }
    if (!(csr & CSR_START))
        return;
    check_start(queue);
    queue->running = true;
    if (queue == &rx)
        store_next();
    else
        skge_send();
}

void skge_queue_begin(unsigned regs)
{
    struct queue *queue = queue_of(regs);

    if (queue->running && (queue == &rx || out.sending))
        fault("queue %x: descriptor address written while it runs", regs);
    queue->at = (uint64_t)skge_get(regs + Q_DA_H, 4) << 32 | skge_get(regs + Q_DA_L, 4);
}

void skge_queues_start(void)
{
    stop(&rx);
    stop(&tx);
    rx = (struct queue){.regs = Q_R1, .ram = RB_R1};
    tx = (struct queue){.regs = Q_XA1, .ram = RB_XA1};
    in_count = 0;
}
