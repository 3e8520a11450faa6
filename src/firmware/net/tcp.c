/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP (RFC 9293), the client's side, one connection at a time. Window scaling (RFC 7323), selective
 * acknowledgement (RFC 2018), the retransmission timer (RFC 6298), and the checks of RFC 5961
 * against who guesses. What comes is put in order by tcp_queue.c. */
#include "net/tcp.h"
#include "lib/byteorder.h"
#include "lib/checksum.h"
#include "lib/errors.h"
#include "lib/string.h"
#include "net/ipv4.h"
#include "net/net.h"
#include "net/random.h"
#include "net/tcp_queue.h"
#include "net/udp.h"

enum { END = 0, NOP = 1, MSS = 2, WINDOW_SCALE = 3, SACK_PERMITTED = 4, SACK = 5 }; /* options */
enum {
    SACK_BLOCKS = 4, /* as many as fit */
    HEADERS = 40,    /* IP and TCP, without options */
    SEGMENT = 536,   /* which every host takes; there is little to send */
    SCALE = 6,
    SCALE_MAX = 14,
    WINDOW_MAX = 0xffff, /* without scaling */
    BURST = 64,          /* as net.burst has it when it is 0 */
    FRAME_DATA = FRAME_MAX - HEADERS,
    ACK_EVERY = 8 * FRAME_DATA,
    RTO_FIRST_MS = 1000,
    RTO_MIN_MS = 250,
    TRIES = 4, /* after each other, without an answer; 15 s from the first one */
    REPEATS = 3,
};

/* A header is read and written by words. `control`: its length in words, flags, window. */
struct tcp_header {
    uint32_t ports, seq, ack, control;
    uint16_t checksum, urgent;
    uint32_t options[10];
};
enum { TCP_HEADER = 20, LENGTH_SHIFT = 28 };
enum { FIN = 1 << 16, SYN = 2 << 16, RST = 4 << 16, PUSH = 8 << 16, ACK = 16 << 16 };

/* The connection. Numbers of bytes are as they are counted in segments, and wrap. */
static struct connection {
    struct queue queue;      /* its tcp: whose connection it is */
    bool live;               /* not closed */
    uint32_t server, ports;  /* ports: as they stand in what we send */
    bool open;               /* SYN and SYN-ACK have met */
    bool sack;               /* the server takes selective acknowledgements */
    uint8_t scale, scale_in; /* of our window, and of the server's */
    uint8_t tries, repeats;  /* timeouts, and acknowledgements of the same byte, in a row */
    bool ack_due;
    uint32_t ack_since;   /* ms */
    uint32_t acked, edge; /* what we acknowledged last, and behind the last byte that we let come */
    uint32_t window;      /* the server's: so many bytes may be under way */
    uint32_t una, sent, end; /* first byte not acknowledged; behind the last one that was sent, and
                                that there is */
    uint32_t started, rto;   /* ms: when the timer was started, and how long it runs */
    uint32_t srtt8, var4;    /* of round trips, ms, times 8 and 4 */
    uint8_t data[TCP_SEND_MAX]; /* from una on */
} connection;

/* How much may come from queue.next on, as it stands in a header. A reader that does not take what
 * comes, and a card with little room, get no more at once than a card holds. */
static uint32_t window(struct connection *c)
{
    uint32_t room = queue_room(&c->queue), burst = net.burst;

    if (!burst && queue_held(&c->queue))
        burst = BURST;
    burst *= FRAME_DATA;
    if (burst && room > burst)
        room = burst;
    if (!c->scale && room > WINDOW_MAX)
        room = WINDOW_MAX;
    /* What was promised stays, and it grows by whole segments (RFC 9293 section 3.8.6.2.2). */
    if ((int32_t)(c->queue.next + room - c->edge) < SEGMENT)
        room = c->edge - c->queue.next;
    c->edge = c->queue.next + room;
    return room >> c->scale;
}

/* Send a segment, with so much of what there is to send. In polling, only if ARP knows the way. */
static void emit(struct connection *c, uint32_t flags, uint32_t seq, size_t len)
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
    h->ack = be32(c->queue.next);
    h->control = be32(words << LENGTH_SHIFT | flags | window(c));
    h->checksum = h->urgent = 0;
    if (flags & SYN) {
        h->options[0] = be32(MSS << 24 | 4 << 16 | ((net.mtu ? net.mtu : 1500) - HEADERS));
        h->options[1] = be32(SACK_PERMITTED << 24 | 2 << 16 | WINDOW_SCALE << 8 | 3);
        h->options[2] = be32(SCALE << 24);
    } else {
        h->options[0] = be32(NOP << 24 | NOP << 16 | SACK << 8 | (2 + 8 * blocks));
        for (unsigned i = 0; i < blocks; i++) {
            h->options[1 + 2 * i] = be32(c->queue.range[i].from);
            h->options[2 + 2 * i] = be32(c->queue.range[i].to);
        }
    }
    c->acked = c->queue.next;
    c->ack_due = false;
    memcpy((uint8_t *)h + header, c->data + (seq - c->una), len);
    len += header;
    h->checksum = (uint16_t)~ipv4_sum(&ipv4_tx.ip, h, len);
    ipv4_send();
}

/* Send what there is and the server has room for; with `again`, from the start. */
static void flush(struct connection *c, bool again)
{
    if (again)
        c->sent = c->una;
    if (c->sent == c->una)
        c->started = net_now();
    while (c->sent != c->end) {
        uint32_t at = c->sent - c->una, len = c->end - c->sent, room = c->window;

        /* A window of 0 is probed with one byte each time the timer runs out. */
        if (!room && again)
            room = 1;
        if (at >= room)
            break;
        if (len > room - at)
            len = room - at;
        if (len > SEGMENT)
            len = SEGMENT;
        if (c->open)
            emit(c, ACK | PUSH, c->sent, len);
        else
            emit(c, SYN, c->sent, 0);
        c->sent += len;
    }
}

/* What a round trip took, and what that says about the next ones (RFC 6298 section 2). */
static void measure(struct connection *c)
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

/* The options of a SYN-ACK. */
static void take_options(struct connection *c, const uint8_t *p, const uint8_t *end)
{
    while (end - p >= 2) {
        size_t len = *p == NOP ? 1 : p[1];

        if (*p == END || !len || len > (size_t)(end - p))
            break;
        if (*p == WINDOW_SCALE && len == 3) {
            c->scale = SCALE;
            c->scale_in = p[2] < SCALE_MAX ? p[2] : SCALE_MAX;
        }
        if (*p == SACK_PERMITTED)
            c->sack = true;
        p += len;
    }
}

/* The answer to our SYN. */
static void take_syn_ack(struct connection *c, const struct tcp_header *h, uint32_t control)
{
    uint32_t ack = be32(h->ack);

    if (control & ACK && ack != c->end) {
        if (!(control & RST)) /* that of a connection before this one */
            emit(c, RST, ack, 0);
        return;
    }
    if ((control & (ACK | RST)) == (ACK | RST))
        c->queue.tcp->error = E_REFUSED;
    if ((control & (ACK | SYN | RST)) != (ACK | SYN))
        return;
    take_options(c, (const uint8_t *)h->options,
                 (const uint8_t *)h + (control >> LENGTH_SHIFT) * 4);
    c->queue.next = c->queue.taken = c->edge = be32(h->seq) + 1;
    c->una = c->sent = ack;
    c->window = control & WINDOW_MAX; /* not scaled in a SYN */
    c->open = true;
    measure(c);
    c->tries = 0;
    c->ack_due = true;
}

/* What the server says that it has. False when it cannot have that (RFC 5961 section 5). */
static bool take_ack(struct connection *c, uint32_t ack, uint32_t room, bool empty)
{
    uint32_t news = ack - c->una;

    if (news > c->end - c->una)
        return 0u - news <= WINDOW_MAX << SCALE_MAX; /* an old one */
    if (news) {
        measure(c);
        c->una = ack;
        if ((int32_t)(c->sent - ack) < 0)
            c->sent = ack; /* it was sent before, and taken back */
        memmove(c->data, c->data + news, c->end - ack);
        c->tries = c->repeats = 0;
        c->started = net_now();
    } else if (c->sent != ack && empty && room == c->window && ++c->repeats == REPEATS) {
        c->tries++;
        flush(c, true); /* fast retransmit (RFC 5681 section 3.2) */
    }
    c->window = room;
    flush(c, false);
    return true;
}

static void tcp_receive(struct ipv4_header *ip, uint8_t *payload, size_t len)
{
    const struct tcp_header *h = (const struct tcp_header *)payload;
    struct connection *c = &connection;
    struct queue *q = &c->queue;
    uint32_t control, seq, ahead;
    size_t header;

    __asm__("" : "+r"(c)); /* an address in a register makes shorter instructions */
    if (len < TCP_HEADER || !c->live || q->tcp->error || ip->from != c->server ||
        h->ports != (c->ports << 16 | c->ports >> 16))
        return;
    control = be32(h->control);
    header = (control >> LENGTH_SHIFT) * 4;
    if (header < TCP_HEADER || header > len || ipv4_sum(ip, h, len) != 0xffff)
        return;
    if (!c->open) {
        take_syn_ack(c, h, control);
        return;
    }
    len -= header;
    seq = be32(h->seq);
    ahead = seq - q->next;
    if (control & RST && !ahead) {
        q->tcp->error = E_RESET;
        return;
    }
    /* Who only guesses gets an answer that he does not see; the server learns from it (RFC 5961).
     */
    if (control & (RST | SYN) || !(control & ACK) ||
        !take_ack(c, be32(h->ack), (control & WINDOW_MAX) << c->scale_in, !len)) {
        c->ack_due = true;
        return;
    }
    if ((len || ahead || control & FIN) && !c->ack_due) {
        c->ack_due = true;
        c->ack_since = net_now();
    }
    if (!q->ended) {
        if (control & FIN && ahead + len <= queue_room(q)) {
            q->ends = true;
            q->end = seq + len;
        }
        queue_add(q, seq, payload + header, len);
    }
    if (c->ack_due && (ahead || q->ranges || q->ended || q->next - c->acked >= ACK_EVERY))
        emit(c, ACK, c->sent, 0);
}

static void tcp_unreachable(const struct ipv4_header *ip, int error)
{
    const struct tcp_header *h = (const struct tcp_header *)(ip + 1);
    struct connection *c = &connection;

    /* Only who sees our SYN knows its number (RFC 5927 section 4). */
    if (c->live && !c->open && h->ports == c->ports && be32(h->seq) == c->una)
        c->queue.tcp->error = error;
}

static void tcp_tick(void)
{
    struct connection *c = &connection;
    struct tcp *tcp = c->queue.tcp;

    if (!c->live || tcp->error)
        return;
    if (c->una != c->end && net_now() - c->started >= c->rto) {
        if (c->tries++ == TRIES - 1) {
            tcp->error = c->open ? E_STALLED : E_TIMEOUT;
            return;
        }
        c->rto *= 2;
        flush(c, true);
    }
    if (c->ack_due && net_now() != c->ack_since)
        emit(c, ACK, c->sent, 0);
}

IP_PROTOCOL(tcp) = {IPPROTO_TCP, tcp_receive, tcp_tick, tcp_unreachable};

static bool tcp_answered(void *tcp)
{
    return connection.open || ((const struct tcp *)tcp)->error;
}

int tcp_connect(struct tcp *tcp, uint32_t server, uint16_t port)
{
    struct connection *c = &connection;
    int rc;

    if (c->live)
        tcp_close(c->queue.tcp);
    memset(c, 0, sizeof(*c));
    tcp->error = 0;
    tcp->ended = false;
    tcp->room = 0;
    c->queue.tcp = tcp;
    c->server = server;
    c->ports = be32((uint32_t)udp_new_port() << 16 | port);
    c->rto = RTO_FIRST_MS;
    c->window = 1; /* for the SYN */
    c->una = c->sent = net_random();
    c->end = c->una + 1;
    rc = ipv4_begin(server, IPPROTO_TCP, 0);
    if (rc)
        return rc;
    c->live = true;
    flush(c, false);
    rc = net_wait(tcp_answered, tcp, ~0u);
    if (!rc)
        rc = tcp->error;
    if (rc)
        tcp_close(tcp);
    return rc;
}

int tcp_send(struct tcp *tcp, const void *data, size_t len)
{
    struct connection *c = &connection;
    int rc = ipv4_begin(c->server, IPPROTO_TCP, 0); /* ARP may have to ask */

    if (tcp->error)
        return tcp->error;
    if (c->una != c->end || len > sizeof(c->data))
        return E_TOO_BIG;
    if (rc)
        return rc;
    memcpy(c->data, data, len);
    c->end += len;
    flush(c, false);
    return 0;
}

void tcp_direct(struct tcp *tcp, uint8_t *to, size_t room)
{
    bool known = tcp->room;

    tcp->to = to;
    tcp->room = room;
    if (!known)
        queue_move(&connection.queue);
}

void tcp_resume(struct tcp *tcp)
{
    struct connection *c = &connection;

    if (tcp->error || !c->queue.full)
        return;
    c->queue.full = false;
    queue_offer(&c->queue);
    c->ack_due = true; /* the window has grown; told once there is nothing else to do */
}

void tcp_close(struct tcp *tcp)
{
    struct connection *c = &connection;

    if (!c->live || c->queue.tcp != tcp)
        return;
    c->live = false; /* nothing changes any more */
    if (!tcp->error)
        emit(c, tcp->ended && c->una == c->end ? FIN | ACK : RST | ACK, c->sent, 0);
}
