/* SPDX-License-Identifier: BSD-2-Clause */
/* See dmfe.c. The two queues of descriptors, setup frames, and the address filter. */
#include "dmfe.h"

#include "crc.h"

#include <string.h>

enum { OWN = 1u << 31, CHAINED = 1 << 24, END_OF_RING = 1 << 25, SIZE = 0x7ff };
/* Of transmission: TDES1, and TDES0 once it is sent. */
enum { TX_INTERRUPT = 1u << 31, TX_LAST = 1 << 30, TX_FIRST = 1 << 29, TX_SETUP = 1 << 27 };
enum { TX_NO_FCS = 1 << 26, TX_NO_PADDING = 1 << 23, TX_INVERSE = 1 << 28, TX_HASH = 1 << 22 };
enum { TX_NO_LINK = 0x8c00, SETUP_DONE = 0x7fffffff, SETUP_SIZE = 192, SETUP_ADDRESS = 39 };
/* Of reception: RDES0. */
enum { RX_FIRST = 0x200, RX_LAST = 0x100, RX_GROUP = 0x400, RX_TYPE = 0x20, RX_CUT = 0xc000 };
enum { FCS = 4, FRAME_MIN = 60, FRAME_LONG = 1518, TX_ROOM = 2048, PARTS = 64 };
enum { TX_TIME = 123 * MICROSECOND, SLOW = 10 };
enum { DESCRIPTOR = 16, CR_RX_BASE = 3, CR_TX_BASE = 4, CR_MODE = 6, CR_MISSED = 8 };

struct descriptor {
    uint32_t status, control, buffer, next; /* not CHAINED: `next` is a second buffer */
};

static bool take(uint32_t address, struct descriptor *d)
{
    if (address & 3)
        fault("the descriptor at %#x is not aligned to 4 bytes", address);
    return dma_read(address, d, sizeof(*d));
}

static uint32_t following(uint32_t address, const struct descriptor *d, unsigned base)
{
    if (d->control & CHAINED)
        return d->next;
    if (d->control & END_OF_RING)
        return dmfe.regs[base];
    return address + DESCRIPTOR + (dmfe.regs[0] & 0x7c);
}

/* How much room each of its buffers has. */
static void sizes(const struct descriptor *d, size_t size[2])
{
    size[0] = d->control & SIZE;
    size[1] = d->control & CHAINED ? 0 : d->control >> 11 & SIZE;
}

/* --- transmission */
static void tx_step(void *argument);

/* A frame's time on the wire, at most. */
static uint64_t frame_time(void)
{
    return dmfe.phy.link && dmfe.phy.speed == 10 ? SLOW * TX_TIME : TX_TIME;
}

void dmfe_transmit(void)
{
    if (dmfe.tx_state == STOPPED || !(dmfe.regs[CR_MODE] & CR6_TX))
        return;
    dmfe.tx_state = TX_READING;
    not_after(tx_step, NULL);
    after(frame_time(), tx_step, NULL);
}

static void suspend(uint32_t bits)
{
    dmfe.tx_state = TX_SUSPENDED;
    dmfe_interrupt(bits);
}

/* The descriptor is done; on to the next. */
static void tx_done(const struct descriptor *d, uint32_t status)
{
    dma_write(dmfe.tx, &status, sizeof(status));
    dmfe.tx = following(dmfe.tx, d, CR_TX_BASE);
}

/* An address has three dwords, with two bytes in each. */
static void setup_address(uint8_t *to, const uint32_t *words)
{
    for (unsigned i = 0; i < 3; i++)
        memcpy(to + 2 * i, words + i, 2);
}

static bool setup(const struct descriptor *d)
{
    uint32_t words[SETUP_SIZE / 4];

    if (dmfe.is->address_registers) {
        fault("a setup frame for a chip whose filter has registers");
        return false;
    }
    if ((d->control & SIZE) != SETUP_SIZE || d->control & (TX_FIRST | TX_LAST)) {
        fault("a setup frame has the control word %#x", d->control);
        return false;
    }
    if (!dma_read(d->buffer, words, sizeof(words)))
        return false;
    dmfe.filter = true;
    dmfe.hashed = d->control & TX_HASH;
    dmfe.inverse = d->control & TX_INVERSE;
    if (dmfe.hashed) {
        setup_address(dmfe.addresses[0], words + SETUP_ADDRESS);
        for (unsigned i = 0; i < HASH_BITS / 16; i++)
            dmfe.hash[i] = words[i];
    } else
        for (unsigned i = 0; i < ADDRESSES; i++)
            setup_address(dmfe.addresses[i], words + 3 * i);
    return true;
}

/* Appends what the descriptor's buffers have. False when that cannot be. */
static bool append(uint8_t *frame, size_t *len, const struct descriptor *d)
{
    const uint32_t buffer[2] = {d->buffer, d->next};
    size_t size[2];

    sizes(d, size);
    if (size[0] && d->buffer & 3)
        fault("transmit buffer at %#x is not aligned to 4 bytes", d->buffer);
    for (unsigned i = 0; i < 2; i++) {
        if (*len + size[i] > TX_ROOM) {
            fault("a frame of more than %d bytes is sent", TX_ROOM);
            return false;
        }
        if (size[i] && !dma_read(buffer[i], frame + *len, size[i]))
            return false;
        *len += size[i];
    }
    return true;
}

/* Gathers a frame; `d` is its last descriptor then, which still belongs to the chip. 0: there is
 * none. */
static size_t gather(uint8_t *frame, struct descriptor *d)
{
    size_t len = 0;

    if (!(d->control & TX_FIRST)) {
        fault("a frame begins with the control word %#x", d->control);
        return 0;
    }
    for (unsigned part = 0; part < PARTS; part++) {
        if (!append(frame, &len, d))
            return 0;
        if (d->control & TX_LAST)
            return len;
        tx_done(d, 0);
        if (!take(dmfe.tx, d))
            return 0;
        if (!(d->status & OWN) || d->control & (TX_FIRST | TX_SETUP))
            break;
    }
    fault("a frame has no last part");
    return 0;
}

static bool send(struct descriptor *d)
{
    uint8_t frame[TX_ROOM + FRAME_MIN] = {0};
    size_t len = gather(frame, d);

    if (!len)
        return false;
    if (d->control & TX_NO_FCS && len > FCS)
        len -= FCS; /* the driver brings it */
    if (len < FRAME_MIN && d->control & TX_NO_PADDING)
        fault("a frame of %zu bytes is sent without padding", len);
    if (dmfe_link()) {
        if (dmfe.phy.full && !(dmfe.regs[CR_MODE] & CR6_FULL))
            fault("a frame is sent at half duplex, the link has full duplex");
        wire_send(frame, len < FRAME_MIN ? FRAME_MIN : len);
    }
    return true;
}

static void tx_step(void *argument)
{
    struct descriptor d;
    bool is_setup;

    if (dmfe.tx_state == STOPPED)
        return;
    if (!take(dmfe.tx, &d)) {
        suspend(BUS_ERROR);
        return;
    }
    if (!(d.status & OWN)) {
        suspend(TX_NO_BUFFER);
        return;
    }
    is_setup = d.control & TX_SETUP;
    if (!(is_setup ? setup(&d) : send(&d))) {
        suspend(BUS_ERROR);
        return;
    }
    tx_done(&d, is_setup ? SETUP_DONE : dmfe_link() ? 0 : TX_NO_LINK);
    dmfe_interrupt(d.control & TX_INTERRUPT ? TX_DONE : 0);
    dmfe_transmit();
}

/* --- start and stop, which takes until the frame is over */
static void stopped(void *argument)
{
    if ((uintptr_t)argument == CR6_TX) {
        not_after(tx_step, NULL);
        dmfe.tx_state = STOPPED;
        dmfe_interrupt(TX_STOPPED);
    } else {
        dmfe.rx_state = STOPPED;
        dmfe_interrupt(RX_STOPPED);
    }
}

void dmfe_start(uint32_t bits)
{
    if (bits & CR6_TX) {
        not_after(stopped, (void *)CR6_TX);
        dmfe.tx_state = TX_READING;
        dmfe_transmit();
    }
    if (bits & CR6_RX) {
        not_after(stopped, (void *)CR6_RX);
        dmfe.rx_state = RX_WAITING;
    }
}

void dmfe_stop(uint32_t bits)
{
    if (bits & CR6_TX)
        after(frame_time(), stopped, (void *)CR6_TX);
    if (bits & CR6_RX)
        after(frame_time(), stopped, (void *)CR6_RX);
}

void dmfe_forget(void)
{
    not_after(tx_step, NULL);
    not_after(stopped, (void *)CR6_TX);
    not_after(stopped, (void *)CR6_RX);
    dmfe.tx_state = dmfe.rx_state = STOPPED;
}

/* --- reception */
static bool known(const uint8_t *address)
{
    for (unsigned i = 0; i < ADDRESSES; i++)
        if (memcmp(address, dmfe.addresses[i], 6) == 0)
            return true;
    return false;
}

static bool accepted(const uint8_t *frame)
{
    uint32_t mode = dmfe.regs[CR_MODE], bit;

    if (mode & CR6_PASS_ALL || (frame[0] & 1 && mode & CR6_PASS_GROUPS))
        return true;
    if (!dmfe.filter)
        return false;
    if (!dmfe.hashed)
        return known(frame) != dmfe.inverse;
    if (!(frame[0] & 1) && !dmfe.inverse)
        return memcmp(frame, dmfe.addresses[0], 6) == 0;
    bit = ~ethernet_crc(frame, 6) % (dmfe.is->address_registers ? 64 : HASH_BITS);
    return dmfe.hash[bit / 16] >> bit % 16 & 1;
}

/* Whether a frame finds room. */
static bool rx_free(struct descriptor *d)
{
    return dmfe.rx_state != STOPPED && take(dmfe.rx, d) && d->status & OWN;
}

bool dmfe_ready(void)
{
    struct descriptor d;

    return dmfe.rx_state == STOPPED || rx_free(&d);
}

static void missed(void)
{
    if (dmfe.regs[CR_MISSED] < 0xffff)
        dmfe.regs[CR_MISSED]++;
    dmfe.rx_state = RX_SUSPENDED;
    dmfe_interrupt(RX_NO_BUFFER);
}

/* Fills the descriptor's buffers. Returns how much went in. */
static size_t fill(const struct descriptor *d, const uint8_t *data, size_t len)
{
    const uint32_t buffer[2] = {d->buffer, d->next};
    size_t size[2], done = 0;

    sizes(d, size);
    if (!size[0] && !size[1])
        fault("a receive descriptor has no room");
    if (size[0] % 4 || d->buffer & 3)
        fault("receive buffer at %#x of %zu bytes is not aligned to 4 bytes", d->buffer, size[0]);
    for (unsigned i = 0; i < 2; i++) {
        size_t part = size[i] < len - done ? size[i] : len - done;

        if (part && !dma_write(buffer[i], data + done, part))
            break;
        done += part;
    }
    return done;
}

static void deliver(const uint8_t *frame, size_t len, uint32_t kind)
{
    struct descriptor d;
    uint32_t status = kind | RX_FIRST;
    size_t at = 0;

    if (!rx_free(&d)) {
        missed();
        return;
    }
    while (at < len) {
        uint32_t address = dmfe.rx;
        size_t part = fill(&d, frame + at, len - at);
        struct descriptor after_it;

        if (!part)
            return;
        at += part;
        dmfe.rx = following(address, &d, CR_RX_BASE);
        if (at == len)
            status |= RX_LAST | len << 16;
        else if (!rx_free(&after_it)) /* the rest of the frame is lost */
            status |= RX_LAST | RX_CUT | at << 16, at = len;
        dma_write(address, &status, sizeof(status));
        status = kind;
        if (at < len)
            d = after_it;
    }
    dmfe.rx_state = RX_WAITING;
    dmfe_interrupt(RX_DONE);
}

void dmfe_receive(const uint8_t *data, size_t len)
{
    uint8_t frame[FRAME_LONG + FCS] = {0};
    uint32_t fcs;

    if (dmfe.rx_state == STOPPED || !dmfe_link() || len < 14 || len > FRAME_LONG)
        return;
    if (!accepted(data))
        return;
    memcpy(frame, data, len);
    len = len < FRAME_MIN ? FRAME_MIN : len; /* the other end padded it */
    fcs = ethernet_crc(frame, len);
    memcpy(frame + len, &fcs, FCS);
    deliver(frame, len + FCS, (frame[0] & 1 ? RX_GROUP : 0) | (frame[12] >= 6 ? RX_TYPE : 0));
}
