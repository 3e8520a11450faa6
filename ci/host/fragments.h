/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests of IPv4 fragments: datagrams, and their fragments. */
#ifndef FRAGMENTS_H
#define FRAGMENTS_H

#include "inbox.h"

enum { ETHERNET = 14, HEADERS = 34, UDP = 8, WAIT_MS = 15000 };

/* A datagram as one frame, which is too long for the wire. */
struct whole {
    uint8_t frame[HEADERS + 66000];
    size_t len; /* behind the IP header */
};
static struct whole a, b;

static void make(struct whole *w, unsigned host, uint16_t id, size_t len)
{
    static uint8_t data[66000];

    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)next_random();
    fake_udp_frame(w->frame, fake_ip(10, 0, 0, host), 6000, net.ip, 5000, data, len - UDP);
    w->len = len;
    w->frame[18] = (uint8_t)(id >> 8);
    w->frame[19] = (uint8_t)id;
}

static size_t cut(const struct whole *w, size_t from, size_t len, bool more)
{
    return fake_fragment(frame, w->frame, from, len, more);
}

static void fragment(const struct whole *w, size_t from, size_t len, bool more)
{
    hear(cut(w, from, len, more));
}

/* The datagram has arrived once, as it was. */
static void must_have(const struct whole *w)
{
    CHECK_EQUAL(received, 1);
    CHECK_EQUAL(last.len, w->len - UDP);
    CHECK_BYTES(last_data, w->frame + HEADERS + UDP, w->len - UDP);
    CHECK(!memcmp(&last.from, w->frame + 26, 4) && !memcmp(&last.to, w->frame + 30, 4));
    received = 0;
}

static void begin(const char *name)
{
    start(name);
    /* The host we sent to last is none of those that the fragments come from. */
    CHECK_EQUAL(udp_send(&inbox, 0xffffffff, 67, "x", 1), 0);
    fake_transmits = 0;
}

#endif
