/* SPDX-License-Identifier: BSD-2-Clause */
/* The network stack: one interface, polled, IPv4 only. Addresses are in network byte order
 * throughout. Below it stands a struct net_port; above it clients block in net_wait(), or in loops
 * around net_poll() with a deadline. */
#ifndef NET_NET_H
#define NET_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ROUTES_MAX = 1472, DNS_SERVERS = 4, SEARCH_MAX = 1023 };

struct net {
    uint8_t mac[6];
    uint8_t burst; /* as in struct nic, like mtu */
    uint16_t mtu;
    bool checked; /* as in struct nic, for the frame that is being handled */
    bool hurried; /* other cards wait for their turn: do not be patient with this one's network */
    uint32_t ip, mask, gateway; /* 0 = not configured */
    size_t routes_len;
    uint8_t routes[ROUTES_MAX];  /* instead of the gateway, as option 121 has them (RFC 3442) */
    uint32_t dns[DNS_SERVERS];   /* name servers, 0 = none */
    char search[SEARCH_MAX + 1]; /* domains to look names up in, each with its NUL; "" is the end */
    uint32_t noise[4]; /* net_random()'s: add or put in what differs between machines and boots */
};
extern struct net net;

/* Receive and process frames until none waits, at most 64. Returns how many it handled; 0 when
 * called from a receive handler. */
int net_poll(void);

/* The same for one frame; false when none waits. Those behind it stay with the card. */
bool net_poll_frame(void);

/* True while net_poll() runs a receive handler, which must not wait for anything. */
bool net_polling(void);

/* The port's clock: milliseconds; wraps, so compare differences. */
uint32_t net_now(void);

/* Poll until done(context) says so or `ms` have passed. Frames behind the one that did it stay with
 * the card, so that the caller can prepare for them. Returns 0, E_TIMEOUT or E_CANCELLED. */
int net_wait(bool (*done)(void *context), void *context, uint32_t ms);

#endif
