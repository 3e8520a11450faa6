/* SPDX-License-Identifier: BSD-2-Clause */
/* What TCP sends: segments, and when they are sent again. */
#include "lib/byteorder.h"
#include "lib/string.h"
#include "net/ipv4.h"
#include "net/net.h"
#include "net/tcp_connection.h"

enum {
    SACK_BLOCKS = 4, /* as many as fit */
    HEADERS = 40,    /* IP and TCP, without options */
    SEGMENT = 536,   /* which every host takes; there is little to send */
    BURST = 64,      /* as net.burst has it when it is 0 */
    RTO_MIN_MS = 250,
    GIGABIT_SHIFT = 14, /* from an eighth of a millisecond to bytes */
};

/* How much may come from queue.next on, as it stands in a header: what a card holds, and what a
 * gigabit a second brings in a round trip, or less. Who does not take what comes, and slow cards,
 * get no more than the first. */
static uint32_t window(struct connection *c)
{
    uint32_t room = QUEUE_SIZE - queue_held(&c->queue), frames = net.burst ? net.burst : BURST;
    uint32_t most = frames * (FRAME_MAX - HEADERS);

    if (frames >= BURST && !queue_held(&c->queue))
        most += (c->srtt8 & ~63u) << GIGABIT_SHIFT; /* by 8 ms: a busy machine is late, too */
    if (room > most)
        room = most;
    if (!c->scale && room > TCP_WINDOW_MAX)
        room = TCP_WINDOW_MAX;
    /* What was promised stays, and it grows by whole segments (RFC 9293 section 3.8.6.2.2). */
    if ((int32_t)(c->queue.next + room - c->queue.edge) < SEGMENT)
        room = c->queue.edge - c->queue.next;
    c->queue.edge = c->queue.next + room;
    return room >> c->scale;
}

void tcp_emit(struct connection *c, uint32_t flags, uint32_t seq, size_t len)
{
    struct tcp_header *h = (struct tcp_header *)ipv4_tx.payload;
    unsigned blocks = c->sack && !len ? c->queue.ranges : 0; /* a full segment has no room */
    size_t words = TCP_HEADER / 4;

    if (blocks > SACK_BLOCKS)
        blocks = SACK_BLOCKS;
    if (flags & SYN)
        words += 3;
    else if (blocks)
        words += 1 + 2 * blocks;
    size_t header = words * 4;
    if (ipv4_begin(c->server, IPPROTO_TCP, header + len))
        return;
    h->ports = c->ports;
    h->seq = be32(seq);
    h->ack = be32(c->queue.next + c->queue.ended);
    h->control = be32(words << LENGTH_SHIFT | flags | window(c));
    h->checksum = h->urgent = 0;
    if (flags & SYN) {
        h->options[0] = be32(MSS << 24 | 4 << 16 | ((net.mtu ? net.mtu : 1500) - HEADERS));
        h->options[1] = be32(SACK_PERMITTED << 24 | 2 << 16 | WINDOW_SCALE << 8 | 3);
        h->options[2] = be32(TCP_SCALE << 24);
    } else {
        h->options[0] = be32(NOP << 24 | NOP << 16 | SACK << 8 | (2 + 8 * blocks));
        const uint32_t *from = (const uint32_t *)c->queue.range;
        for (unsigned i = 0; i < 2 * blocks; i++)
            h->options[1 + i] = be32(from[i]);
    }
    c->acked = c->queue.next;
    c->ack_due = false;
    memcpy((uint8_t *)h + header, c->data + (seq - c->una), len);
    len += header;
    h->checksum = (uint16_t)~ipv4_sum(&ipv4_tx.ip, h, len);
    ipv4_send();
}

void tcp_flush(struct connection *c)
{
    uint32_t len = c->end - c->una, n;

    if (len > c->window)
        len = c->window ? c->window : c->tries; /* the timer asks whether there is room again */
    c->started = net_now();
    for (c->sent = c->una; len; len -= n) {
        n = len < SEGMENT ? len : SEGMENT;
        if (c->open)
            tcp_emit(c, ACK | PUSH, c->sent, n);
        else
            tcp_emit(c, SYN, c->sent, 0);
        c->sent += n;
    }
}

void tcp_measure(struct connection *c)
{
    uint32_t ms = net_now() - c->started, error = ms - (c->srtt8 >> 3);

    if (c->tries) /* it is not known which of them was answered */
        return;
    if (!c->srtt8) { /* the first one */
        c->srtt8 = 8 * ms;
        c->var4 = 2 * ms;
    } else {
        c->srtt8 += error;
        c->var4 += ((int32_t)error < 0 ? -error : error) - (c->var4 >> 2);
    }
    c->rto = (c->srtt8 >> 3) + c->var4;
    if (c->rto < RTO_MIN_MS)
        c->rto = RTO_MIN_MS;
}
