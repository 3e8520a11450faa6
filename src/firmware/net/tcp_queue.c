/* SPDX-License-Identifier: BSD-2-Clause */
/* What comes in order goes from the frame to the reader. Only what is ahead of a gap, and what the
 * reader does not take, is copied to a ring, each byte to the place that its number gives. */
#include "net/tcp_queue.h"

#include "lib/string.h"

enum { PLACE = QUEUE_SIZE - 1 };

struct queue queue;
static uint8_t ring[QUEUE_SIZE];

void queue_start(uint32_t first)
{
    memset(&queue, 0, sizeof(queue));
    queue.next = queue.taken = first;
}

uint32_t queue_held(void)
{
    return queue.next - queue.ended - queue.taken;
}

uint32_t queue_room(void)
{
    return QUEUE_SIZE - queue_held();
}

/* Offer the reader what comes next. Returns how much of it was taken. */
static size_t offer(struct tcp *tcp, const uint8_t *data, size_t len)
{
    size_t took = tcp->receive(tcp, data, len);

    queue.taken += took;
    queue.full = took < len;
    return took;
}

void queue_offer(struct tcp *tcp)
{
    while (queue_held() && !queue.full) {
        size_t at = queue.taken & PLACE, len = queue_held();

        if (len > QUEUE_SIZE - at)
            len = QUEUE_SIZE - at;
        offer(tcp, ring + at, len);
    }
    tcp->ended = queue.ended && !queue_held();
}

/* Join the range with those that it meets, and put it first. False when there are too many. */
static bool add_range(struct range new)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < queue.ranges; i++) {
        struct range old = queue.range[i];

        if ((int32_t)(old.to - new.from) < 0 || (int32_t)(new.to - old.from) < 0) {
            queue.range[kept++] = old;
            continue;
        }
        if ((int32_t)(old.from - new.from) < 0)
            new.from = old.from;
        if ((int32_t)(old.to - new.to) > 0)
            new.to = old.to;
    }
    queue.ranges = kept;
    if (kept == QUEUE_RANGES)
        return false;
    memmove(queue.range + 1, queue.range, kept * sizeof(new));
    queue.range[0] = new;
    queue.ranges++;
    return true;
}

static void keep(uint32_t seq, const uint8_t *data, size_t len)
{
    size_t at = seq & PLACE, first = QUEUE_SIZE - at;

    if (!len || !add_range((struct range){seq, seq + len}))
        return;
    if (first > len)
        first = len;
    memcpy(ring + at, data, first);
    memcpy(ring, data + first, len - first);
}

/* Go on over what came before its turn. */
static void close_gaps(void)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < queue.ranges; i++) {
        struct range r = queue.range[i];

        if ((int32_t)(r.from - queue.next) > 0)
            queue.range[kept++] = r;
        else if ((int32_t)(r.to - queue.next) > 0)
            queue.next = r.to;
    }
    queue.ranges = kept;
}

void queue_add(struct tcp *tcp, uint32_t seq, const uint8_t *data, size_t len, bool fin)
{
    int32_t ahead = (int32_t)(seq - queue.next);
    size_t room = queue_room();

    if (queue.ended)
        return;
    if (ahead < 0) {
        size_t old = 0u - (uint32_t)ahead;

        if (old > len) /* its FIN is an old one too, or none of this connection */
            return;
        seq += old;
        data += old;
        len -= old;
        ahead = 0;
    }
    if ((size_t)ahead > room)
        return;
    if (len > room - (size_t)ahead) {
        len = room - (size_t)ahead;
        fin = false;
    }
    if (fin) {
        queue.ends = true;
        queue.end = seq + len;
    }
    if (!ahead && len && !queue_held()) {
        size_t took = offer(tcp, data, len);

        queue.next = seq += took;
        data += took;
        len -= took;
    }
    keep(seq, data, len);
    close_gaps();
    if (queue.ends && (int32_t)(queue.next - queue.end) >= 0) {
        queue.ended = true;
        queue.next++;
    }
    queue_offer(tcp);
}
