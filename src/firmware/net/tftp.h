/* TFTP client (RFC 1350, 2347, 2348, 2349, 7440). */
#ifndef NET_TFTP_H
#define NET_TFTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/udp.h"

/* Where a file goes: contiguous memory. */
struct download {
    uint8_t *base;
    size_t cap;    /* bytes at base */
    size_t length; /* bytes received so far; the file's length at the end */
    size_t total;  /* length the server announced, 0 = it did not */
    /* Called when `total` becomes known, before any data (may move base/cap; a negative result ends
     * the transfer with it), may be NULL. */
    int (*announce)(struct download *file);
    /* Called now and then while data arrives, may be NULL. */
    void (*progress)(const struct download *file);
};

/* Fetch a whole file. Asks for blksize, tsize and windowsize, takes what the server grants, and
 * starts again without options when a server rejects them (error 8) or ignores them. Returns 0,
 * E_NO_ROUTE, E_NO_ARP, E_TIMEOUT (never answered), E_STALLED, E_FILE_NOT_FOUND, E_ACCESS, E_TFTP,
 * E_PROTOCOL, E_TOO_BIG or E_CANCELLED. */
int tftp_get(uint32_t server, const char *name, struct download *file);

/* Text the server sent with its last error packet, "" when none; for print(). */
const char *tftp_server_message(void);

/* The same, in the caller's own pace. */
enum { TFTP_BLKSIZE = 1468 /* fills an Ethernet frame */, TFTP_WINDOWSIZE = 64, TFTP_PORT = 69 };

/* The largest block that goes in one packet: TFTP_BLKSIZE, or less on a network card with a smaller
 * MTU. */
uint32_t tftp_block_limit(void);

enum tftp_option { TFTP_OPT_TSIZE, TFTP_OPT_BLKSIZE, TFTP_OPT_WINDOWSIZE, TFTP_OPTIONS };

struct tftp {
    struct udp_socket socket; /* first: receive() gets from it to the rest */

    /* Set before tftp_open(). */
    uint32_t server;
    uint16_t server_port; /* TFTP_PORT, or another; once the server has answered, the port it
                             answers from */
    bool plain;           /* ask for no options */
    bool paced;  /* acknowledge a block only in the tftp_step() after it, so that the server waits
                    for the caller */
    uint8_t *to; /* where the next block goes; a block that is longer than `room` ends the transfer
                    (E_TOO_BIG) */
    size_t room;
    uint32_t option[TFTP_OPTIONS]; /* by enum tftp_option: what to ask for (tsize 0); then what was
                                      granted, tsize 0 = unknown */

    /* tftp.c's own. */
    bool answered, finished, ack_due;
    uint16_t block;    /* number of the last block that came in order */
    uint16_t first;    /* number that follows 65535: 0, or 1 with some servers */
    uint16_t unacked;  /* blocks since the last acknowledgement */
    uint16_t patience; /* before another gap is reported; see take_ahead() */
    bool hurry;        /* a gap was reported: the server's window may end before ours */
    uint8_t ones;      /* how often block 1 came in place of 0 */
    uint32_t blocks;   /* how many came in order: block, without wrapping */
    uint32_t seen;     /* `blocks` when tftp_step() began */
    uint32_t wait_ms;  /* before sending again */
    int error;
};

/* Ask for a file and wait for the server's answer: its options, or, when it knows none, the first
 * block (which is stored: give `to` and `room` for 512 bytes beforehand). Returns as tftp_get().
 * `name` is needed during the call only. */
int tftp_open(struct tftp *t, const char *name);

/* Go on until at least one more block was stored (`to` and `room` have moved behind it) or the
 * file's end: t->finished. Returns as tftp_get(). */
int tftp_step(struct tftp *t);

/* End the transfer, before its end too; rc says why (0, E_CANCELLED, E_TOO_BIG …) and the server is
 * told so where it still sends. May be called in every state. */
void tftp_close(struct tftp *t, int rc);

#endif
