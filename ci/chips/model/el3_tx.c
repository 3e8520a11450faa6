/* SPDX-License-Identifier: BSD-2-Clause */
/* EtherLink XL and Vortex: frames from the list of download descriptors or the port, through the TX
 * FIFO to the wire; and Vortex's single transfers. */
#include <string.h>

#include "el3.h"
#include "offload.h"

enum { TX_SLOTS = 4, STACK = 31 };
enum { TX_COMPLETE = 0x80, TX_REQUESTED = 0x40, TX_OVERFLOW = 0x04 };
/* A transfer takes longer than a CPU needs from its start to a look at TxStatus. An emulated CPU
 * may be late: the transfer waits for that, but not forever. */
enum { SLAVE_LATEST = 100000 * MICROSECOND };
enum { ALLOW_LARGE = 0x40 };                                       /* in MacControl */
enum { MASTER_DOWN = 0x10, MASTER_UP = 0x40, MASTER_BUSY = 0x80 }; /* upper byte of MasterStatus */
enum {
    FSH_INDICATE = 0x8000,
    FSH_DOWN_COMPLETE = 0x10000,
    FSH_IP_SUM = 1 << 25,
    FSH_TCP_SUM = 1 << 26,
    FSH_UDP_SUM = 1 << 27,
    FSH_NO_ROUNDING = 1 << 28,
    FSH_DOWN_INDICATE = 1u << 31
};

static struct fifo tx;
static bool sending;
static uint8_t stack[STACK]; /* TxStatus */
static unsigned stacked, threshold;
static uint8_t port[FRAME_ROOM]; /* a frame that the port is given */
static unsigned ported;
static uint64_t slave_latest; /* a single transfer */
static unsigned slave_looks, slave_len;
static uint8_t slave[8192];

static const uint8_t master_bits[2] = {MASTER_UP, MASTER_DOWN};
static void slave_done(void *bit);
static void down_run(void *unused);
static void sent(void *unused);

void el3_tx_reset(void)
{
    not_after(down_run, NULL);
    not_after(sent, NULL);
    not_after(slave_done, (void *)&master_bits[0]);
    not_after(slave_done, (void *)&master_bits[1]);
    tx = (struct fifo){0};
    el3.down = (struct list){0};
    el3.tx_on = sending = false;
    stacked = ported = 0;
    threshold = ~0u;
    el3.events &= ~(STATUS_DOWN_COMPLETE | STATUS_TX_AVAILABLE);
}

uint32_t el3_tx_free(uint32_t stored)
{
    unsigned used = tx.bytes + 4 * tx.count + ported;

    (void)stored;
    return used < el3_ram(false) ? el3_ram(false) - used : 0;
}

uint32_t el3_tx_status(uint32_t stored)
{
    (void)stored;
    return stacked ? stack[stacked - 1] : 0;
}

void el3_tx_pop(uint32_t value)
{
    (void)value;
    if (stacked)
        stacked--;
    el3_update();
}

static void push_status(uint8_t status)
{
    if (stacked < STACK) {
        stack[stacked++] = status;
        return;
    }
    stack[STACK - 1] |= TX_OVERFLOW;
    el3.tx_on = false;
}

static void tell_room(void)
{
    if (el3_tx_free(0) >= threshold) {
        threshold = ~0u;
        el3.events |= STATUS_TX_AVAILABLE;
    }
}

void el3_tx_threshold(unsigned words)
{
    threshold = words << 2;
    tell_room();
}

static void sent(void *unused)
{
    struct frame *frame = el3_slot(&tx, 0);

    (void)unused;
    sending = false;
    if (el3_link()) {
        wire_send(frame->data, frame->len);
        el3_count(TX_FRAMES, 1);
        el3_count(TX_BYTES, frame->len);
    } else {
        el3_count(CARRIER_LOST, 1);
    }
    if (frame->header & FSH_INDICATE)
        push_status(TX_COMPLETE | TX_REQUESTED);
    el3_pop(&tx);
    tell_room();
    el3_tx_pump();
    el3_down_pump();
    el3_update();
}

void el3_tx_pump(void)
{
    if (sending || !el3.tx_on || !tx.count)
        return;
    sending = true;
    after((uint64_t)(el3_slot(&tx, 0)->len + 24) * 8000 / el3_speed(), sent, NULL);
}

static void fill_sums(struct frame *frame)
{
    unsigned which = (frame->header & FSH_IP_SUM ? SUM_IP : 0) |
                     (frame->header & FSH_TCP_SUM ? SUM_TCP : 0) |
                     (frame->header & FSH_UDP_SUM ? SUM_UDP : 0);

    if (which && el3.is->generation >= CYCLONE)
        sums_fill(frame->data, frame->len, which);
}

/* A whole frame is in slot `tx.count`: it may go. */
static void queue(struct frame *frame)
{
    if (frame->len < 14 ||
        frame->len >
            (el3.windows[3][6] & ALLOW_LARGE || el3.is->generation >= CYCLONE ? 4500u : 1514u))
        fault("a frame of %u bytes is to be sent", frame->len);
    if (frame->len < 60) {
        memset(frame->data + frame->len, 0, 60 - frame->len);
        frame->len = 60;
    }
    fill_sums(frame);
    tx.count++;
    tx.bytes += frame->len;
    el3_tx_pump();
}

static bool gather(uint32_t descriptor, struct frame *frame)
{
    frame->len = 0;
    for (unsigned i = 0; i < FRAGMENTS; i++) {
        uint32_t pair[2];
        unsigned len;

        if (!dma_read(descriptor + 8 + 8 * i, pair, 8))
            return false;
        len = pair[1] & 0x1fff;
        if (frame->len + len > FRAME_ROOM - 4) {
            fault("the fragments of the descriptor at %08x are too long", descriptor);
            return false;
        }
        if (len && !dma_read(pair[0], frame->data + frame->len, len))
            return false;
        frame->len += len;
        if (pair[1] & LAST_FRAGMENT)
            return true;
    }
    fault("the descriptor at %08x has no last fragment", descriptor);
    return false;
}

/* Later chips round a length up, to what its own low bits in the header say, or not. */
static void set_length(struct frame *frame)
{
    if (el3.is->generation == BOOMERANG) {
        if ((frame->header & 0x1fff) != frame->len)
            fault("FrameStartHeader says %u bytes, the fragments have %u", frame->header & 0x1fff,
                  frame->len);
    } else if (!(frame->header & (FSH_NO_ROUNDING | 1))) {
        unsigned to = frame->header & 2 ? 2 : 4;

        while (frame->len % to)
            frame->data[frame->len++] = 0xee;
    }
}

static void down_run(void *unused)
{
    struct frame *frame = el3_slot(&tx, tx.count);
    uint32_t head[2];

    (void)unused;
    el3.down.fetching = false;
    if (el3.down.at && dma_read(el3.down.at, head, 8)) {
        frame->header = head[1];
        if (gather(el3.down.at, frame)) {
            set_length(frame);
            queue(frame);
        }
        head[1] |= FSH_DOWN_COMPLETE;
        if (el3.is->generation >= CYCLONE)
            dma_write(el3.down.at + 4, head + 1, 4);
        if (head[1] & FSH_DOWN_INDICATE)
            el3.events |= STATUS_DOWN_COMPLETE;
        dma_read(el3.down.at, head, 4); /* another may have been added meanwhile */
        if (head[0] & 7)
            fault("DnNextPtr %08x is no multiple of 8", head[0]);
        el3.down.at = head[0] & ~7u;
    } else {
        el3.down.at = 0;
    }
    if (el3.down.stalled)
        el3_command_done();
    el3_down_pump();
    el3_update();
}

void el3_down_pump(void)
{
    if (el3.down.fetching || el3.down.stalled || !el3.down.at || tx.count == TX_SLOTS)
        return;
    el3.down.fetching = true;
    after(20 * MICROSECOND, down_run, NULL);
}

/* Vortex, and Boomerang when it is asked to: frames through the port. A doubleword with the length
 * comes first, and what follows is rounded up to doublewords. */
static void port_take(const uint8_t *data, unsigned len)
{
    struct frame *frame = el3_slot(&tx, tx.count);
    unsigned whole;

    for (; len; len--) {
        if (ported == sizeof port || tx.count == SLOTS || !el3_tx_free(0)) {
            fault("the TX FIFO is written without room");
            return;
        }
        port[ported++] = *data++;
        whole = (port[0] | (port[1] & 0x1f) << 8);
        if (ported < 4 || ported < 4 + ((whole + 3) & ~3u))
            continue;
        frame->len = whole;
        frame->header = port[0] | port[1] << 8;
        memcpy(frame->data, port + 4, whole);
        ported = 0;
        queue(frame);
        frame = el3_slot(&tx, tx.count);
    }
}

void el3_fifo_write(uint32_t value, unsigned size)
{
    port_take((uint8_t *)&value, size);
    el3_update();
}

static void slave_done(void *bit)
{
    bool down = *(const uint8_t *)bit == MASTER_DOWN;

    if (down && el3.looks == slave_looks && card_now() < slave_latest) {
        after(100 * MICROSECOND, slave_done, bit);
        return;
    }
    el3.windows[7][13] = (el3.windows[7][13] & ~MASTER_BUSY) | *(const uint8_t *)bit;
    if (down)
        port_take(slave, slave_len);
    if (el3.windows[7][13] & MASTER_DOWN) /* uploads are polled for; Linux acknowledges none */
        el3.events |= STATUS_DMA_DONE;
    el3_update();
}

/* One transfer between memory and a FIFO, as MasterAddress and MasterLen say. */
void el3_slave_dma(unsigned down)
{
    uint32_t at = el3_word(7, 0) | (uint32_t)el3_word(7, 2) << 16;

    if (el3.is->generation != VORTEX || el3.windows[7][13] & MASTER_BUSY) {
        fault("StartDMA on a chip that has none, or while one is in progress");
        return;
    }
    el3.windows[7][13] |= MASTER_BUSY;
    slave_len = el3_word(7, 6) & 0x1fff;
    if (down & 1) {
        if (!dma_read(at, slave, slave_len))
            slave_len = 0;
    } else {
        for (unsigned i = 0; i < slave_len && (i == 0 || el3_rx_left()); i++)
            slave[i] = el3_fifo_read(1);
        dma_write(at, slave, slave_len);
    }
    slave_looks = el3.looks;
    slave_latest = card_now() + SLAVE_LATEST;
    after(400 * MICROSECOND, slave_done, (void *)&master_bits[down & 1]);
}
