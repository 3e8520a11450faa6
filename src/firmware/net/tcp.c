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

enum { FIN = 1, SYN = 2, RST = 4, PUSH = 8, ACK = 16 };
enum { END = 0, NOP = 1, MSS = 2, WINDOW_SCALE = 3, SACK_PERMITTED = 4, SACK = 5 }; /* options */
enum {
    SACK_BLOCKS = 4, /* as many as fit */
    HEADERS = 40,    /* IP and TCP, without options */
    MSS_DEFAULT = 536,
    MSS_MIN = 64,
    SCALE = 3,
    SCALE_MAX = 14,
    WINDOW_MAX = 0xffff, /* without scaling */
    BURST = 64,          /* as net.burst has it when it is 0 */
    ACK_EVERY = 8,       /* full segments */
    RTO_FIRST_MS = 1000,
    RTO_MIN_MS = 250,
    TRIES = 4, /* after each other, without an answer; 15 s from the first one */
};

struct tcp_header {
    uint16_t from_port, to_port;
    uint32_t seq, ack;
    uint8_t length, flags; /* length: in the upper 4 bits, in words */
    uint16_t window, checksum, urgent;
    uint8_t options[];
} __attribute__((packed));

static const uint8_t syn_options[] = {MSS,   4,   0,   0,  SACK_PERMITTED, 2, WINDOW_SCALE, 3,
                                      SCALE, END, END, END};
static const uint8_t sack_option[] = {NOP, NOP, SACK, 2};

/* The connection. Numbers of bytes are as they are counted in segments, and wrap. */
static struct {
    struct tcp *tcp; /* whose it is; NULL = closed */
    uint32_t server;
    uint16_t server_port, port;
    uint16_t mss;     /* bytes of data in a segment; in a SYN what we take, then what both do */
    bool open;        /* SYN and SYN-ACK have met */
    bool sack;        /* the server takes selective acknowledgements */
    uint8_t scale;    /* of our window */
    uint8_t scale_in; /* of the server's */
    uint32_t window;  /* the server's: so many bytes may be under way */

    uint32_t una, sent, end; /* first byte not acknowledged; behind the last one that was sent, and
                                that there is */
    uint32_t started, rto;   /* ms: when the timer was started, and how long it runs */
    uint32_t srtt8, var4;    /* of round trips, ms, times 8 and 4 (RFC 6298 section 2) */
    uint8_t tries, repeats;  /* timeouts, and acknowledgements of the same byte, in a row */
    bool timing;             /* what is under way was sent once only */

    bool ack_due;
    uint32_t ack_since; /* ms */
    uint32_t acked, edge; /* what we acknowledged last, and behind the last byte that we let come */
    uint8_t data[TCP_SEND_MAX]; /* from una on */
} c;

/* How many bytes may come from queue.next on. A reader that does not take what comes, and a card
 * with little room, get no more at once than a card holds. */
static uint32_t window(void)
{
    uint32_t room = queue_room(), burst = net.burst;

    if (!burst && queue_held())
        burst = BURST;
    burst *= FRAME_MAX - HEADERS;
    if (burst && room > burst)
        room = burst;
    if (!c.scale && room > WINDOW_MAX)
        room = WINDOW_MAX;
    /* What was promised stays, and it grows by whole segments (RFC 9293 section 3.8.6.2.2). */
    if ((int32_t)(queue.next + room - c.edge) < MSS_DEFAULT)
        room = c.edge - queue.next;
    return room >> c.scale << c.scale;
}

/* Send a segment, with so much of what there is to send. In polling, only if ARP knows the way. */
static void emit(uint8_t flags, uint32_t seq, size_t len)
{
    struct tcp_header *h = (struct tcp_header *)ipv4_tx.payload;
    unsigned blocks = c.sack && !len ? queue.ranges : 0; /* full segments have no room */
    size_t header = sizeof(*h);

    if (blocks > SACK_BLOCKS)
        blocks = SACK_BLOCKS;
    if (flags & SYN)
        header += sizeof(syn_options);
    else if (blocks)
        header += sizeof(sack_option) + blocks * sizeof(struct range);
    if (ipv4_begin(c.server, IPPROTO_TCP, header + len))
        return;
    memset(h, 0, header);
    h->from_port = be16(c.port);
    h->to_port = be16(c.server_port);
    h->seq = be32(seq);
    h->length = (uint8_t)(header << 2);
    h->flags = flags;
    if (flags & ACK)
        h->ack = be32(queue.next);
    if (flags & SYN) {
        memcpy(h->options, syn_options, sizeof(syn_options));
        h->options[2] = c.mss >> 8;
        h->options[3] = (uint8_t)c.mss;
    } else if (blocks) {
        struct range *to = (struct range *)(h->options + sizeof(sack_option));

        memcpy(h->options, sack_option, sizeof(sack_option));
        h->options[3] = (uint8_t)(header - sizeof(*h) - 2);
        for (unsigned i = 0; i < blocks; i++, to++)
            *to = (struct range){be32(queue.range[i].from), be32(queue.range[i].to)};
    }
    if (!(flags & RST)) {
        uint32_t room = window();

        h->window = be16((uint16_t)(room >> c.scale));
        c.edge = queue.next + room;
        c.acked = queue.next;
        c.ack_due = false;
    }
    memcpy((uint8_t *)h + header, c.data + (seq - c.una), len);
    h->checksum =
        (uint16_t)~checksum_add(ipv4_pseudo_sum(&ipv4_tx.ip, header + len), h, header + len);
    ipv4_send();
}

/* Send what there is and the server has room for; with `again`, from the start. */
static void flush(bool again)
{
    if (again) {
        c.sent = c.una;
        c.timing = false;
    }
    if (c.sent == c.una)
        c.started = net_now();
    if (!c.open) {
        emit(SYN, c.una, 0);
        c.sent = c.end;
        return;
    }
    while (c.sent != c.end) {
        uint32_t at = c.sent - c.una, len = c.end - c.sent, room = c.window;

        /* A window of 0 is probed with one byte each time the timer runs out. */
        if (!room && again)
            room = 1;
        if (at >= room)
            break;
        if (len > room - at)
            len = room - at;
        if (len > c.mss)
            len = c.mss;
        emit(ACK | PUSH, c.sent, len);
        c.sent += len;
    }
}

/* What a round trip took, and what that says about the next ones (RFC 6298 section 2). */
static void measure(uint32_t ms)
{
    int32_t error = (int32_t)(ms - (c.srtt8 >> 3));

    if (!c.srtt8) { /* the first one */
        c.srtt8 = 8 * ms;
        c.var4 = 2 * ms;
    } else {
        c.srtt8 += (uint32_t)error;
        c.var4 += (uint32_t)(error < 0 ? -error : error) - (c.var4 >> 2);
    }
    c.rto = (c.srtt8 >> 3) + c.var4;
    if (c.rto < RTO_MIN_MS)
        c.rto = RTO_MIN_MS;
}

/* The options of a SYN-ACK. */
static void take_options(const uint8_t *p, const uint8_t *end)
{
    uint16_t mss = MSS_DEFAULT;

    while (p < end && *p != END) {
        if (*p == NOP) {
            p++;
            continue;
        }
        size_t len = end - p > 1 ? p[1] : 0;
        if (len < 2 || len > (size_t)(end - p))
            break;
        if (*p == MSS && len == 4)
            mss = (uint16_t)(p[2] << 8 | p[3]);
        else if (*p == WINDOW_SCALE && len == 3) {
            c.scale = SCALE;
            c.scale_in = p[2] < SCALE_MAX ? p[2] : SCALE_MAX;
        } else if (*p == SACK_PERMITTED) {
            c.sack = true;
        }
        p += len;
    }
    if (mss < c.mss)
        c.mss = mss > MSS_MIN ? mss : MSS_MIN;
}

/* The answer to our SYN. */
static void take_syn_ack(const struct tcp_header *h, uint32_t seq, uint32_t ack)
{
    if (h->flags & ACK && ack != c.sent) {
        if (!(h->flags & RST)) /* that of a connection before this one */
            emit(RST, ack, 0);
        return;
    }
    if ((h->flags & (ACK | RST)) == (ACK | RST))
        c.tcp->error = E_REFUSED;
    if ((h->flags & (ACK | SYN | RST)) != (ACK | SYN))
        return;
    take_options(h->options, (const uint8_t *)h + (h->length >> 4) * 4);
    queue_start(seq + 1);
    c.edge = seq + 1;
    c.una = ack;
    c.window = be16(h->window); /* not scaled in a SYN */
    c.open = true;
    if (!c.tries)
        measure(net_now() - c.started);
    c.tries = 0;
    c.ack_due = true;
}

/* What the server says that it has. False when it cannot have that (RFC 5961 section 5). */
static bool take_ack(const struct tcp_header *h, uint32_t ack, bool empty)
{
    uint32_t news = ack - c.una, way = c.sent - c.una,
             room = (uint32_t)be16(h->window) << c.scale_in;

    if (news > c.end - c.una)
        return 0u - news <= WINDOW_MAX << SCALE_MAX; /* an old one */
    if (news) {
        if (c.timing)
            measure(net_now() - c.started);
        c.una = ack;
        if ((int32_t)(c.sent - ack) < 0)
            c.sent = ack; /* it was sent before, and taken back */
        memmove(c.data, c.data + news, c.end - ack);
        c.timing = true;
        c.tries = c.repeats = 0;
        c.started = net_now();
    } else if (way && empty && room == c.window && ++c.repeats == 3) {
        c.window = room;
        flush(true); /* fast retransmit (RFC 5681 section 3.2) */
    }
    c.window = room;
    flush(false);
    return true;
}

static void tcp_receive(struct ipv4_header *ip, uint8_t *payload, size_t len)
{
    const struct tcp_header *h = (const struct tcp_header *)payload;
    size_t header;
    uint32_t seq, ack, ahead;

    if (len < sizeof(*h) || !c.tcp || c.tcp->error || ip->from != c.server || ip->to != net.ip ||
        be16(h->from_port) != c.server_port || be16(h->to_port) != c.port)
        return;
    header = (h->length >> 4) * 4u;
    if (header < sizeof(*h) || header > len ||
        checksum_add(ipv4_pseudo_sum(ip, len), h, len) != 0xffff)
        return;
    len -= header;
    seq = be32(h->seq);
    ack = be32(h->ack);
    if (!c.open) {
        take_syn_ack(h, seq, ack);
        return;
    }
    ahead = seq - queue.next;
    if (h->flags & RST && !ahead) {
        c.tcp->error = E_RESET;
        return;
    }
    /* Who only guesses where we are gets an answer that he does not see (RFC 5961), and the server
     * ends a connection that it has forgotten. */
    if (h->flags & (RST | SYN) || (h->flags & ACK && !take_ack(h, ack, !len))) {
        c.ack_due = true;
        return;
    }
    if (!(h->flags & ACK))
        return;
    if ((len || ahead || h->flags & FIN) && !c.ack_due) {
        c.ack_due = true;
        c.ack_since = net_now();
    }
    queue_add(c.tcp, seq, payload + header, len, h->flags & FIN);
    if (c.ack_due && (ahead || queue.ranges || queue.ended ||
                      queue.next - c.acked >= ACK_EVERY * (FRAME_MAX - HEADERS)))
        emit(ACK, c.sent, 0);
}

static void tcp_unreachable(const struct ipv4_header *ip, int error)
{
    const struct tcp_header *h = (const struct tcp_header *)(ip + 1);

    if (c.tcp && !c.open && ip->to == c.server && be16(h->to_port) == c.server_port &&
        be16(h->from_port) == c.port && be32(h->seq) == c.una)
        c.tcp->error = error;
}

static void tcp_tick(void)
{
    if (!c.tcp || c.tcp->error)
        return;
    if (c.una != c.end && net_now() - c.started >= c.rto) {
        if (c.tries++ == TRIES - 1) {
            c.tcp->error = c.open ? E_STALLED : E_TIMEOUT;
            return;
        }
        c.rto *= 2;
        flush(true);
    }
    if (c.ack_due && net_now() != c.ack_since)
        emit(ACK, c.sent, 0);
}

IP_PROTOCOL(tcp) = {IPPROTO_TCP, tcp_receive, tcp_tick, tcp_unreachable};

static bool tcp_answered(void *tcp)
{
    return c.open || ((const struct tcp *)tcp)->error;
}

int tcp_connect(struct tcp *tcp, uint32_t server, uint16_t port)
{
    int rc;

    if (c.tcp)
        tcp_close(c.tcp);
    memset(&c, 0, sizeof(c));
    queue_start(0);
    tcp->error = 0;
    tcp->ended = false;
    c.server = server;
    c.server_port = port;
    c.port = udp_new_port();
    c.mss = (net.mtu ? net.mtu : 1500) - HEADERS;
    c.rto = RTO_FIRST_MS;
    c.una = net_random();
    c.sent = c.una;
    c.end = c.una + 1;
    rc = ipv4_begin(server, IPPROTO_TCP, 0);
    if (rc)
        return rc;
    c.tcp = tcp;
    flush(false);
    rc = net_wait(tcp_answered, tcp, ~0u);
    if (!rc)
        rc = tcp->error;
    if (rc)
        tcp_close(tcp);
    return rc;
}

int tcp_send(struct tcp *tcp, const void *data, size_t len)
{
    int rc;

    if (tcp->error)
        return tcp->error;
    if (c.una != c.end || len > sizeof(c.data))
        return E_TOO_BIG;
    rc = ipv4_begin(c.server, IPPROTO_TCP, 0); /* ARP may have to ask */
    if (rc)
        return rc;
    memcpy(c.data, data, len);
    c.end += len;
    c.timing = true;
    c.tries = c.repeats = 0;
    flush(false);
    return 0;
}

void tcp_resume(struct tcp *tcp)
{
    if (!queue.full)
        return;
    queue.full = false;
    queue_offer(tcp);
    if ((int32_t)(queue.next + window() - c.edge) > 0)
        emit(ACK, c.sent, 0);
}

void tcp_close(struct tcp *tcp)
{
    if (c.tcp != tcp)
        return;
    if (!tcp->error)
        emit(tcp->ended && c.una == c.end ? FIN | ACK : RST | ACK, c.sent, 0);
    c.tcp = NULL;
}
