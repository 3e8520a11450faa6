/* SPDX-License-Identifier: BSD-2-Clause */
/* JMC2x0: rings of descriptors, of which the owner bit says whose they are, and the frames. */
#include <string.h>

#include "jme.h"
#include "offload.h"

enum { DESCRIPTOR = 16, RING_ALIGN = 16, RING_STEP = 16, RING_MOST = 1024, BUFFER_ALIGN = 8 };
enum { OWN = 0x80000000u, INT = 0x40000000, WIDE = 0x20000000, TX_TCP = 0x10000000 };
enum { TX_UDP = 0x08000000, TX_IP = 0x04000000, TX_SEGMENT = 0x02000000, TX_TAG = 0x01000000 };
enum { RX_TCP = 0x10000000, RX_UDP = 0x08000000, RX_IP_OK = 0x04000000, RX_TCP_OK = 0x02000000 };
enum { RX_UDP_OK = 0x01000000, RX_IPV4 = 0x00400000, RX_IPV6 = 0x00200000 };
enum { RX_UNICAST = 1 << 16, RX_GROUP = 2 << 16, RX_BROADCAST = 3 << 16 };
enum { ALL_FRAMES = 0x800, BROADCAST = 0x400, GROUP = 0x200, UNICAST = 0x100, ALL_GROUPS = 0x80 };
enum { HASHED = 0x40, PREPAD = 2, CHECKSUMS = 1, PREPAD_SIZE = 10, TX_CRC = 2, TX_PADDING = 1 };
enum { RX_COMPLETE = 0x80000000u, FRAME_MIN = 60, FRAME_LONG = 9216, PACKET_ROOM = 0x10000 };
enum { RX_FRAMES = 32, TX_TIME = 15 * MICROSECOND, RX_TIME = 5 * MICROSECOND };
enum { STOP_TIME = 5 * MILLISECOND };

struct descriptor {
    uint32_t flags, len, upper, address; /* in the first of a packet to send, upper: its size */
};

static struct frame {
    size_t len;
    uint8_t data[FRAME_LONG];
} frames[RX_FRAMES];
static unsigned first, held;
static bool tx_on, rx_on, tx_busy, rx_busy; /* engines run; a step is to come */
static bool tx_start, rx_start;             /* ... and look at their rings */
static unsigned tx_at, rx_at;               /* the next descriptor */

static void tx_step(void *argument);
static void rx_step(void *argument);

static uint64_t ring(uint32_t base)
{
    return REG(base) | (uint64_t)REG(base + 4) << 32;
}

static bool fetch(uint32_t base, unsigned at, struct descriptor *d)
{
    return dma_read(ring(base) + (uint64_t)DESCRIPTOR * at, d, sizeof(*d));
}

static unsigned next(uint32_t count, unsigned at)
{
    return at + 1 < REG(count) ? at + 1 : 0;
}

/* --- transmission */
static void emit(uint8_t *frame, size_t len)
{
    if (jme_clocked(true))
        wire_send(frame, len);
}

/* The part of a packet that one descriptor has; false: there is no end to it. */
static bool gather(const struct descriptor *d, uint8_t *data, size_t *len, size_t size)
{
    uint64_t address = d->address;
    size_t part = d->len & 0xffff;

    if (d->flags & WIDE)
        address |= (uint64_t)d->upper << 32;
    if (*len + part > size) {
        fault("descriptors have more than the %zu bytes of the packet", size);
        return false;
    }
    if (part && !dma_read(address, data + *len, part))
        return false;
    *len += part;
    return true;
}

static void send(uint8_t *data, size_t len, const struct descriptor *d)
{
    unsigned sums = (d->flags & TX_IP ? SUM_IP : 0) | (d->flags & TX_TCP ? SUM_TCP : 0) |
                    (d->flags & TX_UDP ? SUM_UDP : 0);

    if (len < FRAME_MIN && REG(TXMCS) & TX_PADDING) {
        memset(data + len, 0, FRAME_MIN - len);
        len = FRAME_MIN;
    }
    if (len < FRAME_MIN || !(REG(TXMCS) & TX_CRC))
        fault("a frame of %zu bytes is sent with padding or FCS off (%#x)", len, REG(TXMCS));
    if (d->flags & TX_TAG)
        note("a tag is to be inserted, which the model does not do");
    if (d->flags & TX_SEGMENT) {
        sums_segment(data, len, d->len >> 18, emit);
        return;
    }
    sums_fill(data, len, sums);
    emit(data, len);
}

static void packet(struct descriptor *head)
{
    static uint8_t data[PACKET_ROOM + FRAME_MIN];
    size_t len = 0, size = head->upper & 0xffff;
    unsigned at = tx_at, start = tx_at;
    struct descriptor d = *head;

    d.flags &= ~WIDE; /* in the first one there is no room for an upper half */
    for (unsigned parts = 0; parts < REG(TXQDC) && parts < RING_MOST; parts++) {
        if (!gather(&d, data, &len, size))
            break;
        at = next(TXQDC, at);
        if (len == size)
            break;
        if (!fetch(TXDBA_LO, at, &d))
            break;
        if (!(d.flags & OWN)) {
            fault("descriptor %u of a packet is not the chip's", at);
            break;
        }
    }
    tx_at = at;
    if (len != size || !len)
        fault("a packet of %zu bytes has descriptors for %zu", size, len);
    else
        send(data, len, head);
    head->flags &= INT; /* no error */
    head->len = 1;      /* tries */
    dma_write(ring(TXDBA_LO) + (uint64_t)DESCRIPTOR * start, head, 8);
    REG(TXNDA) = ring(TXDBA_LO) + DESCRIPTOR * tx_at;
    if (head->flags & INT)
        jme_coalesce(true);
}

static void tx_step(void *argument)
{
    struct descriptor d;

    tx_busy = false;
    if (!tx_on || !tx_start || !jme_clocked(true) || !fetch(TXDBA_LO, tx_at, &d))
        return;
    if (d.flags & OWN)
        packet(&d);
    else
        tx_start = false;
    jme_rings_run();
}

/* --- reception */
static bool in_table(const uint8_t *address)
{
    uint32_t crc = ~0u;

    for (unsigned i = 0; i < 48; i++)
        crc = crc << 1 ^ ((crc >> 31 ^ (address[i / 8] >> i % 8)) & 1 ? 0x04c11db7 : 0);
    return REG(crc & 32 ? RXMCHT_HI : RXMCHT_LO) >> crc % 32 & 1;
}

/* Kind of destination, as the descriptor has it; 0: the filter lets it not through. What GROUP
 * without HASHED does, drivers do not tell: nothing here. */
static uint32_t accepted(const uint8_t *frame)
{
    static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};
    uint32_t mode = REG(RXMCS), own[2] = {REG(RXUMA_LO), REG(RXUMA_HI)};
    bool all = mode & ALL_FRAMES;

    if (memcmp(frame, broadcast, 6) == 0)
        return all || mode & BROADCAST ? RX_BROADCAST : 0;
    if (frame[0] & 1)
        return all || mode & ALL_GROUPS || (mode & GROUP && mode & HASHED && in_table(frame))
                   ? RX_GROUP
                   : 0;
    return all || (mode & UNICAST && memcmp(frame, own, 6) == 0) ? RX_UNICAST : 0;
}

static uint32_t checked(const struct frame *frame)
{
    unsigned present = sums_present(frame->data, frame->len);
    unsigned right = present & ~sums_wrong(frame->data, frame->len);
    bool ip = frame->data[12] == 0x08 && frame->data[13] == 0;

    if (!(REG(RXMCS) & CHECKSUMS))
        return 0;
    return (present & SUM_TCP ? RX_TCP : 0) | (present & SUM_UDP ? RX_UDP : 0) |
           (right & SUM_IP ? RX_IP_OK : 0) | (right & SUM_TCP ? RX_TCP_OK : 0) |
           (right & SUM_UDP ? RX_UDP_OK : 0) | (ip ? RX_IPV4 : 0) |
           (frame->data[12] == 0x86 && frame->data[13] == 0xdd ? RX_IPV6 : 0);
}

/* Puts the frame into descriptors from rx_at on. False: one of them is not the chip's. */
static bool deliver(const struct frame *frame)
{
    static uint8_t data[PREPAD_SIZE + FRAME_LONG];
    size_t pad = REG(RXMCS) & PREPAD ? PREPAD_SIZE : 0, len = pad + frame->len, done = 0;
    unsigned at = rx_at, parts = 0;
    struct descriptor d, head = {0};

    memset(data, 0, pad);
    memcpy(data + pad, frame->data, frame->len);
    while (done < len && parts < REG(RXQDC)) {
        uint64_t address;
        size_t part;

        if (!fetch(RXDBA_LO, at, &d) || !(d.flags & OWN))
            return false;
        address = d.address | (d.flags & WIDE ? (uint64_t)d.upper << 32 : 0);
        part = d.len & 0xffff;
        if (!part || address % BUFFER_ALIGN) {
            fault("a receive buffer of %zu bytes at %#llx", part, (unsigned long long)address);
            return false;
        }
        part = part < len - done ? part : len - done;
        dma_write(address, data + done, part);
        done += part;
        if (parts++ == 0)
            head = d;
        at = next(RXQDC, at);
    }
    d = (struct descriptor){(head.flags & INT) | accepted(frame->data) | checked(frame),
                            RX_COMPLETE | parts << 24 | len, 0, 0};
    dma_write(ring(RXDBA_LO) + (uint64_t)DESCRIPTOR * rx_at + 4, &d.len, 12);
    dma_write(ring(RXDBA_LO) + (uint64_t)DESCRIPTOR * rx_at, &d.flags, 4); /* the owner goes last */
    rx_at = at;
    REG(RXNDA) = ring(RXDBA_LO) + DESCRIPTOR * at;
    if (head.flags & INT)
        jme_coalesce(false);
    return true;
}

static void rx_step(void *argument)
{
    rx_busy = false;
    if (!rx_on || !rx_start || !held)
        return;
    if (!deliver(&frames[first])) { /* no room: it waits to be started again */
        rx_start = false;
        jme_event(INT_RX_EMPTY);
        return;
    }
    first = (first + 1) % RX_FRAMES;
    held--;
    jme_rings_run();
}

bool jme_ready(void)
{
    return held < RX_FRAMES;
}

void jme_receive(const uint8_t *data, size_t len)
{
    struct frame *frame = &frames[(first + held) % RX_FRAMES];

    if (!rx_on || !jme_clocked(false) || len < 14 || len > FRAME_LONG || held == RX_FRAMES ||
        !accepted(data))
        return;
    memset(frame->data, 0, FRAME_MIN);
    memcpy(frame->data, data, len);
    frame->len = len < FRAME_MIN ? FRAME_MIN : len; /* the other end padded it */
    held++;
    jme_rings_run();
}

/* --- both */
static void stopped(void *argument)
{
    bool tx = argument == &tx_on;

    REG(tx ? TXCS : RXCS) &= ~CS_ENABLE;
    *(bool *)argument = false;
    if (!tx)
        held = 0;
}

static void check_ring(uint32_t base, const char *which)
{
    uint32_t count = REG(base + 8);

    if (REG(base) % RING_ALIGN || !count || count % RING_STEP || count > RING_MOST)
        fault("the %s ring has %u descriptors at %#x", which, count, REG(base));
}

static void write_control(bool tx, uint32_t value)
{
    uint32_t reg = tx ? TXCS : RXCS, base = tx ? TXDBA_LO : RXDBA_LO;
    bool *on = tx ? &tx_on : &rx_on, *start = tx ? &tx_start : &rx_start;

    if (value & QUEUE_SELECT)
        fault("queue %u is selected; the model has one", value >> 16 & 7);
    REG(reg) = value & ~(tx ? 0xff00 : RXCS_START);
    if (value & CS_ENABLE) {
        not_after(stopped, on);
        if (!*on) {
            check_ring(base, tx ? "transmit" : "receive");
            *(tx ? &tx_at : &rx_at) = (REG(base + 12) - REG(base)) / DESCRIPTOR % RING_MOST;
        }
        *on = true;
        if (value & (tx ? TXCS_START : RXCS_START))
            *start = true;
        jme_rings_run();
    } else if (*on) { /* it does not say so before it has stopped */
        REG(reg) |= CS_ENABLE;
        *start = false;
        after(STOP_TIME, stopped, on);
    }
}

void jme_ring_write(uint32_t reg, uint32_t value)
{
    if (reg == TXCS || reg == RXCS) {
        write_control(reg == TXCS, value);
        return;
    }
    if ((reg < TXMCS && tx_on) || (reg > RXCS && reg <= RXNDA && rx_on))
        fault("register %#x is written while the engine runs", reg);
    REG(reg) = value;
}

void jme_rings_run(void)
{
    if (tx_on && tx_start && !tx_busy && jme_clocked(true)) {
        tx_busy = true;
        after(TX_TIME, tx_step, NULL);
    }
    if (rx_on && rx_start && !rx_busy && held) {
        rx_busy = true;
        after(RX_TIME, rx_step, NULL);
    }
}

void jme_rings_reset(void)
{
    not_after(tx_step, NULL);
    not_after(rx_step, NULL);
    not_after(stopped, &tx_on);
    not_after(stopped, &rx_on);
    tx_on = rx_on = tx_busy = rx_busy = tx_start = rx_start = false;
    tx_at = rx_at = first = held = 0;
}
