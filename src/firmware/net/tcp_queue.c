/* SPDX-License-Identifier: BSD-2-Clause */
/* What comes in order goes from the frame to the reader. What is ahead of a gap, and what the
 * reader does not take, is copied to a ring, each byte to the place that its number gives. */
#include "net/tcp_queue.h"

#include "lib/string.h"

enum { PLACE = QUEUE_SIZE - 1 };

static uint8_t ring[QUEUE_SIZE];

/* Offer what comes next. Returns how much of it was taken. */
static size_t offer(struct queue *q, const uint8_t *data, size_t len)
{
    size_t took = q->tcp->receive(q->tcp, data, len);

    q->taken += took;
    q->full = took < len;
    return took;
}

void queue_offer(struct queue *q)
{
    size_t len;

    while ((len = queue_held(q)) && !q->full) {
        size_t at = q->taken & PLACE;

        offer(q, ring + at, len < QUEUE_SIZE - at ? len : QUEUE_SIZE - at);
    }
    q->tcp->ended = q->ended && !len;
}

/* That range has come. It joins with those that it meets; then it is in order, or comes first among
 * the others. What is one gap too many was not sent, as far as the server is told. */
static void add_range(struct queue *q, struct range new)
{
    struct range *old = q->range, *end = old + q->ranges;
    unsigned kept = 0;

    for (; old < end; old++) {
        if ((int32_t)(old->to - new.from) < 0 || (int32_t)(new.to - old->from) < 0) {
            q->range[kept++] = *old;
            continue;
        }
        if ((int32_t)(old->from - new.from) < 0)
            new.from = old->from;
        if ((int32_t)(old->to - new.to) > 0)
            new.to = old->to;
    }
    if (new.from == q->next) {
        q->next = new.to;
    } else if (kept < QUEUE_RANGES) {
        memmove(q->range + 1, q->range, kept++ * sizeof(new));
        q->range[0] = new;
    }
    q->ranges = kept;
}

void queue_add(struct queue *q, uint32_t seq, const uint8_t *data, size_t len)
{
    uint32_t old = q->next - seq, ahead;
    size_t took = 0;

    if (old <= len) {
        seq += old;
        data += old;
        len -= old;
    }
    ahead = seq - q->next;
    if (!len || ahead + len > q->edge - q->next)
        return;
    if (!ahead && !queue_held(q))
        took = offer(q, data, len);
    for (; took < len; took++)
        ring[(seq + took) & PLACE] = data[took];
    add_range(q, (struct range){seq, seq + len});
}
