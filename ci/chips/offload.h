/* SPDX-License-Identifier: BSD-2-Clause */
/* Checksums of IP, TCP and UDP, for chips that look at them or fill them in. */
#ifndef OFFLOAD_H
#define OFFLOAD_H

#include <stddef.h>
#include <stdint.h>

enum { SUM_IP = 1, SUM_TCP = 2, SUM_UDP = 4 };

/* Which checksums the frame has: SUM_IP in IPv4 only, no SUM_TCP and SUM_UDP in a fragment. */
unsigned sums_present(const uint8_t *frame, size_t len);
/* Those of them that are wrong. A UDP checksum of 0 is none, and right. */
unsigned sums_wrong(const uint8_t *frame, size_t len);
/* Fills in those of `which` that the frame has. Returns them. */
unsigned sums_fill(uint8_t *frame, size_t len, unsigned which);

/* Cuts a TCP segment into frames that carry at most `mss` bytes each, with headers and checksums as
 * they must be, and hands them to emit(). A frame of anything else comes out as it is. */
void sums_segment(const uint8_t *frame, size_t len, size_t mss,
                  void (*emit)(uint8_t *frame, size_t len));

#endif
