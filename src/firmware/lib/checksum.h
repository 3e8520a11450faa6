/* SPDX-License-Identifier: BSD-2-Clause */
/* The Internet checksum (RFC 1071), and that of BIOS structures. */
#ifndef LIB_CHECKSUM_H
#define LIB_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* One's complement sum of `len` bytes on top of `sum` (0, or what an earlier call returned for an
 * even number of bytes), folded to 16 bits. Data that holds its own checksum sums to FFFFh; the
 * checksum to store is ~sum, as it is, without swapping. */
uint32_t checksum_add(uint32_t sum, const void *data, size_t len);

/* Sum of all bytes: 0 for a structure of the BIOS or of PXE that holds its own checksum. */
uint8_t byte_sum(const void *data, size_t len);

#endif
