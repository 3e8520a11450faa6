/* SPDX-License-Identifier: BSD-2-Clause */
/* A TCP connection, shared by the files of TCP. */
#ifndef NET_TCP_CONNECTION_H
#define NET_TCP_CONNECTION_H

#include "net/tcp_queue.h"

enum { END = 0, NOP = 1, MSS = 2, WINDOW_SCALE = 3, SACK_PERMITTED = 4, SACK = 5 }; /* options */
enum { TCP_WINDOW_MAX = 0xffff, TCP_SCALE = 6, RTO_FIRST_MS = 1000 };

/* A header is read and written by words. `control`: its length in words, flags, window. */
struct tcp_header {
    uint32_t ports, seq, ack, control;
    uint16_t checksum, urgent;
    uint32_t options[10];
};
enum { TCP_HEADER = 20, LENGTH_SHIFT = 28 };
enum { FIN = 1 << 16, SYN = 2 << 16, RST = 4 << 16, PUSH = 8 << 16, ACK = 16 << 16 };

/* The connection. Numbers of bytes are as they are counted in segments, and wrap. */
struct connection {
    bool live;               /* not closed */
    uint32_t server, ports;  /* ports: as they stand in what we send */
    bool open;               /* SYN and SYN-ACK have met */
    bool sack;               /* the server takes selective acknowledgements */
    uint8_t scale, scale_in; /* of our window, and of the server's */
    uint8_t tries, repeats;  /* timeouts, and acknowledgements of the same byte, in a row */
    bool ack_due;
    uint32_t ack_since;      /* ms */
    uint32_t acked;          /* what we acknowledged last */
    uint32_t window;         /* the server's: so many bytes may be under way */
    uint32_t una, sent, end; /* first byte not acknowledged; behind the last one that was sent, and
                                that there is */
    uint32_t started, rto;   /* ms: when the timer was started, and how long it runs */
    uint32_t srtt8, var4;    /* of round trips, ms, times 8 and 4 */
    struct queue queue;      /* its tcp: whose connection it is */
    uint8_t data[TCP_SEND_MAX]; /* from una on */
};

/* tcp_send.c. Send a segment, with so much of what there is to send from `seq` on. In polling, only
 * if ARP knows the way. */
void tcp_emit(struct connection *c, uint32_t flags, uint32_t seq, size_t len);

/* Send what there is, as far as the server has room for it. When all of that was acknowledged, or
 * something is lost, it is time to do so again. */
void tcp_flush(struct connection *c);

/* What was sent when the timer was started has been answered: what that says about the next round
 * trips (RFC 6298 section 2). */
void tcp_measure(struct connection *c);

#endif
