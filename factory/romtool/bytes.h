/* SPDX-License-Identifier: BSD-2-Clause */
/* Bounded views of bytes and little-endian access; every format here is little-endian. */
#ifndef ROMTOOL_BYTES_H
#define ROMTOOL_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes somebody else owns. */
struct span {
    const uint8_t *data;
    size_t length;
};

/* Bytes owned here; released with buffer_free(). An all-zero buffer is empty and valid. */
struct buffer {
    uint8_t *data;
    size_t length;
};

static inline struct span buffer_span(const struct buffer *buffer)
{
    return (struct span){buffer->data, buffer->length};
}

/* True when `length` bytes at `offset` lie inside the span; no sum here can overflow. */
static inline bool span_has(struct span span, size_t offset, size_t length)
{
    return offset <= span.length && length <= span.length - offset;
}

/* The part of the span from `offset`, at most `length` bytes; empty when it starts outside. */
static inline struct span span_part(struct span span, size_t offset, size_t length)
{
    if (offset >= span.length)
        return (struct span){NULL, 0};
    if (length > span.length - offset)
        length = span.length - offset;
    return (struct span){span.data + offset, length};
}

static inline bool span_equals(struct span span, size_t offset, const void *bytes, size_t length)
{
    return span_has(span, offset, length) && memcmp(span.data + offset, bytes, length) == 0;
}

static inline uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t get32(const uint8_t *at)
{
    return get16(at) | (uint32_t)get16(at + 2) << 16;
}

static inline void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static inline void put32(uint8_t *at, uint32_t value)
{
    put16(at, value);
    put16(at + 2, value >> 16);
}

static inline size_t align_up(size_t value, size_t unit)
{
    return (value + unit - 1) / unit * unit;
}

/* Sum of all bytes mod 256: the checksum of ROM images, PnP headers and identity blocks. */
uint8_t byte_sum(const uint8_t *data, size_t length);

/* CRC-32 (IEEE 802.3), as zlib's; and its bare register, from a start of one's own and not
 * inverted. */
uint32_t crc32_of(struct span span);
uint32_t crc32_register(uint32_t start, struct span span);

/* Length of the NUL-terminated string at `offset`; -1 when it has no end inside the span. */
long string_length(struct span span, size_t offset);

/* Memory of the tool's own making; both end the program when there is none. */
void *allocate(size_t size);
void buffer_resize(struct buffer *buffer, size_t length);
void buffer_free(struct buffer *buffer);

#endif
