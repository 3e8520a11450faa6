/* SPDX-License-Identifier: BSD-2-Clause */
/* A scripted TFTP server on the fake link, at 10.0.0.1. */
#ifndef FAKE_TFTP_H
#define FAKE_TFTP_H

#include "fake_link.h"
#include "net/tftp.h"

struct fake_tftp {
    uint32_t size; /* of the file; its bytes come from fake_tftp_byte() */
    /* Options: what is granted at most (0 = the option is not known), and how the request is
     * received. */
    uint32_t blksize, windowsize;
    bool tsize;
    uint32_t announced; /* as tsize, 0 = the truth */
    uint32_t sends;     /* size of the blocks that really come, 0 = what was granted */
    bool hasty;         /* sends data right behind the OACK, without waiting for its ACK */
    bool oack_always;   /* to requests without options too */
    bool no_options;    /* sends data at once, whatever was asked */
    int refuse;         /* error code for a request with options, -1 = none */
    int error;          /* error code for every request, -1 = none */
    const char *error_text;
    const char *oack; /* raw OACK body instead of all that */
    size_t oack_len;
    uint16_t first;        /* number that follows 65535 */
    uint32_t delay;        /* ms to answer */
    uint32_t timeout;      /* ms until the server sends its window again, 0 = never */
    bool ignores_old_acks; /* repeated ACKs are no reason to send again */
    uint32_t short_window; /* blocks it sends after an ACK from the middle of a window (atftpd), 0 =
                              all */
    bool twice;            /* sends every block twice */
    uint32_t largest;      /* longer blocks are lost on the way; 0 = none is */
    uint32_t stall_after, error_after; /* block after which it stops, or sends error 0; 0 = not */
    /* True: this block (from 1; 0 = OACK) is lost now; n = how many times it was sent before. */
    bool (*lose)(uint32_t block, unsigned n);
    bool (*lose_ack)(uint32_t block, unsigned n); /* the client's */
    unsigned late_every, late_by; /* every so many blocks one comes behind the next late_by */
    uint32_t reply_from;          /* answers come from here, 0 = 10.0.0.1 */
    uint16_t port;                /* its TID */
    /* What was seen. */
    unsigned requests, plain_requests, acks, errors, data_sent, last_error;
    unsigned unknown_tid_errors; /* to other ports or hosts */
    uint32_t acked, highest;
    uint16_t client_port;
    char asked[512]; /* the last request, from the file name on */
    size_t asked_len;
};
extern struct fake_tftp fake_tftp;

/* Start a case with a server that grants everything up to blksize 1468, window 64. */
void fake_tftp_case(const char *name, uint32_t size);
uint8_t fake_tftp_byte(uint32_t offset);

/* Fetch a whole file by TFTP. */
int fake_tftp_get(uint32_t server, const char *name, struct download *file);

/* Open a file "x" of 10.0.0.1 for blocks of at most 1000 bytes, one at a time, which has to work.
 */
struct transfer *fake_tftp_open(bool paced, uint8_t *to, size_t room);

#endif
