/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "fake_dhcp.h"

struct fake_server fake_servers[FAKE_SERVERS];
struct fake_server *const dhcp = &fake_servers[0], *const proxy = &fake_servers[1];
struct fake_sent fake_sent[64];
unsigned fake_sent_count;
struct dhcp_lease fake_lease;

static uint8_t *option(uint8_t *p, uint8_t tag, const void *value, size_t len)
{
    p[0] = tag;
    p[1] = (uint8_t)len;
    memcpy(p + 2, value, len);
    return p + 2 + len;
}

/* Copies of an answer that the client has to pass over: another transaction, another client, a
 * request, cut off, an ack for another address, and the refusal of a server that was not asked. */
static void send_hostile(const struct fake_server *s, const uint8_t *answer, size_t len,
                         uint16_t port)
{
    static const uint8_t offset[] = {4, 7, 28, 33, 0, 16};
    uint8_t m[1472];

    for (unsigned i = 0; i < 8; i++) {
        memcpy(m, answer, len);
        memcpy(m + 108, "wrong", 6);
        if (i < sizeof(offset))
            m[offset[i]] ^= 3;
        if (i == 5 && m[242] == 2)
            continue; /* another address is another offer */
        if (i == 7) {
            m[242] = 6;
            m[248] ^= 1; /* option 54 */
        }
        fake_udp(s->ip, port, 0xffffffff, 68, m, i == 6 ? 235 : len, s->delay);
    }
}

/* Answer the client's message `request` with type `type` (0 = BOOTP). */
static void answer(const struct fake_server *s, const uint8_t *request, uint8_t type, uint16_t port)
{
    uint8_t m[1472] = {2, 1, 6}, *p = m + 236;
    bool names = type == 2 ? !s->ack_only_file : !s->offer_only_file;

    if (s->from_port)
        port = s->from_port;
    if (s->raw) {
        memcpy(m, s->raw, s->raw_len);
        memcpy(m + 4, request + 4, 4);
        memcpy(m + 28, request + 28, 16);
        fake_udp(s->ip, port, 0xffffffff, 68, m, s->raw_len, s->delay);
        return;
    }
    memcpy(m + 4, request + 4, 4);
    memcpy(m + 28, request + 28, 16);
    if (type != 6)
        memcpy(m + 16, &s->yiaddr, 4);
    memcpy(m + 20, &s->siaddr, 4);
    if (s->sname)
        strncpy((char *)m + 44, s->sname, 64);
    if (s->file && names)
        strncpy((char *)m + 108, s->file, 128);
    if (s->sname_options)
        memcpy(m + 44, s->sname_options, s->sname_options_len);
    if (s->file_options)
        memcpy(m + 108, s->file_options, s->file_options_len);
    if (!s->no_cookie) {
        memcpy(p, "\x63\x82\x53\x63", 4);
        p += 4;
        if (type)
            p = option(p, 53, &type, 1);
        if (type && !s->no_server_id)
            p = option(p, 54, s->poses_as ? &s->poses_as : &s->ip, 4);
        if (s->yiaddr) {
            p = option(p, 1, "\xff\xff\xff", 4);
            p = option(p, 3, "\x0a\0\0\x01", 4);
        }
        if (s->pxe)
            p = option(p, 60, "PXEClient", 9);
        if (s->options_len)
            memcpy(p, s->options, s->options_len);
        p += s->options_len;
        *p++ = 255;
    }
    size_t len = (size_t)(p - m) < 300 ? 300 : (size_t)(p - m);
    if (s->hostile)
        send_hostile(s, m, len, port);
    for (unsigned i = 0; i <= s->repeat; i++)
        fake_udp(s->ip, port, 0xffffffff, 68, m, len, s->delay + (type == 2 ? s->thinks : 0));
}

static void serve_67(struct fake_server *s, const struct fake_sent *m, uint8_t type)
{
    size_t len;
    const uint8_t *id = fake_option(m, 54, &len);

    if (type == 1) {
        s->discovers++;
        if (!s->silent_on_67 && s->discovers > s->deaf)
            answer(s, m->data, s->bootp ? 0 : 2, 67);
    } else if (type == 3 && s->yiaddr && id && len == 4 && !memcmp(id, &s->ip, 4)) {
        s->requests++;
        if (s->requests > s->deaf_requests)
            answer(s, m->data, s->requests - s->deaf_requests <= s->naks ? 6 : 5, 67);
    } else if (type == 3 && s->meddles) {
        answer(s, m->data, s->meddles, 67);
    }
}

static void serve(const struct fake_datagram *d)
{
    struct fake_sent *m = &fake_sent[fake_sent_count];
    size_t len;

    if (d->to_port != 67 && d->to_port != 4011)
        return;
    CHECK(fake_sent_count < 63 && d->len <= sizeof(m->data));
    if (fake_sent_count < 63)
        fake_sent_count++;
    CHECK_EQUAL(d->from_port, 68);
    m->when = fake_now;
    m->to = d->to;
    m->to_port = d->to_port;
    m->len = d->len;
    memcpy(m->data, d->data, d->len);

    const uint8_t *type = fake_option(m, 53, &len);
    if (!CHECK(type != NULL))
        return;
    for (struct fake_server *s = fake_servers; s < fake_servers + FAKE_SERVERS; s++) {
        if (!s->ip || taken() < s->asleep)
            continue;
        if (d->to_port == 4011 && d->to != s->ip && s->meddles) {
            answer(s, m->data, s->meddles, 4011);
        } else if (d->to_port == 67) {
            serve_67(s, m, *type);
        } else if (d->to == s->ip && s->refuses) {
            uint8_t frame[42 + 28];
            s->pxe_requests++;
            /* quotes the headers before the datagram */
            fake_deliver(frame, fake_icmp_frame(frame, 3, 3, d->data - 28, 28), s->delay);
        } else if (d->to == s->ip && ++s->pxe_requests > s->deaf) {
            answer(s, m->data, 5, 4011);
        }
    }
}

const uint8_t *fake_option(const struct fake_sent *m, uint8_t tag, size_t *len)
{
    for (size_t i = 240; i + 1 < m->len && m->data[i] != 255;) {
        if (!m->data[i]) {
            i++;
            continue;
        }
        if (m->data[i] == tag) {
            *len = m->data[i + 1];
            return m->data + i + 2;
        }
        i += 2u + m->data[i + 1];
    }
    return NULL;
}

void fake_dhcp_case(const char *name)
{
    fake_case(name);
    memset(fake_servers, 0, sizeof(fake_servers));
    fake_sent_count = 0;
    fake_on_udp = serve;
}

static int run(bool knows_file)
{
    static struct dhcp_identity me = {
        .uuid = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, .have_uuid = true};

    me.knows_file = knows_file;
    memset(&fake_lease, 0xa5, sizeof(fake_lease));
    return dhcp_configure(&me, &fake_lease);
}

int fake_dhcp_run(void)
{
    return run(false);
}

int fake_dhcp_run_knowing(void)
{
    return run(true);
}

uint32_t taken(void)
{
    return fake_now - 1000;
}

void start(const char *name)
{
    fake_dhcp_case(name);
    dhcp->ip = fake_ip(10, 0, 0, 1);
    dhcp->yiaddr = fake_ip(10, 0, 0, 2);
}

void with_proxy(void)
{
    proxy->ip = fake_ip(10, 0, 0, 5);
    proxy->pxe = true;
}

void options(struct fake_server *s, const uint8_t *raw, size_t len)
{
    s->options = raw;
    s->options_len = len;
}

void expect(uint32_t server, const char *file)
{
    CHECK_EQUAL(fake_dhcp_run(), 0);
    CHECK_EQUAL(fake_lease.boot_server, server);
    CHECK_TEXT(fake_lease.boot_file, file);
}
