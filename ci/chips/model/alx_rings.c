/* SPDX-License-Identifier: BSD-2-Clause */
/* See alx.c. Rings of descriptors, which have no owner bits: the driver writes a producer's index,
 * the chip a consumer's. Frames come to buffers of the ring of free descriptors (RFD), and the
 * return ring (RRD) says which. */
#include <string.h>

#include "alx.h"
#include "offload.h"

enum { STEP = 5 * MICROSECOND };
enum { RING = 0x0fff, TPD_RING = 0xffff, SIZE = 0xffff };
enum { RFD_BYTES = 8, RRD_BYTES = 16, TPD_BYTES = 16, PAGE_MASK = 0xfff, BAD_OFFSET = 0xfc0 };

/* Of word 1 of a transmit descriptor; the large send's second kind. */
enum { WITH_LENGTH = 3 << 12 };
#define END_OF_PACKET (1u << 31)

/* Words 0, 2 and 3 of a return descriptor. */
enum { ONE_RFD = 1 << 16, FIRST_RFD_AT = 20, PROTOCOL_AT = 16, OLD_PROTOCOL_AT = 17 };
enum { NOT_IP, IPV4, TCP4 = 3, UDP4 = 5 };
enum { BAD_L4 = 1 << 14, BAD_IP = 1 << 15, HAD_TAG = 1 << 16, TO_ALL = 1 << 26 };
enum { TO_GROUP = 1 << 27, IEEE_802_3 = 1 << 28 };
#define UPDATED (1u << 31)

struct tpd {
    uint16_t len, tag;
    uint32_t word;
    uint64_t buffer;
};

static struct {
    uint64_t rfd, rrd, tpd[TX_QUEUES];
    unsigned rfds, rrds, tpds;
    bool there;
} rings;
static unsigned rrd_next;
static bool rx_soon, tx_soon, failed;

static bool runs(uint32_t parts)
{
    return alx_runs(parts) && rings.there && !failed;
}

static void aligned(uint64_t address, const char *what)
{
    if (address & 7)
        fault("the ring of %s descriptors at %#llx is not aligned to 8 bytes", what,
              (unsigned long long)address);
}

static void load(void)
{
    static const uint16_t tpd[TX_QUEUES] = {TPD_PRI0_ADDR, TPD_PRI1_ADDR, TPD_PRI2_ADDR,
                                            TPD_PRI3_ADDR};
    uint64_t rx = (uint64_t)*alx_reg(RX_BASE_HI) << 32, tx = (uint64_t)*alx_reg(TX_BASE_HI) << 32;

    if (rings.there)
        fault("addresses of rings are loaded again without a reset");
    rings.there = true;
    rings.rfd = rx | *alx_reg(RFD_ADDR);
    rings.rrd = rx | *alx_reg(RRD_ADDR);
    for (unsigned i = 0; i < TX_QUEUES; i++) {
        rings.tpd[i] = tx | *alx_reg(tpd[i]);
        aligned(rings.tpd[i], "transmit");
    }
    aligned(rings.rfd, "free");
    aligned(rings.rrd, "return");
    rings.rfds = *alx_reg(RFD_RING_SZ) & RING;
    rings.rrds = *alx_reg(RRD_RING_SZ) & RING;
    rings.tpds = *alx_reg(TPD_RING_SZ) & TPD_RING;
    if (!rings.rfds || !rings.rrds || !rings.tpds) {
        fault("a ring has no size");
        rings.there = false;
    }
}

/* Receive */

/* Word 3 of the return descriptor, and the protocol. */
static uint32_t describe(const struct alx_frame *frame, uint32_t *protocol)
{
    const uint8_t *data = frame->data;
    unsigned present = sums_present(data, frame->len);
    unsigned wrong = sums_wrong(data, frame->len);
    uint32_t word = UPDATED;

    *protocol = present & SUM_TCP   ? TCP4
                : present & SUM_UDP ? UDP4
                : present & SUM_IP  ? IPV4
                                    : NOT_IP;
    if (!(present & SUM_IP))
        *protocol = NOT_IP;
    if (alx.is->flags & AR816X || *alx_reg(MAC_CTRL) & MAC_RX_SUMS)
        word |= (wrong & SUM_IP ? BAD_IP : 0) | (wrong & (SUM_TCP | SUM_UDP) ? BAD_L4 : 0);
    if (data[0] == 0xff)
        word |= TO_ALL;
    else if (data[0] & 1)
        word |= TO_GROUP;
    if (data[12] < 6)
        word |= IEEE_802_3;
    return word;
}

static void deliver(uint64_t buffer)
{
    struct alx_frame *frame = alx_first();
    uint32_t protocol, words[4] = {ONE_RFD | (uint32_t)alx.rfd_consumer << FIRST_RFD_AT};
    unsigned room = *alx_reg(RFD_BUF_SZ) & SIZE;

    words[3] = describe(frame, &protocol);
    if (alx_strip_tag(frame)) {
        words[2] = frame->tag;
        words[3] |= HAD_TAG;
    }
    words[3] |= frame->len | (protocol == IPV4 ? IPV4 << OLD_PROTOCOL_AT : 0);
    words[2] |= alx.is->flags & AR816X ? protocol << PROTOCOL_AT : 0;
    if (buffer & 3)
        fault("a receive buffer at %#llx is not aligned to 4 bytes", (unsigned long long)buffer);
    if (alx.is->flags & AR816X && (buffer & PAGE_MASK) == BAD_OFFSET)
        fault("a receive buffer at %#llx makes the chip overrun it", (unsigned long long)buffer);
    if (frame->len > room)
        fault("a frame of %u bytes comes to a receive buffer of %u", frame->len, room);
    dma_write(buffer, frame->data, frame->len < room ? frame->len : room);
    dma_write(rings.rrd + RRD_BYTES * rrd_next, words, 12);
    dma_write(rings.rrd + RRD_BYTES * rrd_next + 12, words + 3, 4); /* what says that it is new */
    rrd_next = (rrd_next + 1) % rings.rrds;
    alx.rfd_consumer = (alx.rfd_consumer + 1) % rings.rfds;
    alx_drop_first();
    alx_interrupt(ISR_RX);
}

static bool rx_waits(void)
{
    return runs(BUSY_RX_MAC | BUSY_RXQ) && alx_first() && alx.rfd_producer != alx.rfd_consumer;
}

static void rx_step(void *unused)
{
    uint64_t buffer;

    (void)unused;
    rx_soon = false;
    if (!rx_waits())
        return;
    if (alx.rfd_producer >= rings.rfds) {
        fault("the index of free descriptors is %u of %u", alx.rfd_producer, rings.rfds);
        failed = true;
    } else if (dma_read(rings.rfd + RFD_BYTES * alx.rfd_consumer, &buffer, sizeof buffer)) {
        deliver(buffer);
    } else {
        failed = true;
    }
    alx_run();
}

/* Transmit */

/* One packet, of all descriptors up to the one that ends it. False: it cannot go on. */
static bool transmit(unsigned queue)
{
    static uint8_t data[(1 << 16) + ALX_FRAME_ROOM];
    unsigned at = alx.tpd_consumer[queue], len = 0;
    struct tpd head = {0}, tpd;
    bool begun = false;

    do {
        if (at == alx.tpd_producer[queue]) {
            fault("the index of transmit descriptors is %u, before the packet's end", at);
            return false;
        }
        if (!dma_read(rings.tpd[queue] + TPD_BYTES * at, &tpd, sizeof tpd))
            return false;
        at = (at + 1) % rings.tpds;
        if (!begun)
            head = tpd;
        if (!begun && (tpd.word & WITH_LENGTH) == WITH_LENGTH) {
            begun = true; /* the first one has only the length of all */
            continue;
        }
        begun = true;
        if (len + tpd.len > 1 << 16 || !dma_read(tpd.buffer, data + len, tpd.len))
            return false;
        len += tpd.len;
    } while (!(tpd.word & END_OF_PACKET));
    alx.tpd_consumer[queue] = at;
    if (len < 14)
        fault("a frame of %u bytes is to be sent", len);
    else
        alx_send(data, len, head.word, head.tag);
    return true;
}

static int tx_queue(void)
{
    if (runs(BUSY_TX_MAC | BUSY_TXQ))
        for (int queue = TX_QUEUES - 1; queue >= 0; queue--) /* the last one goes first */
            if (alx.tpd_producer[queue] != alx.tpd_consumer[queue])
                return queue;
    return -1;
}

static void tx_step(void *unused)
{
    static const uint32_t done[TX_QUEUES] = {ISR_TX0, ISR_TX1, ISR_TX2, ISR_TX3};
    int queue = tx_queue();

    (void)unused;
    tx_soon = false;
    if (queue < 0)
        return;
    if (alx.tpd_producer[queue] >= rings.tpds) {
        fault("the index of transmit descriptors is %u of %u", alx.tpd_producer[queue], rings.tpds);
        failed = true;
    } else if (transmit(queue)) {
        alx_interrupt(alx.is->flags & AR816X ? done[queue] : ISR_TX0);
    } else {
        failed = true;
    }
    alx_run();
}

/* Both */

static void run(void)
{
    if (!rx_soon && rx_waits()) {
        rx_soon = true;
        after(STEP, rx_step, NULL);
    }
    if (!tx_soon && tx_queue() >= 0) {
        tx_soon = true;
        after(STEP, tx_step, NULL);
    }
}

static void reset(void)
{
    not_after(rx_step, NULL);
    not_after(tx_step, NULL);
    memset(&rings, 0, sizeof rings);
    rrd_next = 0;
    rx_soon = tx_soon = failed = false;
}

/* Producer and consumer indexes. */
static uint16_t *find_index(unsigned reg, bool *consumer)
{
    bool later = alx.is->flags & AR816X; /* they have four queues */

    *consumer = false;
    switch (reg) {
    case RFD_PIDX:
        return &alx.rfd_producer;
    case TPD_PRI0_PIDX:
        return &alx.tpd_producer[0];
    case TPD_PRI1_PIDX:
        return &alx.tpd_producer[1];
    case TPD_PRI2_PIDX:
        return later ? &alx.tpd_producer[2] : NULL;
    case TPD_PRI3_PIDX:
        return later ? &alx.tpd_producer[3] : NULL;
    }
    *consumer = true;
    switch (reg) {
    case RFD_CIDX:
        return &alx.rfd_consumer;
    case TPD_PRI0_CIDX:
        return &alx.tpd_consumer[0];
    case TPD_PRI1_CIDX:
        return &alx.tpd_consumer[1];
    case TPD_PRI2_CIDX:
        return later ? &alx.tpd_consumer[2] : NULL;
    case TPD_PRI3_CIDX:
        return later ? &alx.tpd_consumer[3] : NULL;
    }
    return NULL;
}

const struct alx_rings alx_rings = {
    .reset = reset, .load = load, .run = run, .index = find_index, .txq = TXQ0};
