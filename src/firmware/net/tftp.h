/* TFTP client (RFC 1350, 2347, 2348, 2349, 7440). */
#ifndef NET_TFTP_H
#define NET_TFTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/udp.h"

/* Where a file goes: contiguous memory. */
struct download {
    uint8_t *base; /* the memory, and its size */
    size_t cap;
    bool at_end;    /* put a file of known size to the memory's end, on a page boundary */
    uint8_t *data;  /* where it was put */
    size_t length;  /* bytes received so far; the file's length at the end */
    uint32_t total; /* length the server announced, 0 = it did not */
    /* Called now and then while data arrives, may be NULL. */
    void (*progress)(const struct download *file);
};

/* Fetch a whole file. Asks for blksize, tsize and windowsize, takes what the server grants, and
 * starts again without options when a server rejects them (error 8) or ignores them, and at
 * the memory's start when a file for its end turns out longer than announced. Returns 0,
 * E_NO_ROUTE, E_NO_ARP, E_TIMEOUT (never answered), E_STALLED (no more came, or too little, see
 * tftp_step()), E_SHORT_FILE (ended before its tsize), E_FILE_NOT_FOUND, E_ACCESS, E_TFTP,
 * E_UNREACHABLE, E_PROTOCOL, E_TOO_BIG or E_CANCELLED. */
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
    /* First: receive() gets from it to the rest. Its peer and peer_port (TFTP_PORT, or another)
     * are set before tftp_open(); once the server has answered, the port is that it answers from.
     * Its error is that of the transfer. */
    struct udp_socket socket;

    /* Set before tftp_open(). */
    bool plain;  /* ask for no options */
    bool paced;  /* acknowledge a block only in the tftp_step() after it, so that the server waits
                    for the caller */
    uint8_t *to; /* where the next block goes; a block that is longer than `room` ends the transfer
                    (E_TOO_BIG) */
    size_t room;
    uint32_t option[TFTP_OPTIONS]; /* by enum tftp_option: what to ask for (tsize 0); then what was
                                      granted, tsize 0 = unknown */

    /* tftp.c's own. */
    bool answered, finished, ack_due;
    bool gap;         /* blocks came out of order since the last full window */
    uint8_t ones;     /* how often block 1 came in place of 0 */
    uint32_t blocks;  /* how many came in order; the last one's number, but for: */
    uint32_t skipped; /* how often the server, after 65535, went on with 1 in place of 0 */
    uint32_t acked;   /* `blocks` of the last acknowledgement */
    uint32_t seen;    /* `blocks` when tftp_step() began */
    uint32_t wait_ms; /* before sending again */
    bool early[256];  /* for blocks + n: it stands in its place, though others before it do not */
};

/* Ask for a file and wait for the server's answer: its options, or, when it knows none, the first
 * block (which is stored: give `to` and `room` for 512 bytes beforehand). Returns as tftp_get().
 * `name` is needed during the call only. */
int tftp_open(struct tftp *t, const char *name);

/* Go on until one more block was stored (`to` and `room` have moved behind it) or the file's end:
 * t->finished. In a window it may also return when a block came out of order. Returns as
 * tftp_get(). */
int tftp_step(struct tftp *t);

/* End the transfer, before its end too; rc says why (0, E_CANCELLED, E_TOO_BIG …) and the server is
 * told so where it still sends. May be called in every state. */
void tftp_close(struct tftp *t, int rc);

#endif
