/* SPDX-License-Identifier: BSD-2-Clause */
/* A TCP server on the fake link, at 10.0.0.1, written from the RFCs: one connection at a time. It
 * checks each segment that comes: lengths, checksums, the window that never shrinks, SACK blocks
 * that name only what has arrived. */
#ifndef FAKE_TCP_H
#define FAKE_TCP_H

#include "fake_segment.h"

enum { FAKE_TCP_PORT = 80, FAKE_TCP_STREAM = 4 << 20 };

struct fake_tcp {
    /* Set by the test after fake_tcp_case(). */
    uint32_t first;           /* the server's first sequence number */
    unsigned mss;             /* in its SYN-ACK, 0 = not said */
    int scale;                /* of its window, -1 = not said */
    bool sack;                /* it takes selective acknowledgements */
    unsigned window;          /* as it stands in its segments */
    unsigned segment;         /* bytes of data in each */
    uint32_t burst;           /* bytes under way at most */
    uint32_t delay;           /* ms to the client */
    uint32_t rto;             /* ms until it sends again; 0 = never */
    bool silent;              /* answers nothing */
    bool refuses;             /* answers a SYN with RST */
    bool twice;               /* sends every segment twice */
    bool reorders;            /* every other segment of data comes one ms late */
    unsigned connections_max; /* refuses those after so many; 0 = none */
    /* True: this segment of data (its first byte's place in the stream) is lost; n = how often it
     * was sent before. */
    bool (*lose)(uint32_t at, unsigned n);
    bool (*lose_ack)(const struct fake_segment *s); /* one of the client's */
    /* A connection was made; may be NULL. */
    void (*on_connect)(void);
    /* Data came in order: all of this connection so far, which may be less than is awaited. Answers
     * with fake_tcp_say(), fake_tcp_end() …; may be NULL. */
    void (*on_data)(const uint8_t *data, size_t len);
    /* Sees every segment of the client's first; true = the test has dealt with it. */
    bool (*on_segment)(const struct fake_segment *s);

    /* What was seen. */
    unsigned connections, syns, acks, resent, resets, fins, probes;
    bool open; /* there is a connection */
    uint16_t client_port;
    uint32_t client_next;   /* next byte of the client's stream */
    uint32_t sent, acked;   /* of its own stream: where sending stands, what the client has */
    uint32_t client_window; /* bytes, scaled */
    unsigned client_mss;
    int client_scale;
    bool client_sack;
};
extern struct fake_tcp fake_tcp;

/* Start a case with a server that knows MSS 1460, window scaling and SACK, and says nothing. */
void fake_tcp_case(const char *name);

/* Add to what the server sends on its connection; end it with FIN behind that; reset it. */
void fake_tcp_say(const void *data, size_t len);
void fake_tcp_say_text(const char *text);
void fake_tcp_end(void);
void fake_tcp_reset(void);

/* Send any segment from the server to the client's present port, after its delay; the frame alone,
 * which is at most 1514 bytes long. Returns its length. */
void fake_tcp_send(const struct fake_segment *s);
size_t fake_tcp_frame(uint8_t *frame, const struct fake_segment *s);
/* Tell the server that a test has sent that part of its stream by fake_tcp_send(). */
void fake_tcp_arrives(uint32_t at, uint32_t len);

/* What the server numbers the byte at that place of its stream by. */
uint32_t fake_tcp_seq(uint32_t at);

#endif
