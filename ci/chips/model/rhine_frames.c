/* SPDX-License-Identifier: BSD-2-Clause */
/* VIA Rhine: the rings, and what frames the filter lets through. */
#include <string.h>

#include "crc.h"
#include "rhine.h"

enum { OWN = 1u << 31 };
enum { RX_GOOD = 0x8000, RX_GROUP = 0x2000, RX_BROAD = 0x1000, RX_OWN_ADDRESS = 0x0800 };
enum { RX_FIRST = 0x200, RX_LAST = 0x100, BUFFER_SIZE = 0x7ff };
enum { TX_INTERRUPT = 1 << 23, TX_LAST = 1 << 22, TX_FIRST = 1 << 21, TX_CHAIN = 1 << 15 };

enum { FCS = 4, FRAME_MIN = 60, BUFFER = 2048, FRAGMENTS = 16 };

struct descriptor {
    uint32_t status, control, buffer, next;
};

/* The frame under way in each direction. */
static struct {
    uint32_t at[FRAGMENTS], next; /* its descriptors, and the one behind them */
    unsigned fragments;
    bool interrupt;
    size_t len;
    uint8_t data[BUFFER];
} tx;
static struct {
    size_t len;
    uint8_t data[BUFFER];
} rx;

static uint64_t wire_time(size_t len)
{
    return (len + 24) * (rhine.phy.link && rhine.phy.speed == 10 ? 800 : 80);
}

static bool fetch(uint32_t at, struct descriptor *descriptor)
{
    if (at % sizeof *descriptor) {
        fault("descriptor at %x, which is no multiple of 16", at);
        return false;
    }
    if (dma_read(at, descriptor, sizeof *descriptor))
        return true;
    rhine_raise(PCI_ERROR);
    return false;
}

/* ---- Transmission: one frame at a time ---- */

static void sent(void *unused)
{
    (void)unused;
    rhine.sending = false;
    for (unsigned i = 0; i < tx.fragments; i++) {
        uint32_t status = 0;

        dma_write(tx.at[i], &status, sizeof status);
    }
    rhine.tx_at = tx.next;
    if (!(rhine.regs[TCR] & LOOPBACK))
        wire_send(tx.data, tx.len);
    if (tx.interrupt)
        rhine_raise(TX_DONE);
    rhine_send();
}

static void check_frame(void)
{
    if (tx.len < FRAME_MIN)
        fault("sends %zu bytes, and the chip does not pad", tx.len);
    if (rhine.phy.link && rhine.phy.full != !!(rhine.regs[CR1] & FULL_DUPLEX))
        fault("sends with the wrong duplex: the link is %s duplex",
              rhine.phy.full ? "full" : "half");
}

/* Collects the fragments of one frame. False when there is none. */
static bool gather(void)
{
    uint32_t at = rhine.tx_at;
    struct descriptor d;

    tx.len = tx.fragments = 0;
    do {
        size_t len;

        if (tx.fragments == FRAGMENTS || !fetch(at, &d))
            return false;
        if (!(d.status & OWN)) {
            if (tx.fragments)
                fault("frame to send ends within a descriptor without owner");
            return false;
        }
        len = d.control & BUFFER_SIZE;
        if (!(d.control & TX_FIRST) != !!tx.fragments)
            fault("first descriptor of a frame is marked wrong: %08x", d.control);
        if (!(d.control & TX_CHAIN))
            fault("descriptor to send is not chained: %08x", d.control);
        if (!len || tx.len + len > BUFFER)
            fault("frame to send has %zu bytes", tx.len + len);
        if (rhine.kind->tx_aligned && d.buffer & 3)
            fault("buffer to send at %x, which is no multiple of 4", d.buffer);
        if (tx.len + len > BUFFER)
            return false;
        if (!dma_read(d.buffer, tx.data + tx.len, len)) {
            rhine_raise(PCI_ERROR);
            return false;
        }
        tx.len += len;
        tx.at[tx.fragments++] = at;
        at = d.next;
    } while (!(d.control & TX_LAST));
    tx.next = at;
    tx.interrupt = d.control & TX_INTERRUPT;
    return true;
}

void rhine_send(void)
{
    if (rhine.sending || !rhine_on(TX_ON) || !gather())
        return;
    check_frame();
    rhine.sending = true;
    after(wire_time(tx.len), sent, NULL);
}

/* ---- Reception ---- */

/* What its descriptor says of a frame for us, 0 when it is not. */
static uint32_t accept(const uint8_t *frame)
{
    static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    uint8_t filter = rhine.regs[RCR];

    if (!memcmp(frame, broadcast, 6))
        return filter & ACCEPT_BROADCAST ? RX_BROAD : 0;
    if (frame[0] & 1) {
        unsigned bit = hash_bit(frame);
        bool listed = rhine.regs[MAR + bit / 8] >> bit % 8 & 1;

        for (unsigned i = 0; rhine.kind->cam && i < 32; i++)
            listed |= rhine_get(CAMMASK, 4) >> i & 1 && !memcmp(rhine.cam[i], frame, 6);
        return filter & ACCEPT_MULTICAST && listed ? RX_GROUP : 0;
    }
    return filter & ACCEPT_ALL || !memcmp(frame, rhine.regs + PAR, 6) ? RX_OWN_ADDRESS : 0;
}

static void missed(void)
{
    if (++rhine.regs[TALLY] == 0)
        rhine.regs[TALLY + 1]++;
    rhine_raise(RX_RING_EMPTY);
}

/* Writes the frame into as many buffers as it takes; their status when the frame is whole. */
static void store(uint32_t what)
{
    uint32_t at[FRAGMENTS], status[FRAGMENTS];
    unsigned used = 0;
    struct descriptor d;

    for (size_t done = 0; done < rx.len;) {
        size_t room;

        if (used == FRAGMENTS || !fetch(rhine.rx_at, &d))
            return;
        if (!(d.status & OWN)) {
            missed();
            break;
        }
        room = d.control & BUFFER_SIZE;
        if (!room || d.buffer & 3) {
            fault("receive buffer of %zu bytes at %x", room, d.buffer);
            return;
        }
        if (room > rx.len - done)
            room = rx.len - done;
        if (!dma_write(d.buffer, rx.data + done, room)) {
            rhine_raise(PCI_ERROR);
            return;
        }
        at[used] = rhine.rx_at;
        status[used] = (uint32_t)rx.len << 16 | what | RX_GOOD | (done ? 0 : RX_FIRST);
        done += room;
        if (done == rx.len)
            status[used] |= RX_LAST;
        used++;
        rhine.rx_at = d.next;
    }
    for (unsigned i = 0; i < used; i++)
        dma_write(at[i], &status[i], sizeof status[i]);
    if (used)
        rhine_raise(RX_DONE);
}

static void received(void *unused)
{
    uint32_t what = accept(rx.data);

    (void)unused;
    rhine.receiving = false;
    if (what && rhine_on(RX_ON))
        store(what);
}

/* The wire brings one frame at a time; the switch keeps the next ones. */
bool rhine_ready(void)
{
    struct descriptor d;

    if (rhine.receiving)
        return false;
    return !rhine_on(RX_ON) || !fetch(rhine.rx_at, &d) || d.status & OWN;
}

void rhine_receive(const uint8_t *frame, size_t len)
{
    uint32_t fcs;

    if (!rhine.phy.link || rhine.resetting || !rhine_on(RX_ON) || len + FCS > BUFFER)
        return;
    if (rhine.receiving) {
        missed();
        return;
    }
    memset(rx.data, 0, FRAME_MIN);
    memcpy(rx.data, frame, len);
    if (len < FRAME_MIN)
        len = FRAME_MIN;
    fcs = ethernet_crc(rx.data, len);
    memcpy(rx.data + len, &fcs, FCS);
    rx.len = len + FCS;
    rhine.receiving = true;
    after(wire_time(len), received, NULL);
}

void rhine_stop_engines(void)
{
    rhine.sending = rhine.receiving = false;
    not_after(sent, NULL);
    not_after(received, NULL);
}
