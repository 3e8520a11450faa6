/* SPDX-License-Identifier: BSD-2-Clause */
/* What the TCP tests share: a client that fetches a stream from fake_tcp and compares it. */
#ifndef TCP_CLIENT_H
#define TCP_CLIENT_H

#include <string.h>

#include "fake_tcp.h"
#include "lib/errors.h"
#include "net/tcp.h"

enum { SERVER_SAYS = 1 << 20 };

static uint8_t said[SERVER_SAYS], got[SERVER_SAYS];
static size_t got_len, take_max; /* bytes; it takes no more than that in all */
static unsigned receives;

static inline size_t receive(struct tcp *tcp, const uint8_t *data, size_t len)
{
    CHECK(len > 0);
    CHECK(!tcp->error && !tcp->ended);
    receives++;
    if (len > take_max - got_len)
        len = take_max - got_len;
    memcpy(got + got_len, data, len);
    got_len += len;
    return len;
}

static struct tcp tcp = {.receive = receive};

static inline void start(const char *name)
{
    fake_tcp_case(name);
    got_len = receives = 0;
    take_max = sizeof(got);
    for (size_t i = 0; i < sizeof(said); i++)
        said[i] = (uint8_t)(i * 2654435761u >> 24);
}

static inline int connect_to_server(void)
{
    return tcp_connect(&tcp, fake_ip(10, 0, 0, 1), FAKE_TCP_PORT);
}

static inline bool over(void *unused)
{
    return tcp.error || tcp.ended;
}

/* Until the connection's end; CHECKs that all of what the server has said has come. */
static inline void receive_all(size_t len)
{
    int rc = net_wait(over, NULL, 200000);

    CHECK_EQUAL(rc, 0);
    CHECK_EQUAL(tcp.error, 0);
    CHECK_EQUAL(got_len, len);
    CHECK_BYTES(got, said, len);
}

#define SERVER_NEXT fake_tcp_seq(0)

static inline bool never(void *unused)
{
    return false;
}

static inline void connected(const char *name)
{
    start(name);
    CHECK_EQUAL(connect_to_server(), 0);
    net_wait(over, NULL, 5);
    CHECK(fake_tcp.open);
}

/* The connection works, and nothing has got into it. */
static inline void still_works(void)
{
    CHECK_EQUAL(tcp.error, 0);
    CHECK_EQUAL(got_len, 0);
    fake_tcp_say(said, 3000);
    fake_tcp_end();
    receive_all(3000);
    tcp_close(&tcp);
}

#endif
