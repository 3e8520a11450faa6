/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests of IPv4 and UDP: a socket on port 5000 that keeps what came last, and a frame for it
 * that tests tamper with. */
#ifndef INBOX_H
#define INBOX_H

#include <string.h>

#include "fake_link.h"
#include "net/udp.h"

enum { LARGEST = 8192 };

static unsigned received;
static struct udp_datagram last;
static uint8_t last_data[LARGEST];
static uint8_t frame[1600];

static void receive(struct udp_socket *socket, const struct udp_datagram *d)
{
    received++;
    last = *d;
    memcpy(last_data, d->data, d->len);
    CHECK(net_polling());
    CHECK_EQUAL(net_poll(), 0);
}

static struct udp_socket inbox = {.port = 5000, .receive = receive};

static inline void start(const char *name)
{
    fake_case(name);
    fake_configure();
    received = 0;
    udp_open(&inbox);
}

/* Let the stack have so much of the frame. */
static inline void hear(size_t len)
{
    fake_deliver(frame, len, 0);
    while (fake_pending())
        net_poll();
}

/* The same; `received` counts from here. */
static inline void deliver(size_t len)
{
    received = 0;
    hear(len);
}

#endif
