/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "fake_tcp.h"

enum { CLIENT_STREAM = 1 << 16, SACKED_LATER = 3 /* duplicates until it sends again */ };

struct fake_tcp fake_tcp;

static uint8_t stream[FAKE_TCP_STREAM], heard[CLIENT_STREAM];
static bool sacked[FAKE_TCP_STREAM + 1];   /* the client says that it has it */
static bool arrived[FAKE_TCP_STREAM + 1];  /* it was sent, and not lost on the way */
static uint8_t times[FAKE_TCP_STREAM + 1]; /* how often it was sent, by its first byte */
static uint32_t length, highest;           /* of the stream; sent up to there */
static bool ends, syn_came;                /* FIN behind it */
static uint32_t client_first, edge, last_heard, rto;
static unsigned duplicates;
static uint32_t recover; /* no second fast retransmission before this place is acknowledged */

uint32_t fake_tcp_seq(uint32_t at)
{
    return fake_tcp.first + 1 + at;
}

size_t fake_tcp_frame(uint8_t *frame, const struct fake_segment *s)
{
    return fake_segment_frame(frame, s, FAKE_TCP_PORT, fake_tcp.client_port);
}

static void send_after(const struct fake_segment *s, uint32_t delay)
{
    uint8_t frame[1600];
    size_t len = fake_tcp_frame(frame, s);

    if (len < 60) { /* as Ethernet pads it */
        memset(frame + len, 0xa5, 60 - len);
        len = 60;
    }
    fake_deliver(frame, len, delay);
    if (fake_tcp.twice)
        fake_deliver(frame, len, delay);
}

void fake_tcp_send(const struct fake_segment *s)
{
    send_after(s, fake_tcp.delay);
}

static void answer(unsigned flags)
{
    fake_tcp_send(&(struct fake_segment){.flags = flags | TCP_ACK,
                                         .seq = fake_tcp_seq(highest),
                                         .ack = fake_tcp.client_next,
                                         .window = fake_tcp.window});
}

/* Send what stands at a place of the stream. Returns where it ends; the FIN is one byte. */
static uint32_t send_at(uint32_t at)
{
    struct fake_segment s = {.flags = TCP_ACK,
                             .seq = fake_tcp_seq(at),
                             .ack = fake_tcp.client_next,
                             .window = fake_tcp.window,
                             .data = stream + at};
    uint32_t len = length - at, end;
    unsigned n = times[at]++;

    if (len > fake_tcp.segment)
        len = fake_tcp.segment;
    for (uint32_t i = 1; i < len; i++)
        if (sacked[at + i])
            len = i;
    s.len = len;
    end = at + len;
    if (end == length && ends) {
        s.flags |= TCP_FIN;
        end++;
    }
    if (n)
        fake_tcp.resent++;
    if (end > highest)
        highest = end;
    if (fake_tcp.lose && fake_tcp.lose(at, n))
        return end;
    memset(arrived + at, 1, end - at);
    send_after(&s, fake_tcp.delay + (fake_tcp.reorders && at / fake_tcp.segment % 2));
    return end;
}

/* Send on, as far as both windows let it. */
static void pump(void)
{
    uint32_t total = length + ends;

    if (fake_tcp.sent < fake_tcp.acked)
        fake_tcp.sent = fake_tcp.acked;
    while (fake_tcp.open && fake_tcp.sent < total) {
        uint32_t under_way = fake_tcp.sent - fake_tcp.acked, room = fake_tcp.client_window;

        if (sacked[fake_tcp.sent]) {
            fake_tcp.sent++;
            continue;
        }
        if (room > fake_tcp.burst)
            room = fake_tcp.burst;
        if (under_way >= room || (room - under_way < fake_tcp.segment &&
                                  room - under_way < total - fake_tcp.sent && under_way))
            break;
        if (fake_tcp.segment > room - under_way) { /* no more than the window has room for */
            unsigned segment = fake_tcp.segment;
            fake_tcp.segment = room - under_way;
            fake_tcp.sent = send_at(fake_tcp.sent);
            fake_tcp.segment = segment;
        } else {
            fake_tcp.sent = send_at(fake_tcp.sent);
        }
    }
}

void fake_tcp_say(const void *data, size_t len)
{
    if (!CHECK(length + len <= sizeof(stream)))
        return;
    memcpy(stream + length, data, len);
    length += (uint32_t)len;
    pump();
}

void fake_tcp_say_text(const char *text)
{
    fake_tcp_say(text, strlen(text));
}

void fake_tcp_end(void)
{
    ends = true;
    pump();
}

void fake_tcp_reset(void)
{
    answer(TCP_RST);
    fake_tcp.open = false;
}

void fake_tcp_arrives(uint32_t at, uint32_t len)
{
    memset(arrived + at, 1, len);
    if (at + len > highest)
        highest = at + len;
}

static const uint8_t *find_option(const struct fake_segment *s, unsigned kind)
{
    const uint8_t *p = s->options, *end = p + s->options_len;

    while (p < end && *p) {
        if (*p == kind)
            return p;
        if (*p != 1 && !CHECK(p + 1 < end && p[1] >= 2 && p + p[1] <= end))
            break;
        p += *p == 1 ? 1 : p[1];
    }
    return NULL;
}

static void send_syn_ack(void)
{
    unsigned window = fake_tcp.scale > 0 ? fake_tcp.window << fake_tcp.scale : fake_tcp.window;
    uint8_t options[12] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, *p = options;

    if (fake_tcp.mss) {
        *p++ = 2;
        *p++ = 4;
        fake_put16(p, fake_tcp.mss);
        p += 2;
    }
    if (fake_tcp.scale >= 0) {
        *p++ = 3;
        *p++ = 3;
        *p++ = (uint8_t)fake_tcp.scale;
    }
    if (fake_tcp.sack) {
        *p++ = 4;
        *p++ = 2;
    }
    fake_tcp_send(&(struct fake_segment){.flags = TCP_SYN | TCP_ACK,
                                         .seq = fake_tcp.first,
                                         .ack = fake_tcp.client_next,
                                         .window = window < 0xffff ? window : 0xffff,
                                         .options = options,
                                         .options_len = sizeof(options)});
    last_heard = fake_now;
}

static void take_syn(const struct fake_segment *s)
{
    const uint8_t *option = find_option(s, 2);

    fake_tcp.client_mss = option && CHECK_EQUAL(option[1], 4) ? fake_get16(option + 2) : 536;
    option = find_option(s, 3);
    fake_tcp.client_scale = option && CHECK_EQUAL(option[1], 3) ? option[2] : -1;
    fake_tcp.client_sack = find_option(s, 4) != NULL;
    memset(sacked, 0, sizeof(sacked));
    memset(arrived, 0, sizeof(arrived));
    memset(times, 0, sizeof(times));
    length = highest = fake_tcp.sent = fake_tcp.acked = recover = 0;
    ends = false;
    syn_came = true;
    duplicates = 0;
    rto = fake_tcp.rto;
    client_first = fake_tcp.client_next = s->seq + 1;
    edge = fake_tcp.client_window = 0;
    send_syn_ack();
}

/* The client may say only of what has come that it has it. */
static void take_sack(const struct fake_segment *s)
{
    const uint8_t *option = find_option(s, 5);

    if (!option)
        return;
    CHECK(fake_tcp.sack);
    CHECK_EQUAL(option[1] % 8, 2);
    for (const uint8_t *p = option + 2; p < option + option[1]; p += 8) {
        uint32_t from = fake_get32(p) - fake_tcp_seq(0), to = fake_get32(p + 4) - fake_tcp_seq(0);

        if (!CHECK(from < to && to <= highest))
            continue;
        for (uint32_t at = from; at < to; at++) {
            if (!arrived[at] && !CHECK(arrived[at]))
                break;
            sacked[at] = true;
        }
    }
}

static void take_ack(const struct fake_segment *s)
{
    uint32_t at = s->ack - fake_tcp_seq(0), window = s->window;

    if (fake_tcp.client_scale > 0 && fake_tcp.scale >= 0)
        window <<= fake_tcp.client_scale;
    if (!CHECK(at <= highest))
        return;
    for (uint32_t i = fake_tcp.acked; i < at; i++)
        CHECK(arrived[i]);
    CHECK((int32_t)(at + window - edge) > -(1 << 14)); /* scaling rounds it down */
    if ((int32_t)(at + window - edge) > 0)
        edge = at + window;
    fake_tcp.client_window = window;
    take_sack(s);
    if (at > fake_tcp.acked) {
        fake_tcp.acked = at;
        duplicates = 0;
        last_heard = fake_now;
        rto = fake_tcp.rto;
        if (at < recover) /* a partial one: the next gap (RFC 6582) */
            send_at(at);
    } else if (at == fake_tcp.acked && at < fake_tcp.sent && !s->len) {
        if (++duplicates == SACKED_LATER && at >= recover) {
            recover = highest;
            send_at(at);
        }
    }
    pump();
}

static void take_data(const struct fake_segment *s)
{
    uint32_t old = fake_tcp.client_next - s->seq, have = fake_tcp.client_next - client_first;

    if (s->len && old <= s->len && old < s->len) {
        size_t len = s->len - old;

        CHECK(s->len <= (fake_tcp.mss ? fake_tcp.mss : 536));
        if (!CHECK(have + len <= sizeof(heard)))
            return;
        memcpy(heard + have, s->data + old, len);
        fake_tcp.client_next += (uint32_t)len;
        answer(0);
        if (fake_tcp.on_data)
            fake_tcp.on_data(heard, have + len);
    } else if (s->len) {
        answer(0);
    }
    if (s->flags & TCP_FIN && s->seq + s->len == fake_tcp.client_next) {
        fake_tcp.fins++;
        fake_tcp.client_next++;
        answer(0);
        fake_tcp.open = fake_tcp.acked < length + ends;
    }
}

static void take_segment(const struct fake_segment *s)
{
    if (fake_tcp.on_segment && fake_tcp.on_segment(s))
        return;
    if (s->flags & TCP_RST) {
        fake_tcp.resets++;
        fake_tcp.open = false;
        return;
    }
    if (fake_tcp.silent || (fake_tcp.lose_ack && fake_tcp.lose_ack(s)))
        return;
    if (s->flags & TCP_SYN) {
        fake_tcp.syns++;
        if (fake_tcp.refuses ||
            (fake_tcp.connections_max && fake_tcp.connections >= fake_tcp.connections_max)) {
            fake_tcp_send(&(struct fake_segment){.flags = TCP_RST | TCP_ACK, .ack = s->seq + 1});
            return;
        }
        fake_tcp.open = false;
        take_syn(s);
        return;
    }
    if (!CHECK(s->flags & TCP_ACK))
        return;
    if (!fake_tcp.open) {
        if (!syn_came || s->ack != fake_tcp_seq(0) || s->seq - client_first > UINT16_MAX)
            return;
        fake_tcp.open = true;
        syn_came = false;
        fake_tcp.connections++;
        last_heard = fake_now;
        if (fake_tcp.on_connect)
            fake_tcp.on_connect();
    }
    fake_tcp.acks++;
    take_ack(s);
    take_data(s);
}

static void take_frame(const uint8_t *frame, size_t len)
{
    struct fake_segment s;

    if (fake_segment_of(&s, frame, len, FAKE_TCP_PORT)) {
        fake_tcp.client_port = s.port;
        take_segment(&s);
    }
}

/* Its timers: what was not acknowledged comes again, and a closed window is probed. */
static void tick(void)
{
    uint32_t total = length + ends;

    if (syn_came && rto && fake_now - last_heard >= rto)
        send_syn_ack();
    if (!fake_tcp.open || !rto || fake_tcp.acked >= total || fake_now - last_heard < rto)
        return;
    last_heard = fake_now;
    rto = rto < 16000 ? rto * 2 : rto;
    duplicates = 0;
    if (!fake_tcp.client_window) {
        fake_tcp.probes++;
        /* One byte that the client has (RFC 9293 section 3.8.4) asks for an answer. */
        fake_tcp_send(&(struct fake_segment){.flags = TCP_ACK,
                                             .seq = fake_tcp_seq(fake_tcp.acked) - 1,
                                             .ack = fake_tcp.client_next,
                                             .window = fake_tcp.window});
        return;
    }
    memset(sacked, 0, sizeof(sacked)); /* RFC 2018 section 8 */
    recover = highest;
    fake_tcp.sent = send_at(fake_tcp.acked);
    pump();
}

void fake_tcp_case(const char *name)
{
    fake_case(name);
    fake_configure();
    fake_on_frame = take_frame;
    fake_on_idle = tick;
    rto = 0;
    fake_tcp = (struct fake_tcp){.first = 1000000,
                                 .mss = 1460,
                                 .scale = 7,
                                 .sack = true,
                                 .window = 502,
                                 .segment = 1460,
                                 .burst = 64 << 10,
                                 .rto = 300};
    length = highest = 0;
    ends = syn_came = false;
}
