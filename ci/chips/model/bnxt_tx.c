/* SPDX-License-Identifier: BSD-2-Clause */
/* NetXtreme-C/E: transmit. A frame has one descriptor or several; the first one says how many, and
 * when it is a long one, the second is the rest of it. A segment is cut into frames on demand. */
#include "bnxt.h"
#include "offload.h"

enum { SHORT = 0, LONG = 0x10, TYPE = 0x3f, PACKET_END = 0x40, NO_COMPLETION = 0x80 };
enum { COUNT_SHIFT = 8, COUNT_MASK = 31, COUNT_ALL = 32, HINT_SHIFT = 13, HINT_MASK = 3 };
enum { SUM_TRANSPORT = 1, SUM_HEADER = 2, SEGMENTED = 0x20, HAS_TAG = 1 };
enum { ROOM = 0x20000, FRAME_MIN = 60, TAG = 4, STEP = 5 * MICROSECOND };

static uint8_t data[ROOM];
static bool busy;

struct packet {
    uint32_t flags, opaque, offload, mss, tag;
    unsigned descriptors;
    size_t len;
};

/* Adds what a descriptor points to. */
static bool add(struct packet *packet, const uint8_t *descriptor)
{
    unsigned len = get16(descriptor + 2);

    if (!len || packet->len + len > ROOM - TAG) {
        fault("a transmit descriptor of %u bytes, after %zu", len, packet->len);
        return false;
    }
    if (!dma_read(get64(descriptor + 8), data + packet->len, len))
        return false;
    packet->len += len;
    return true;
}

static bool begin(struct packet *packet, const struct ring *ring)
{
    uint8_t first[16], second[16];
    unsigned type, filled = (ring->head - ring->tail) & (ring->length - 1);

    memset(packet, 0, sizeof *packet);
    if (!bnxt_ring_read(ring, ring->tail, first))
        return false;
    packet->flags = get32(first);
    packet->opaque = get32(first + 4);
    type = packet->flags & TYPE;
    packet->descriptors = packet->flags >> COUNT_SHIFT & COUNT_MASK;
    if (!packet->descriptors)
        packet->descriptors = COUNT_ALL;
    if ((type != SHORT && type != LONG) || packet->descriptors > filled ||
        packet->descriptors < 1u + (type == LONG)) {
        fault("a transmit descriptor begins with %08x, and %u are given", packet->flags, filled);
        return false;
    }
    if (type == LONG) {
        if (!bnxt_ring_read(ring, ring->tail + 1, second))
            return false;
        packet->offload = get32(second);
        packet->mss = get32(second + 4);
        packet->tag = get32(second + 12);
    }
    return add(packet, first);
}

static bool gather(struct packet *packet, const struct ring *ring)
{
    uint8_t descriptor[16];
    uint32_t last;

    if (!begin(packet, ring))
        return false;
    last = packet->flags;
    for (unsigned i = (packet->flags & TYPE) == LONG ? 2 : 1; i < packet->descriptors; i++) {
        if (last & PACKET_END) {
            fault("the frame ends before its %u descriptors do", packet->descriptors);
            return false;
        }
        if (!bnxt_ring_read(ring, ring->tail + i, descriptor) || !add(packet, descriptor))
            return false;
        last = get32(descriptor);
    }
    if (!(last & PACKET_END))
        fault("the last of %u descriptors does not end the frame", packet->descriptors);
    return last & PACKET_END;
}

/* How long frames are, by the first descriptor: below 512, 1024, 2048 bytes, or more. */
static void check_hint(const struct packet *packet)
{
    size_t len = packet->len;
    unsigned hint = packet->flags >> HINT_SHIFT & HINT_MASK;

    if (packet->offload & SEGMENTED)
        len = packet->mss + 2 * (packet->offload >> 16 & 0xff);
    if (hint < 3 && len >= 512u << hint)
        fault("a frame of %zu bytes is announced as shorter than %u", len, 512u << hint);
}

static void emit(uint8_t *frame, size_t len)
{
    bnxt_count(TX_UNICAST, TX_BYTES, frame, len);
    if (bnxt.link)
        wire_send(frame, len);
}

static void send(struct packet *packet)
{
    if (packet->len < 14) {
        fault("a frame of %zu bytes is to be sent", packet->len);
        return;
    }
    check_hint(packet);
    if (packet->tag >> 28 == HAS_TAG) {
        memmove(data + 12 + TAG, data + 12, packet->len - 12);
        data[12] = 0x81;
        data[13] = 0;
        data[14] = packet->tag >> 8;
        data[15] = packet->tag;
        packet->len += TAG;
    }
    if (packet->offload & SEGMENTED && packet->mss) {
        sums_segment(data, packet->len, packet->mss, emit);
        return;
    }
    if (packet->len < FRAME_MIN) {
        memset(data + packet->len, 0, FRAME_MIN - packet->len);
        packet->len = FRAME_MIN;
    }
    sums_fill(data, packet->len,
              (packet->offload & SUM_TRANSPORT ? SUM_TCP | SUM_UDP : 0) |
                  (packet->offload & SUM_HEADER ? SUM_IP : 0));
    emit(data, packet->len);
}

static struct ring *waiting(void)
{
    for (unsigned i = 0; i < RINGS; i++)
        if (bnxt.rings[i].used && bnxt.rings[i].kind == TRANSMIT &&
            bnxt.rings[i].head != bnxt.rings[i].tail)
            return &bnxt.rings[i];
    return NULL;
}

static void step(void *unused)
{
    struct ring *ring = waiting(), *completion;
    struct packet packet;

    (void)unused;
    busy = false;
    if (!ring)
        return;
    if (!gather(&packet, ring)) { /* that ring is of no use any more */
        ring->tail = ring->head;
        return;
    }
    send(&packet);
    ring->tail = (ring->tail + packet.descriptors) & (ring->length - 1);
    completion = bnxt_ring(ring->completion, COMPLETION);
    if (completion && !(packet.flags & NO_COMPLETION)) {
        uint32_t entry[4] = {0, packet.opaque, 0, 0};

        bnxt_complete(completion, entry);
    }
    bnxt_tx_run();
}

void bnxt_tx_run(void)
{
    if (busy || !waiting())
        return;
    busy = true;
    after(STEP, step, NULL);
}

void bnxt_tx_reset(void)
{
    not_after(step, NULL);
    busy = false;
}
