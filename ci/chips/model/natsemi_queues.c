/* SPDX-License-Identifier: BSD-2-Clause */
/* See natsemi.h. The queues of descriptors, in both directions. */
#include "natsemi.h"

#include <string.h>

enum { OWN = 1u << 31, MORE = 1 << 30, INTR = 1 << 29, NO_CRC = 1 << 28 };
enum { OK = 1 << 27, SIZE = 0xfff };
enum { CRC_SIZE = 4, FRAME_MIN = 60, FRAME_LONG = 1518, TX_ROOM = 2048 };
enum { TX_TIME = 120 * MICROSECOND };

struct descriptor {
    uint32_t link, status, buffer;
};

#define s natsemi_state

static bool take(uint32_t address, struct descriptor *d, const char *which)
{
    if (address & 3)
        fault("%s descriptor at %#x is not aligned to 4 bytes", which, address);
    return address && dma_read(address, d, sizeof(*d));
}

/* --- transmission */
static void tx_step(void *argument);

void natsemi_transmit(void)
{
    not_after(tx_step, NULL);
    after(TX_TIME, tx_step, NULL);
}

void natsemi_stop_transmit(void)
{
    not_after(tx_step, NULL);
}

static void tx_stop(uint32_t bits)
{
    s.cr &= ~CR_TXE;
    natsemi_interrupt(bits);
}

/* Gathers a packet from its descriptors. 0: it is not complete yet. */
static size_t gather(uint8_t *frame, struct descriptor *d)
{
    size_t len = 0;

    for (;;) {
        size_t part = d->status & SIZE;

        if (len + part > TX_ROOM) {
            fault("a packet of more than %d bytes is sent", TX_ROOM);
            return 0;
        }
        if (!dma_read(d->buffer, frame + len, part))
            return 0;
        len += part;
        if (!(d->status & MORE))
            return len;
        d->status = (d->status & ~OWN) | OK;
        dma_write(s.txdp + 4, &d->status, 4);
        s.txdp = d->link;
        if (!take(s.txdp, d, "transmit") || !(d->status & OWN))
            return 0;
    }
}

static void tx_step(void *argument)
{
    uint8_t frame[TX_ROOM + FRAME_MIN] = {0};
    struct descriptor d;
    size_t len;

    if (!(s.cr & CR_TXE))
        return;
    if (!take(s.txdp, &d, "transmit")) {
        tx_stop(TX_IDLE);
        return;
    }
    if (s.tx_at_end) { /* started again: there may be a next one by now */
        if (d.link == 0) {
            tx_stop(TX_IDLE);
            return;
        }
        s.tx_at_end = false;
        s.txdp = d.link;
        if (!take(s.txdp, &d, "transmit"))
            return;
    }
    if (!(d.status & OWN)) {
        tx_stop(TX_IDLE);
        return;
    }
    len = gather(frame, &d);
    if (len == 0) {
        tx_stop(TX_IDLE);
        return;
    }
    if (d.status & NO_CRC && len > CRC_SIZE)
        len -= CRC_SIZE; /* the driver brings it */
    if (s.txcfg & TXCFG_PAD && len < FRAME_MIN)
        len = FRAME_MIN;
    else if (len < FRAME_MIN)
        fault("a frame of %zu bytes is sent, and padding is off", len);
    if (s.phy.link)
        wire_send(frame, len);
    d.status = (d.status & ~(OWN | MORE)) | OK;
    dma_write(s.txdp + 4, &d.status, 4);
    natsemi_interrupt(TX_OK | (d.status & INTR ? TX_DESC : 0));
    if (d.link)
        s.txdp = d.link;
    else
        s.tx_at_end = true;
    natsemi_transmit();
}

/* --- reception */
/* The descriptor that the next part of a frame goes into; false: there is none that is free. */
static bool rx_descriptor(struct descriptor *d)
{
    if (!(s.cr & CR_RXE) || s.rx_idle || !take(s.rxdp, d, "receive"))
        return false;
    if (s.rx_at_end) {
        if (d->link == 0)
            return false;
        s.rx_at_end = false;
        s.rxdp = d->link;
        if (!take(s.rxdp, d, "receive"))
            return false;
    }
    return !(d->status & OWN);
}

bool natsemi_ready(void)
{
    struct descriptor d;

    /* The FIFO keeps nothing once the machine is idle. */
    return !(s.cr & CR_RXE) || s.rx_idle || rx_descriptor(&d);
}

void natsemi_receive(const uint8_t *data, size_t len)
{
    uint8_t frame[FRAME_MAX + FRAME_MIN + CRC_SIZE] = {0};
    struct descriptor d;
    uint32_t destination = len >= 14 && s.phy.link ? s.is->accepts(data) : 0;
    size_t at = 0;

    if (!destination || !(s.cr & CR_RXE))
        return;
    memcpy(frame, data, len);
    len = (len < FRAME_MIN ? FRAME_MIN : len) + CRC_SIZE; /* the other end padded it */
    if (len > FRAME_LONG + CRC_SIZE)
        return;
    do {
        size_t part;

        if (!rx_descriptor(&d)) {
            s.rx_idle = true;
            natsemi_interrupt(RX_IDLE | RX_OVERRUN);
            return;
        }
        part = d.status & SIZE;
        if (part == 0) {
            fault("a receive buffer has no room");
            return;
        }
        if (d.buffer & 3)
            fault("receive buffer at %#x is not aligned to 4 bytes", d.buffer);
        if (part > len - at)
            part = len - at;
        dma_write(d.buffer, frame + at, part);
        at += part;
        d.status = OWN | (d.status & INTR) | destination | (at < len ? MORE : OK) | part;
        dma_write(s.rxdp + 4, &d.status, 4);
        if (d.link)
            s.rxdp = d.link;
        else
            s.rx_at_end = true;
    } while (at < len);
    natsemi_interrupt(RX_OK | (d.status & INTR ? RX_DESC : 0));
}
