/* SPDX-License-Identifier: BSD-2-Clause */
#include "bytes.h"

#include <stdio.h>
#include <stdlib.h>

#include "message.h"

uint8_t byte_sum(const uint8_t *data, size_t length)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < length; i++)
        sum += data[i];
    return sum;
}

/* Four bytes at a time: table[n] has what a byte does to the register when n more follow. */
uint32_t crc32_register(uint32_t start, struct span span)
{
    static uint32_t table[4][256]; /* filled at the first call */
    size_t i = 0;

    for (uint32_t byte = 0; !table[3][255]; byte++) {
        uint32_t value = byte;
        for (unsigned bit = 0; bit < 8; bit++)
            value = value >> 1 ^ (value & 1 ? 0xedb88320 : 0);
        table[0][byte] = value;
        if (byte == 255)
            for (unsigned n = 1; n < 4; n++)
                for (unsigned j = 0; j < 256; j++)
                    table[n][j] = table[n - 1][j] >> 8 ^ table[0][table[n - 1][j] & 0xff];
    }
    for (; i + 4 <= span.length; i += 4) {
        start ^= get32(span.data + i);
        start = table[3][start & 0xff] ^ table[2][start >> 8 & 0xff] ^
                table[1][start >> 16 & 0xff] ^ table[0][start >> 24];
    }
    for (; i < span.length; i++)
        start = start >> 8 ^ table[0][(start ^ span.data[i]) & 0xff];
    return start;
}

uint32_t crc32_of(struct span span)
{
    return ~crc32_register(UINT32_MAX, span);
}

long string_length(struct span span, size_t offset)
{
    const uint8_t *end;

    if (offset >= span.length)
        return -1;
    end = memchr(span.data + offset, 0, span.length - offset);
    return end ? (long)(end - (span.data + offset)) : -1;
}

void *allocate(size_t size)
{
    void *memory = calloc(1, size ? size : 1);

    if (!memory)
        exit(complain(STATUS_TROUBLE, NULL, "close other programs", "out of memory"));
    return memory;
}

void buffer_resize(struct buffer *buffer, size_t length)
{
    uint8_t *data = realloc(buffer->data, length ? length : 1);

    if (!data)
        exit(complain(STATUS_TROUBLE, NULL, "close other programs", "out of memory"));
    if (length > buffer->length)
        memset(data + buffer->length, 0, length - buffer->length);
    buffer->data = data;
    buffer->length = length;
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){NULL, 0};
}
