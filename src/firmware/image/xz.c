/* SPDX-License-Identifier: BSD-2-Clause */
/* xz files (The .xz File Format 1.1): blocks of LZMA2 without further filters. CRC-32 is checked,
 * which the kernel's and other boot files have; other checks are skipped. */
#include "image/crc32.h"
#include "image/lzma.h"
#include "image/wrapper.h"
#include "lib/byteorder.h"
#include "lib/string.h"

enum { STREAM_HEADER = 12, FLAGS_AT = 6, CHECK_CRC32 = 1, CHECK_MAX = 15 };
enum { FILTERS = 3, HAS_PACKED = 0x40, HAS_UNPACKED = 0x80, FILTER_LZMA2 = 0x21 };

static const uint8_t magic[6] = {0xfd, '7', 'z', 'X', 'Z', 0};

/* A number of seven bits in each byte, of which 32 are kept. Returns where it ends. */
static const uint8_t *get_number(const uint8_t *at, const uint8_t *end, uint32_t *number)
{
    unsigned shift = 0;

    *number = 0;
    do {
        if (at >= end)
            return end;
        if (shift < 32)
            *number |= (*at & 0x7fu) << shift;
        shift += 7;
    } while (*at++ & 0x80);
    return at;
}

/* The header of a block: its only filter must be LZMA2. */
static bool good_header(const uint8_t *header, uint32_t size)
{
    const uint8_t *at = header + 2, *end = header + size - 4;
    uint32_t length;

    if (header[1] & FILTERS || get32(end) != crc32(header, size - 4))
        return false;
    if (header[1] & HAS_PACKED)
        at = get_number(at, end, &length);
    if (header[1] & HAS_UNPACKED)
        at = get_number(at, end, &length);
    return at < end && *at == FILTER_LZMA2;
}

/* A block: header, chunks, zeros up to a multiple of 4, check. */
static int unpack_block(struct lzma *lzma, unsigned check)
{
    const uint8_t *header = lzma->next, *start = lzma->out;
    uint32_t size = (*header + 1u) * 4;
    uint32_t check_size = check ? 4u << (check - 1) / 3 : 0;
    int error;

    if (size > (size_t)(lzma->end - header) || !good_header(header, size))
        return E_UNPACK;
    lzma->next += size;
    error = lzma_chunks(lzma);
    if (error)
        return error;
    while ((lzma->next - header) & 3 && lzma->next < lzma->end)
        lzma->next++;
    if (check_size >= (size_t)(lzma->end - lzma->next) ||
        (check == CHECK_CRC32 && get32(lzma->next) != crc32(start, (size_t)(lzma->out - start))))
        return E_UNPACK;
    lzma->next += check_size;
    return 0;
}

static bool xz_recognise(const uint8_t *data, size_t length)
{
    return length > STREAM_HEADER && !memcmp(data, magic, sizeof(magic));
}

static int xz_unpack(const uint8_t *data, size_t length, uint8_t *to, size_t cap, size_t *unpacked)
{
    struct lzma lzma = {data + STREAM_HEADER, data + length, to, to + cap};
    int error = get32(data + 8) == crc32(data + FLAGS_AT, 2) ? 0 : E_UNPACK;
    uint32_t blocks = 0, listed;

    for (; !error && *lzma.next; blocks++) /* the index begins with 0, and how many it lists */
        error = unpack_block(&lzma, data[FLAGS_AT + 1] & CHECK_MAX);
    get_number(lzma.next + 1, lzma.end, &listed);
    if (!error && (listed != blocks || !blocks))
        error = E_UNPACK;
    *unpacked = (size_t)(error ? lzma.next - data : lzma.out - to);
    return error;
}

const struct wrapper xz_wrapper = {"xz", xz_recognise, xz_unpack};
