/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP segments in frames of the fake link, between the client and 10.0.0.1. */
#ifndef FAKE_SEGMENT_H
#define FAKE_SEGMENT_H

#include "fake_link.h"

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PUSH = 8, TCP_ACK = 16 };
/* A segment: what the server sends, or what it has got. */
struct fake_segment {
    unsigned flags;
    uint32_t seq, ack;
    unsigned window; /* as it stands in the segment */
    uint16_t port;   /* of the client, when it comes from there */
    const uint8_t *options, *data;
    size_t options_len, len; /* options: a multiple of 4, at most 40 */
};

/* Build the frame of a segment to the client, at most 1514 bytes. Returns its length. */
size_t fake_segment_frame(uint8_t *frame, const struct fake_segment *s, unsigned from, unsigned to);
/* Make the checksum of a frame good that was tampered with. */
void fake_segment_fix(uint8_t *frame, size_t len);

/* The segment in a frame of the client's to that port, which is checked: lengths, checksums, what
 * has to be 0. False when it is none. */
bool fake_segment_of(struct fake_segment *s, const uint8_t *frame, size_t len, unsigned port);

/* Numbers as they stand in packets. */
void fake_put16(uint8_t *p, unsigned v);
void fake_put32(uint8_t *p, uint32_t v);
unsigned fake_get16(const uint8_t *p);
uint32_t fake_get32(const uint8_t *p);

#endif
