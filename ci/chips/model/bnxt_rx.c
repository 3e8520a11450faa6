/* SPDX-License-Identifier: BSD-2-Clause */
/* NetXtreme-C/E: receive. A frame goes into the next buffer; what does not fit goes to those of the
 * aggregation ring, when the VNIC is set up so. Two entries of the completion ring tell of it, and
 * one for each further buffer. */
#include "bnxt.h"
#include "offload.h"

enum { FRAMES = 32, ROOM = 9604, FRAME_MIN = 60, STEP = 5 * MICROSECOND, BUFFERS_MAX = 31 };
enum { DESCRIPTOR = 4, AGGREGATION = 6, TYPE = 0x3f, COMPLETE = 17, COMPLETE_PART = 18 };
enum { KIND_SHIFT = 12, KIND_IP = 1, KIND_TCP = 2, KIND_UDP = 3, LENGTH_SHIFT = 16 };
enum { CHECKED_IP = 1, CHECKED_TRANSPORT = 2, WRONG_IP = 0x10, WRONG_TRANSPORT = 0x20 };
enum { TOO_LONG = 2 /* does not fit */ };
enum { LISTED = 2, ALL_MULTICASTS = 4, BROADCASTS = 8, PROMISCUOUS = 0x10 };

static struct frame {
    size_t len;
    uint8_t data[ROOM];
} frames[FRAMES];
static unsigned first, count;
static bool busy;

struct buffer {
    uint64_t address;
    uint32_t len, opaque;
};

static const struct group *group(void)
{
    unsigned id = bnxt.vnic_group;
    const struct group *it = &bnxt.groups[(id - FIRST_GROUP) % GROUPS];

    return bnxt.vnic && id >= FIRST_GROUP && id < FIRST_GROUP + GROUPS && it->used ? it : NULL;
}

/* Filters */

static bool matches(const struct filter *filter, const uint8_t *address)
{
    for (unsigned i = 0; i < 6; i++)
        if ((address[i] ^ filter->address[i]) & filter->mask[i])
            return false;
    return filter->used;
}

static bool passes(const uint8_t *address)
{
    if (bnxt.rx_mask & PROMISCUOUS)
        return true;
    for (unsigned i = 0; i < FILTERS; i++)
        if (matches(&bnxt.filters[i], address))
            return true;
    if (!memcmp(address, "\xff\xff\xff\xff\xff\xff", 6))
        return bnxt.rx_mask & BROADCASTS;
    for (unsigned i = 0; i < bnxt.multicasts; i++)
        if (!memcmp(address, bnxt.multicast[i], 6))
            return true;
    return address[0] & 1 && bnxt.rx_mask & ALL_MULTICASTS;
}

bool bnxt_ready(void)
{
    return count < FRAMES;
}

void bnxt_receive(const uint8_t *data, size_t len)
{
    struct frame *frame = &frames[(first + count) % FRAMES];

    if (!bnxt.link || !group() || len < 14 || len > bnxt.vnic_mru || len > ROOM || !passes(data))
        return;
    if (count == FRAMES) {
        bnxt.counters[RX_DISCARDED]++;
        return;
    }
    memset(frame->data, 0, FRAME_MIN);
    memcpy(frame->data, data, len);
    frame->len = len < FRAME_MIN ? FRAME_MIN : len;
    count++;
    bnxt_rx_run();
}

/* Buffers */

static bool next_buffer(struct ring *ring, unsigned type, struct buffer *buffer)
{
    uint8_t descriptor[16];

    if (!bnxt_ring_read(ring, ring->tail, descriptor))
        return false;
    if ((get32(descriptor) & TYPE) != type || !get16(descriptor + 2)) {
        fault("a receive descriptor begins with %08x", get32(descriptor));
        return false;
    }
    buffer->len = get16(descriptor + 2);
    buffer->opaque = get32(descriptor + 4);
    buffer->address = get64(descriptor + 8);
    ring->tail = (ring->tail + 1) & (ring->length - 1);
    return true;
}

/* Puts the frame behind its first `done` bytes into buffers of the aggregation ring. How many were
 * used; less is true of the frame when there are not enough of them. */
static unsigned spill(const struct frame *frame, size_t done, uint32_t parts[][4])
{
    struct ring *ring = bnxt_ring(group()->aggregation, RECEIVE);
    unsigned used = 0;

    while (done < frame->len && ring && ring->head != ring->tail && used < BUFFERS_MAX) {
        struct buffer buffer;
        size_t len = frame->len - done;

        if (!next_buffer(ring, AGGREGATION, &buffer))
            break;
        if (len > buffer.len)
            len = buffer.len;
        dma_write(buffer.address, frame->data + done, len);
        done += len;
        parts[used][0] = COMPLETE_PART | (uint32_t)len << LENGTH_SHIFT;
        parts[used][1] = buffer.opaque;
        parts[used][2] = parts[used][3] = 0;
        used++;
    }
    if (done < frame->len)
        note("%zu bytes of a frame find no buffer", frame->len - done);
    return used;
}

static void check_sums(const struct frame *frame, uint32_t low[4], uint32_t high[4])
{
    unsigned present = sums_present(frame->data, frame->len);
    unsigned wrong = sums_wrong(frame->data, frame->len);

    if (present & SUM_IP) {
        high[0] |= CHECKED_IP;
        high[2] |= wrong & SUM_IP ? WRONG_IP : 0;
    }
    if (present & (SUM_TCP | SUM_UDP)) {
        high[0] |= CHECKED_TRANSPORT;
        high[2] |= wrong & (SUM_TCP | SUM_UDP) ? WRONG_TRANSPORT : 0;
    }
    low[0] |= (present & SUM_TCP   ? KIND_TCP
               : present & SUM_UDP ? KIND_UDP
               : present & SUM_IP  ? KIND_IP
                                   : 0)
              << KIND_SHIFT;
}

static void deliver(const struct frame *frame, struct ring *ring, struct ring *completion)
{
    uint32_t low[4] = {COMPLETE}, high[4] = {0}, parts[BUFFERS_MAX][4];
    unsigned used = 0;
    struct buffer buffer;
    size_t len = frame->len;

    if (!next_buffer(ring, DESCRIPTOR, &buffer)) {
        ring->tail = ring->head;
        return;
    }
    if (len > buffer.len)
        len = buffer.len;
    dma_write(buffer.address, frame->data, len);
    if (len < frame->len && bnxt.jumbo) {
        used = spill(frame, len, parts);
    } else if (len < frame->len) {
        fault("a frame of %zu bytes comes to a receive buffer of %zu", frame->len, len);
        high[2] |= TOO_LONG;
    }
    low[0] |= (uint32_t)len << LENGTH_SHIFT;
    low[1] = buffer.opaque;
    low[2] = 1 | used << 1;
    check_sums(frame, low, high);
    bnxt_count(RX_UNICAST, RX_BYTES, frame->data, frame->len);
    bnxt_complete(completion, low);
    bnxt_complete(completion, high);
    for (unsigned i = 0; i < used; i++)
        bnxt_complete(completion, parts[i]);
}

static struct ring *ready_ring(void)
{
    struct ring *ring = group() ? bnxt_ring(group()->receive, RECEIVE) : NULL;

    return ring && ring->head != ring->tail ? ring : NULL;
}

static void step(void *unused)
{
    struct ring *ring = ready_ring(), *completion;

    (void)unused;
    busy = false;
    if (!ring || !count)
        return;
    completion = bnxt_ring(group()->completion, COMPLETION);
    if (completion)
        deliver(&frames[first], ring, completion);
    first = (first + 1) % FRAMES;
    count--;
    bnxt_rx_run();
}

void bnxt_rx_run(void)
{
    if (busy || !count || !ready_ring())
        return;
    busy = true;
    after(STEP, step, NULL);
}

void bnxt_rx_reset(void)
{
    not_after(step, NULL);
    busy = false;
    first = count = 0;
}
