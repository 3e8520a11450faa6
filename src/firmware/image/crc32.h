/* SPDX-License-Identifier: BSD-2-Clause */
/* The CRC-32 of gzip and xz (ISO 3309). */
#ifndef IMAGE_CRC32_H
#define IMAGE_CRC32_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32(const uint8_t *data, size_t length);

#endif
