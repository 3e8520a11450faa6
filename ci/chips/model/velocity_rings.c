/* SPDX-License-Identifier: BSD-2-Clause */
/* Velocity: rings of descriptors, of which the owner bit says whose they are, and the frames. */
#include <string.h>

#include "offload.h"
#include "velocity.h"

enum { RX_FRAMES = 24, FRAME_ROOM = 9100, FRAGMENTS = 7, FCS = 4, STEP = 5 * MICROSECOND };
enum { OWNED = 0x8000, LENGTH = 0x3fff, WANTS_INTERRUPT = 0x8000, SIZE = 0x3fff };
enum { RX_OK = 0x8000, RX_MULTICAST = 0x2000, RX_BROADCAST = 0x1000, RX_PHYSICAL = 0x0800 };
enum { TX_FULL = 0x4000, TX_GMII = 0x2000, TX_NO_LINK = 0x1000 };
enum {
    TCR_INTERRUPT = 0x80,
    TCR_PRIORITY = 0x40,
    TCR_TAG = 0x20,
    TCR_IP = 0x10,
    TCR_UDP = 8,
    TCR_TCP = 4
};
enum { WHOLE_FRAME = 3, RCR_PERFECT = 0x40, RCR_ALL = 0x10, RCR_BROADCAST = 8, RCR_MULTICAST = 4 };
enum {
    MCFG_VLAN_FILTER = 1,
    CSM_IP_OK = 0x40,
    CSM_OK = 0x20,
    CSM_IP = 4,
    CSM_TCP = 2,
    CSM_UDP = 1
};

struct rx_descriptor {
    uint16_t status, length;
    uint16_t tag;
    uint8_t sums, kind;
    uint32_t low;
    uint16_t high, size;
};
struct tx_descriptor {
    uint16_t status, length;
    uint16_t tag;
    uint8_t control, command;
    struct {
        uint32_t low;
        uint16_t high, size;
    } parts[FRAGMENTS];
};

static struct frame {
    unsigned len;
    uint8_t data[FRAME_ROOM];
} frames[RX_FRAMES];
static unsigned first, waiting;
static uint16_t rx_index, tx_index[TX_QUEUES], tx_queues;
static uint8_t rx_queue;
static bool rx_busy, tx_busy;

static void rx_step(void *unused);
static void tx_step(void *unused);

static bool started(uint32_t direction)
{
    return velocity.cr & CR_STRT && !(velocity.cr & CR_STOP) && velocity.cr & direction &&
           !velocity.in_reset;
}

/* Receive */

static bool in_cam(bool vlan, const uint8_t *address, unsigned len)
{
    for (unsigned i = 0; i < CAMS; i++)
        if (velocity.mask[vlan][i / 8] >> i % 8 & 1 && !memcmp(velocity.cam[vlan][i], address, len))
            return true;
    return false;
}

static uint16_t classify(const uint8_t *frame)
{
    static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    uint8_t rcr = velocity.regs[RCR];
    uint32_t crc = ~0u;

    if (!memcmp(frame, broadcast, 6))
        return rcr & (RCR_BROADCAST | RCR_ALL) ? RX_BROADCAST : 0;
    if (!(frame[0] & 1)) {
        bool mine = !memcmp(frame, velocity.regs + PAR, 6) && !(velocity.cr & CR_DISAU);

        return mine || rcr & RCR_ALL ? RX_PHYSICAL : 0;
    }
    if (rcr & RCR_ALL || (rcr & RCR_PERFECT && in_cam(false, frame, 6)))
        return RX_MULTICAST;
    for (unsigned i = 0; i < 48; i++)
        crc = crc << 1 ^ ((frame[i / 8] >> i % 8 & 1) != crc >> 31 ? 0x04c11db7 : 0);
    crc >>= 26;
    return rcr & RCR_MULTICAST && velocity.hash[crc / 8] >> crc % 8 & 1 ? RX_MULTICAST : 0;
}

static bool vlan_passes(const uint8_t *frame)
{
    uint8_t vid[2] = {frame[15], frame[14] & 15};

    return !(velocity.regs[MCFG] & MCFG_VLAN_FILTER) || frame[12] != 0x81 || frame[13] ||
           velocity.regs[RCR] & RCR_ALL || in_cam(true, vid, 2);
}

bool velocity_ready(void)
{
    return waiting < RX_FRAMES;
}

void velocity_receive(const uint8_t *data, size_t len)
{
    struct frame *frame = &frames[(first + waiting) % RX_FRAMES];

    if (!started(CR_RXON) || !velocity_link() || len < 14 || len + FCS > FRAME_ROOM)
        return;
    velocity.mibs[MIB_RX_ALL]++;
    memset(frame->data, 0, 64);
    memcpy(frame->data, data, len);
    if (waiting == RX_FRAMES || !classify(frame->data) || !vlan_passes(frame->data))
        return;
    frame->len = len < 60 ? 60 : len;
    memset(frame->data + frame->len, 0xfc, FCS);
    frame->len += FCS;
    waiting++;
    velocity_run();
}

static uint8_t checked(const struct frame *frame)
{
    unsigned present = sums_present(frame->data, frame->len - FCS);
    unsigned wrong = sums_wrong(frame->data, frame->len - FCS);
    unsigned transport = present & (SUM_TCP | SUM_UDP);

    if (!(present & SUM_IP))
        return 0;
    return CSM_IP | (wrong & SUM_IP ? 0 : CSM_IP_OK) | (transport & SUM_TCP ? CSM_TCP : 0) |
           (transport & SUM_UDP ? CSM_UDP : 0) | (transport & ~wrong ? CSM_OK : 0);
}

static void deliver(uint64_t at, struct rx_descriptor *rd)
{
    const struct frame *frame = &frames[first];
    uint64_t buffer = rd->low | (uint64_t)rd->high << 32;
    unsigned room = rd->size & SIZE;

    if (buffer & 63)
        fault("a receive buffer at %08x is not on a 64 byte boundary", rd->low);
    if (frame->len > room)
        fault("a frame of %u bytes comes to a receive buffer of %u", frame->len, room);
    dma_write(buffer, frame->data, frame->len < room ? frame->len : room);
    rd->sums = checked(frame);
    rd->status = RX_OK | classify(frame->data);
    rd->length = frame->len;
    dma_write(at + 4, (uint8_t *)rd + 4, 4);
    dma_write(at, rd, 4); /* the owner changes last */
    velocity.mibs[MIB_RX_OK]++;
    first = (first + 1) % RX_FRAMES;
    waiting--;
    rx_index = rx_index >= velocity_get16(RDC_SIZE) ? 0 : rx_index + 1;
    if (rd->size & WANTS_INTERRUPT)
        velocity_interrupt(ISR_PRX);
}

static void rx_step(void *unused)
{
    struct rx_descriptor rd;
    uint64_t at = velocity_get32(RD_BASE) + (uint64_t)16 * rx_index;

    (void)unused;
    rx_busy = false;
    if (!started(CR_RXON) || !(rx_queue & QUEUE_RUN) || !waiting || !dma_read(at, &rd, 16))
        return;
    if (rd.length & OWNED) {
        deliver(at, &rd);
    } else {
        if (rx_queue & QUEUE_WAKE)
            velocity_interrupt(ISR_LSTE);
        rx_queue &= ~QUEUE_WAKE; /* until it is woken, or looks by itself */
    }
    velocity_run();
}

void velocity_rx_queue(uint8_t set, uint8_t clear)
{
    rx_queue = (rx_queue | (set & (QUEUE_RUN | QUEUE_WAKE))) & ~clear;
}

uint8_t velocity_rx_status(void)
{
    return rx_queue;
}

/* Transmit */

static void fill_sums(uint8_t *data, unsigned len, uint8_t control)
{
    sums_fill(data, len,
              (control & TCR_IP ? SUM_IP : 0) | (control & TCR_TCP ? SUM_TCP : 0) |
                  (control & TCR_UDP ? SUM_UDP : 0));
}

static unsigned gather(const struct tx_descriptor *td, uint8_t *data)
{
    unsigned len = 0, parts = (td->command >> 4) - 1u;

    if ((td->command & 3) != WHOLE_FRAME || parts - 1 >= FRAGMENTS) {
        fault("a transmit descriptor with %u buffers, or no whole frame (%02x)", parts,
              td->command);
        return 0;
    }
    for (unsigned i = 0; i < parts; i++) {
        unsigned size = td->parts[i].size & SIZE;

        if (len + size > FRAME_ROOM - 4 ||
            !dma_read(td->parts[i].low | (uint64_t)td->parts[i].high << 32, data + len, size))
            return 0;
        len += size;
    }
    if (len && td->control & TCR_TAG) {
        memmove(data + 16, data + 12, len - 12);
        data[12] = 0x81;
        data[13] = 0;
        data[14] = td->tag >> 8;
        data[15] = td->tag;
        len += 4;
    }
    return len;
}

static void transmit(uint64_t at, struct tx_descriptor *td, unsigned queue)
{
    static uint8_t data[FRAME_ROOM];
    unsigned len = gather(td, data);

    if (len < 60 || len > 1518)
        fault("a frame of %u bytes is to be sent; the chip does not pad", len);
    td->status = (velocity_full() ? TX_FULL : 0) | (velocity_speed() == 1000 ? TX_GMII : 0);
    if (!velocity_link()) {
        td->status |= TX_NO_LINK;
    } else if (len >= 14) {
        fill_sums(data, len, td->control);
        wire_send(data, len);
        velocity.mibs[MIB_TX_OK]++;
    }
    td->length &= ~OWNED;
    dma_write(at, td, 4);
    tx_index[queue] = tx_index[queue] >= velocity_get16(TDC_SIZE) ? 0 : tx_index[queue] + 1;
    if (td->control & TCR_INTERRUPT)
        velocity_interrupt(ISR_PTX | ISR_PTX0 << queue);
    if (td->control & TCR_PRIORITY)
        velocity_interrupt(ISR_PPTX);
}

static bool awake(unsigned queue)
{
    uint8_t state = tx_queues >> 4 * queue;

    return state & QUEUE_RUN && state & QUEUE_WAKE;
}

static void tx_step(void *unused)
{
    unsigned queue = TX_QUEUES - 1; /* the last one goes first */
    struct tx_descriptor td;
    uint64_t at;

    (void)unused;
    tx_busy = false;
    while (queue && !awake(queue))
        queue--;
    at = velocity_get32(TD_BASE + 4 * queue) + (uint64_t)64 * tx_index[queue];
    if (!started(CR_TXON) || !awake(queue) || !dma_read(at, &td, 64))
        return;
    if (td.length & OWNED)
        transmit(at, &td, queue);
    else
        tx_queues &= ~(QUEUE_WAKE << 4 * queue);
    velocity_run();
}

void velocity_tx_queues(uint16_t set, uint16_t clear)
{
    tx_queues = (tx_queues | (set & (QUEUE_RUN | QUEUE_WAKE) * 0x1111)) & ~clear;
}

uint16_t velocity_tx_status(void)
{
    return tx_queues;
}

/* Both */

uint16_t velocity_index(unsigned reg)
{
    return reg == RD_INDEX ? rx_index : tx_index[(reg - TD_INDEX) / 2 % TX_QUEUES];
}

void velocity_set_index(unsigned reg, uint16_t value)
{
    if (reg == RD_INDEX)
        rx_index = value;
    else
        tx_index[(reg - TD_INDEX) / 2 % TX_QUEUES] = value;
}

void velocity_run(void)
{
    bool poll = !(velocity.cr & CR_DPOLL);

    if (!rx_busy && waiting && started(CR_RXON) && rx_queue & QUEUE_RUN &&
        (poll || rx_queue & QUEUE_WAKE)) {
        rx_busy = true;
        after(rx_queue & QUEUE_WAKE ? STEP : 100 * STEP, rx_step, NULL);
    }
    if (!tx_busy && started(CR_TXON) && (awake(0) || awake(1) || awake(2) || awake(3))) {
        tx_busy = true;
        after(STEP, tx_step, NULL);
    }
}

void velocity_rings_reset(void)
{
    not_after(rx_step, NULL);
    not_after(tx_step, NULL);
    first = waiting = 0;
    rx_index = tx_queues = rx_queue = 0;
    memset(tx_index, 0, sizeof tx_index);
    rx_busy = tx_busy = false;
}
