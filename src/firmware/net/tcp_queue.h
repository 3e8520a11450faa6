/* SPDX-License-Identifier: BSD-2-Clause */
/* What a TCP connection has received, from any order into the right one. */
#ifndef NET_TCP_QUEUE_H
#define NET_TCP_QUEUE_H

#include "net/tcp.h"

enum { QUEUE_SIZE = 1 << 21, QUEUE_RANGES = 32 };

/* Numbers of bytes are those of the segments, so they wrap. */
struct queue {
    struct tcp *tcp; /* whose receive() takes it */
    uint32_t next;   /* all before it has come */
    uint32_t edge;   /* behind the last byte that we let come */
    uint32_t taken;  /* all before it was taken; what lies between is kept */
    bool ended;      /* a FIN stands at `next` */
    bool full;       /* receive() took less than it was offered */
    /* What has come behind a gap: apart from each other, the one that changed last first. */
    unsigned ranges;
    struct range {
        uint32_t from, to;
    } range[QUEUE_RANGES];
};

/* Bytes that came in order and are kept. */
static inline uint32_t queue_held(const struct queue *q)
{
    return q->next - q->taken;
}

/* Take data in. What is old, or goes beyond the edge, is passed over. */
void queue_add(struct queue *q, uint32_t seq, const uint8_t *data, size_t len);

/* Offer what is kept. */
void queue_offer(struct queue *q);

#endif
