/* SPDX-License-Identifier: BSD-2-Clause */
/* See amd8111e.c. The rings of descriptors, the address filter, and interrupts that wait for more
 * events. */
#include "amd8111e.h"

#include "crc.h"

#include <string.h>

enum { OWN = 0x8000, ADD_FCS = 0x2000, MARKED = 0x1000, FIRST = 0x200, LAST = 0x100 };
enum { RX_ERROR = 0x4000, RX_OVERFLOW = 0x1000, RX_OWN = 0x40, RX_GROUP = 0x20 };
enum { RX_BROADCAST = 0x10, DESCRIPTOR = 16 };
enum { FCS = 4, FRAME_MIN = 60, FRAME_LONG = 1518, TX_ROOM = 2048 };
enum { TX_TIME = 123 * MICROSECOND, SLOW = 10, DELAY_UNIT = 10 * MICROSECOND };
enum { RX, TX }; /* of `delayed` */

struct transmit {
    uint16_t count, flags, tag, tag_command;
    uint32_t buffer, unused;
};

struct receive {
    uint32_t unused;
    uint16_t length, tag, count, flags;
    uint32_t buffer;
};

static uint32_t *at(uint32_t reg)
{
    return &amd8111e.regs[reg / 4];
}

static bool runs(void)
{
    return *at(CMD0) & CMD0_RUN;
}

/* Where the descriptor with this number is; false: the ring is none. */
static bool locate(uint32_t base, uint32_t len, unsigned *index, uint32_t *address)
{
    unsigned entries = *at(len) & 0xffff;

    if (!entries)
        return false;
    if (*at(base) % DESCRIPTOR)
        fault("the ring at %#x is not aligned to %d bytes", *at(base), DESCRIPTOR);
    *index %= entries;
    *address = *at(base) + *index * DESCRIPTOR;
    return true;
}

/* --- interrupts, of which so many are gathered at most, for so long */
static void raise(void *argument)
{
    unsigned which = (uintptr_t)argument;

    amd8111e.delayed[which] = 0;
    amd8111e_interrupt(which == RX ? INT_RX : INT_TX);
}

static void event(unsigned which)
{
    uint32_t setting = *at(which == RX ? DLY_INT_A : DLY_INT_B);
    bool delays = setting & (which == RX ? 1 << 28 : 1 << 24);
    unsigned wanted = setting >> 16 & 31;
    uint64_t time = (setting & 0x7ff) * (uint64_t)DELAY_UNIT;

    amd8111e.delayed[which]++;
    if (!delays || !time || amd8111e.delayed[which] >= wanted) {
        not_after(raise, (void *)(uintptr_t)which);
        raise((void *)(uintptr_t)which);
    } else if (amd8111e.delayed[which] == 1)
        after(time, raise, (void *)(uintptr_t)which);
}

static void count(unsigned octets, unsigned unicasts, const uint8_t *frame, size_t len)
{
    bool broadcast = frame[0] == 0xff;

    amd8111e.counters[octets] += len;
    if (octets == TX_OCTETS)
        amd8111e.counters[TX_FRAMES]++;
    if (!(frame[0] & 1))
        amd8111e.counters[unicasts]++;
    else if (octets == TX_OCTETS)
        amd8111e.counters[broadcast ? TX_BROADCASTS : TX_GROUPS]++;
    else
        amd8111e.counters[broadcast ? RX_BROADCASTS : RX_GROUPS]++;
}

/* --- transmission */
static void tx_step(void *argument);

void amd8111e_transmit(void)
{
    if (!runs() || amd8111e.sending)
        return;
    amd8111e.sending = true;
    after(amd8111e_link() && amd8111e.phy.speed == 10 ? SLOW * TX_TIME : TX_TIME, tx_step, NULL);
}

static bool tx_descriptor(struct transmit *d, uint32_t *address)
{
    return locate(XMT_BASE0, XMT_LEN0, &amd8111e.tx, address) &&
           dma_read(*address, d, sizeof(*d)) && d->flags & OWN;
}

static void give_back(uint32_t address, uint16_t flags)
{
    flags &= ~OWN;
    dma_write(address + 2, &flags, sizeof(flags));
    amd8111e.tx++;
}

/* Gathers a frame; `d` is its last descriptor then, which the chip still has. 0: there is none. */
static size_t gather(uint8_t *frame, struct transmit *d, uint32_t *address)
{
    size_t len = 0;
    bool first = true;

    for (;;) {
        if (!(d->flags & FIRST) == first || !d->count || len + d->count > TX_ROOM) {
            fault("a part of a frame has flags %#x and %u bytes", d->flags, d->count);
            return 0;
        }
        if (!dma_read(d->buffer, frame + len, d->count))
            return 0;
        len += d->count;
        if (d->flags & LAST)
            return len;
        first = false;
        give_back(*address, d->flags);
        if (!tx_descriptor(d, address)) {
            fault("a frame has no last part");
            return 0;
        }
    }
}

static void tx_step(void *argument)
{
    uint8_t frame[TX_ROOM + FRAME_MIN] = {0};
    struct transmit d;
    uint32_t address;
    size_t len;

    amd8111e.sending = false;
    if (!runs() || !tx_descriptor(&d, &address))
        return;
    len = gather(frame, &d, &address);
    if (!len)
        return;
    if (*at(CMD2) & CMD2_NO_FCS && !(d.flags & ADD_FCS) && len > FCS)
        len -= FCS; /* the driver brings it */
    if (len < FRAME_MIN && !(*at(CMD2) & CMD2_PAD))
        fault("a frame of %zu bytes is sent, and padding is off", len);
    if (len < FRAME_MIN)
        len = FRAME_MIN;
    if (amd8111e_link()) {
        count(TX_OCTETS, TX_UNICASTS, frame, len + FCS);
        wire_send(frame, len);
    }
    give_back(address, d.flags);
    if (d.flags & MARKED || !(*at(CMD2) & CMD2_MARKED))
        event(TX);
    amd8111e_transmit();
}

void amd8111e_stop(void)
{
    not_after(tx_step, NULL);
    not_after(raise, (void *)RX);
    not_after(raise, (void *)TX);
    amd8111e.sending = false;
    amd8111e.delayed[RX] = amd8111e.delayed[TX] = 0;
}

/* --- reception */
static uint16_t accepted(const uint8_t *frame)
{
    static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};
    uint32_t command = *at(CMD2), bit = ~ethernet_crc(frame, 6) >> 26;

    if (memcmp(frame, broadcast, 6) == 0 && !(command & CMD2_NO_BROADCAST))
        return LAST | RX_BROADCAST;
    if (memcmp(frame, at(PADR), 6) == 0 && !(command & CMD2_NO_OWN))
        return LAST | RX_OWN;
    if (frame[0] & 1 && at(LADRF)[bit / 32] >> bit % 32 & 1)
        return LAST | RX_GROUP;
    return command & CMD2_ALL ? LAST : 0;
}

static bool rx_descriptor(struct receive *d, uint32_t *address)
{
    return locate(RCV_BASE0, RCV_LEN0, &amd8111e.rx, address) &&
           dma_read(*address, d, sizeof(*d)) && d->flags & OWN;
}

bool amd8111e_ready(void)
{
    struct receive d;
    uint32_t address;

    return !runs() || rx_descriptor(&d, &address);
}

static void deliver(const uint8_t *frame, size_t len, uint16_t flags)
{
    struct receive d;
    uint32_t address;
    size_t done = 0;

    if (!rx_descriptor(&d, &address)) { /* it looks again when the next frame comes */
        amd8111e.counters[RX_MISSED]++;
        return;
    }
    while (done < len) {
        size_t part = d.count < len - done ? d.count : len - done;
        struct receive next = {0};
        uint32_t at_next = 0;

        if (!part) {
            fault("a receive buffer has no room");
            return;
        }
        if (!dma_write(d.buffer, frame + done, part))
            return;
        d.flags = done ? 0 : FIRST;
        done += part;
        amd8111e.rx++;
        if (done == len)
            d.flags |= flags;
        else if (!rx_descriptor(&next, &at_next)) /* the rest of the frame is lost */
            d.flags |= RX_ERROR | RX_OVERFLOW | LAST, len = done;
        d.length = done;
        dma_write(address, &d, sizeof(d));
        d = next;
        address = at_next;
    }
    count(RX_OCTETS, RX_UNICASTS, frame, len);
    event(RX);
}

void amd8111e_receive(const uint8_t *data, size_t len)
{
    uint8_t frame[FRAME_LONG + FCS] = {0};
    uint16_t flags;
    uint32_t fcs;

    if (!runs() || !amd8111e_link() || len < 14 || len > FRAME_LONG)
        return;
    flags = accepted(data);
    if (!flags)
        return;
    memcpy(frame, data, len);
    len = len < FRAME_MIN ? FRAME_MIN : len; /* the other end padded it */
    fcs = ethernet_crc(frame, len);
    memcpy(frame + len, &fcs, FCS);
    deliver(frame, len + FCS, flags);
}
