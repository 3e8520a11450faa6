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

uint32_t crc32_of(struct span span)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < span.length; i++) {
        crc ^= span.data[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
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
