/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/checksum.h"

#include "lib/string.h"

struct word {
    uint32_t value;
} __attribute__((packed, may_alias));

/* Every byte of a download passes here, so it adds 32 bits at a time; the order of the bytes within
 * a word does not matter to a one's complement sum (RFC 1071 section 2). */
uint32_t checksum_add(uint32_t sum, const void *data, size_t len)
{
    const struct word *word = data;
    uint64_t wide = sum;
    uint32_t tail = 0;

    for (size_t n = len / 32; n; n--, word += 8) {
        wide += word[0].value;
        wide += word[1].value;
        wide += word[2].value;
        wide += word[3].value;
        wide += word[4].value;
        wide += word[5].value;
        wide += word[6].value;
        wide += word[7].value;
    }
    for (size_t n = len / 4 % 8; n; n--)
        wide += word++->value;
    memcpy(&tail, word, len % 4);
    wide += tail;

    /* At most 64 KiB were added, so the upper half is small. */
    sum = (uint32_t)wide;
    sum = (sum >> 16) + (sum & 0xffff) + (uint32_t)(wide >> 32);
    sum = (sum >> 16) + (sum & 0xffff);
    return (sum >> 16) + (sum & 0xffff);
}

uint8_t byte_sum(const void *data, size_t len)
{
    uint8_t sum = 0;

    for (const uint8_t *byte = data; len; len--)
        sum += *byte++;
    return sum;
}
