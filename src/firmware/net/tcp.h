/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP (RFC 9293), the client's side. There is one connection at a time. */
#ifndef NET_TCP_H
#define NET_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TCP_SEND_MAX = 4096 };

/* A connection. Its memory may be used again once tcp_close() has returned. */
struct tcp {
    /* Set before tcp_connect(). Called from net_poll() with what has come next, in order and once;
     * must not wait or send. Returns how many bytes from the front it takes. The rest is kept,
     * which closes the window, and is offered again by tcp_resume(). */
    size_t (*receive)(struct tcp *tcp, const uint8_t *data, size_t len);

    int error; /* why the connection broke: E_RESET, E_STALLED, E_NO_ROUTE …; 0 while it has not */
    bool ended; /* the server sends no more, and receive() has taken all */
};

/* Connect, and wait for it. Port in host byte order. Closes what is connected. Returns 0, E_REFUSED
 * (reset), E_TIMEOUT, E_NO_ROUTE, E_NO_ARP or E_CANCELLED; after an error there is nothing to
 * close. */
int tcp_connect(struct tcp *tcp, uint32_t server, uint16_t port);

/* Send at most TCP_SEND_MAX bytes; repeated until the server has them, without waiting for that.
 * Returns 0, E_TOO_BIG (also while the last ones are under way) or tcp->error. */
int tcp_send(struct tcp *tcp, const void *data, size_t len);

/* Offer receive() again what it did not take. What was kept is gone once the connection broke. */
void tcp_resume(struct tcp *tcp);

/* End the connection at once (RST). Does not wait. */
void tcp_close(struct tcp *tcp);

#endif
