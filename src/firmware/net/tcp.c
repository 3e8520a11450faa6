/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP (RFC 9293), the client's side, one connection at a time. Window scaling (RFC 7323), selective
 * acknowledgement (RFC 2018), the retransmission timer (RFC 6298), and the checks of RFC 5961
 * against who guesses. What comes is put in order by tcp_queue.c. */
#include "net/tcp.h"
#include "lib/byteorder.h"
#include "lib/errors.h"
#include "lib/string.h"
#include "net/ipv4.h"
#include "net/net.h"
#include "net/random.h"
#include "net/tcp_connection.h"
#include "net/udp.h"

enum {
    SCALE_MAX = 14,
    ACK_EVERY = 8 * 1460, /* full segments */
    TRIES = 4,            /* after each other, without an answer; 15 s from the first one */
    REPEATS = 3,
};

/* There is one. */
static struct connection connection;

/* Its address in a register, which makes shorter instructions. */
static inline struct connection *the_connection(void)
{
    struct connection *c = &connection;

    __asm__("" : "+r"(c));
    return c;
}

/* The options of a SYN-ACK. */
static void take_options(struct connection *c, const uint8_t *p, const uint8_t *end)
{
    while (end - p >= 2) {
        size_t len = *p == NOP ? 1 : p[1];

        if (*p == END || !len || len > (size_t)(end - p))
            break;
        if (*p == WINDOW_SCALE && len == 3) {
            c->scale = TCP_SCALE;
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
            tcp_emit(c, RST, ack, 0);
        return;
    }
    if ((control & (ACK | RST)) == (ACK | RST))
        c->queue.tcp->error = E_REFUSED;
    if ((control & (ACK | SYN | RST)) != (ACK | SYN))
        return;
    take_options(c, (const uint8_t *)h->options,
                 (const uint8_t *)h + (control >> LENGTH_SHIFT) * 4);
    c->queue.next = c->queue.taken = c->queue.edge = be32(h->seq) + 1;
    c->una = c->sent = ack;
    c->window = control & TCP_WINDOW_MAX; /* not scaled in a SYN */
    c->open = true;
    tcp_measure(c);
    c->tries = 0;
    c->ack_due = true;
}

/* What the server says that it has. False when it cannot have that (RFC 5961 section 5). */
static bool take_ack(struct connection *c, uint32_t ack, uint32_t room, bool empty)
{
    uint32_t news = ack - c->una;
    bool again = empty && room == c->window;

    if (news > c->end - c->una)
        return 0u - news <= TCP_WINDOW_MAX << SCALE_MAX; /* an old one */
    c->window = room;
    if (news) {
        tcp_measure(c);
        c->una = ack;
        memmove(c->data, c->data + news, c->end - ack);
        c->tries = c->repeats = 0;
        c->started = net_now();
        if ((int32_t)(c->sent - ack) <= 0)
            tcp_flush(c);
    } else if (c->una != c->end && again && ++c->repeats == REPEATS) {
        c->tries++;
        tcp_flush(c); /* fast retransmit (RFC 5681 section 3.2) */
    }
    return true;
}

static void tcp_receive(struct ipv4_header *ip, uint8_t *payload, size_t len)
{
    const struct tcp_header *h = (const struct tcp_header *)payload;
    struct connection *c = the_connection();
    struct queue *q = &c->queue;
    uint32_t control, seq, ahead;
    size_t header;

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
    ahead = seq - q->next - q->ended;
    if (control & RST && !ahead) {
        q->tcp->error = E_RESET;
        return;
    }
    /* Who only guesses gets an answer that he does not see; the server learns from it (RFC 5961).
     */
    if (control & (RST | SYN) || !(control & ACK) ||
        !take_ack(c, be32(h->ack), (control & TCP_WINDOW_MAX) << c->scale_in, !len)) {
        c->ack_due = true;
        return;
    }
    if ((len || ahead || control & FIN) && !c->ack_due) {
        c->ack_due = true;
        c->ack_since = net_now();
    }
    if (!q->ended) {
        queue_add(q, seq, payload + header, len);
        if (control & FIN && q->next == seq + len) /* else it has to come again */
            q->ended = true;
        queue_offer(q);
    }
    if (c->ack_due && (ahead || q->ranges || q->ended || q->next - c->acked >= ACK_EVERY))
        tcp_emit(c, ACK, c->sent, 0);
}

static void tcp_unreachable(const struct ipv4_header *ip, int error)
{
    const struct tcp_header *h = (const struct tcp_header *)(ip + 1);
    struct connection *c = the_connection();

    /* Only who sees our SYN knows its number (RFC 5927 section 4). */
    if (c->live && !c->open && h->ports == c->ports && be32(h->seq) == c->una)
        c->queue.tcp->error = error;
}

static void tcp_tick(void)
{
    struct connection *c = the_connection();
    struct tcp *tcp = c->queue.tcp;

    if (!c->live || tcp->error)
        return;
    if (c->una != c->end && net_now() - c->started >= c->rto) {
        if (c->tries++ == TRIES - 1) {
            tcp->error = c->open ? E_STALLED : E_TIMEOUT;
            return;
        }
        c->rto *= 2;
        tcp_flush(c);
    }
    if (c->ack_due && net_now() != c->ack_since)
        tcp_emit(c, ACK, c->sent, 0);
}

IP_PROTOCOL(tcp) = {IPPROTO_TCP, tcp_receive, tcp_tick, tcp_unreachable};

static bool tcp_answered(void *tcp)
{
    return connection.open || ((const struct tcp *)tcp)->error;
}

int tcp_connect(struct tcp *tcp, uint32_t server, uint16_t port)
{
    struct connection *c = the_connection();
    int rc;

    tcp_close(c->queue.tcp);
    memset(c, 0, sizeof(*c));
    tcp->error = 0;
    tcp->ended = false;
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
    tcp_flush(c);
    rc = net_wait(tcp_answered, tcp, ~0u);
    if (!rc)
        rc = tcp->error;
    c->live = !rc;
    return rc;
}

int tcp_send(struct tcp *tcp, const void *data, size_t len)
{
    struct connection *c = the_connection();

    if (tcp->error)
        return tcp->error;
    if (c->una != c->end || len > sizeof(c->data))
        return E_TOO_BIG;
    memcpy(c->data, data, len);
    c->end += len;
    tcp_flush(c);
    return 0;
}

void tcp_resume(struct tcp *tcp)
{
    struct connection *c = the_connection();

    if (tcp->error || !c->queue.full)
        return;
    c->queue.full = false;
    queue_offer(&c->queue);
    c->ack_due = true; /* the window has grown; told once there is nothing else to do */
}

void tcp_close(struct tcp *tcp)
{
    struct connection *c = the_connection();

    if (c->live && !tcp->error)
        tcp_emit(c, RST | ACK, c->sent, 0);
    c->live = false;
}
