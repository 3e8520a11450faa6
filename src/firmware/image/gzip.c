/* SPDX-License-Identifier: BSD-2-Clause */
/* gzip files (RFC 1952): deflated data (RFC 1951), decoded bit by bit. */
#include "image/crc32.h"
#include "image/wrapper.h"
#include "lib/byteorder.h"
#include "lib/string.h"

enum { MAGIC = 0x00088b1f, MAGIC_MASK = 0x00ffffff, HEADER = 10, TRAILER = 8 };
enum { HAS_CRC = 2, HAS_EXTRA = 4, HAS_NAME = 8, HAS_COMMENT = 16 };
enum { STORED, FIXED, DYNAMIC };
enum { LITERALS = 288, DISTANCES = 32, END_OF_BLOCK = 256, LENGTH_BITS = 15, LONGEST = 258 };

/* Codes of one length follow each other in the order of their symbols (RFC 1951 section 3.2.2). */
struct code {
    uint16_t count[LENGTH_BITS + 1]; /* by length */
    uint16_t symbol[LITERALS + DISTANCES];
};

static struct {
    const uint8_t *next, *end;
    uint8_t *out, *out_start, *out_end;
    uint32_t bits; /* that were read and are not used yet: fewer than 8 */
    unsigned count;
    int error;
} at;
static struct code literals, distances;

static unsigned get_bits(unsigned count)
{
    unsigned value;

    while (at.count < count) {
        if (at.next == at.end) {
            at.error = E_UNPACK;
            return 0;
        }
        at.bits |= (uint32_t)*at.next++ << at.count;
        at.count += 8;
    }
    value = at.bits & ((1u << count) - 1);
    at.bits >>= count;
    at.count -= count;
    return value;
}

static void put(uint8_t byte)
{
    if (at.out == at.out_end)
        at.error = E_TOO_BIG;
    else
        *at.out++ = byte;
}

static void build(struct code *code, const uint8_t *lengths, unsigned count)
{
    uint16_t start[LENGTH_BITS + 1], next = 0;

    memset(code->count, 0, sizeof(code->count));
    for (unsigned i = 0; i < count; i++)
        code->count[lengths[i]]++;
    for (unsigned length = 1; length <= LENGTH_BITS; length++) {
        start[length] = next;
        next += code->count[length];
    }
    for (unsigned i = 0; i < count; i++)
        if (lengths[i])
            code->symbol[start[lengths[i]]++] = (uint16_t)i;
}

/* What no code stands for ends the block. */
static unsigned decode(const struct code *code)
{
    unsigned value = 0, index = 0;

    for (unsigned length = 1; length <= LENGTH_BITS && !at.error; length++) {
        value = value * 2 + get_bits(1);
        if (value < code->count[length])
            return code->symbol[index + value];
        value -= code->count[length];
        index += code->count[length];
    }
    at.error = E_UNPACK;
    return END_OF_BLOCK;
}

/* Lengths and distances: those of 2^step symbols need one more bit each than those before them. */
static unsigned number(unsigned symbol, unsigned step)
{
    unsigned more = symbol >> step;

    if (!more)
        return symbol;
    symbol -= (more - 1) << step;
    return (symbol << (more - 1)) + get_bits(more - 1);
}

static void copy(unsigned symbol)
{
    unsigned length = symbol == 28 ? LONGEST : 3 + number(symbol, 2);
    unsigned distance = decode(&distances);

    if (at.error)
        return;
    distance = 1 + number(distance, 1);
    if (distance > (size_t)(at.out - at.out_start))
        at.error = E_UNPACK;
    while (length-- && !at.error)
        put(at.out[-(int)distance]);
}

static void stored(void)
{
    unsigned length;

    get_bits(at.count & 7);
    length = get_bits(16);
    if (get_bits(16) != (length ^ 0xffff))
        at.error = E_UNPACK;
    while (length-- && !at.error)
        put((uint8_t)get_bits(8));
}

/* Read the codes of a block, which are coded themselves. */
static void read_codes(void)
{
    static const uint8_t order[] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                    11, 4,  12, 3, 13, 2, 14, 1, 15};
    uint8_t lengths[LITERALS + DISTANCES] = {0};
    unsigned first = 257 + get_bits(5), all = first + 1 + get_bits(5), count = 4 + get_bits(4);

    for (unsigned i = 0; i < count; i++)
        lengths[order[i]] = (uint8_t)get_bits(3);
    build(&literals, lengths, 19);
    for (unsigned i = 0; i < all && !at.error;) {
        unsigned symbol = decode(&literals), times = 1;
        uint8_t length = 0;

        if (symbol < 16)
            length = (uint8_t)symbol;
        else if (symbol > 16)
            times = symbol == 17 ? 3 + get_bits(3) : 11 + get_bits(7);
        else if (i) {
            length = lengths[i - 1];
            times = 3 + get_bits(2);
        }
        while (times-- && i < all)
            lengths[i++] = length;
    }
    build(&literals, lengths, first);
    build(&distances, lengths + first, all - first);
}

static void fixed_codes(void)
{
    uint8_t lengths[LITERALS];

    memset(lengths, 8, sizeof(lengths));
    memset(lengths + 144, 9, 256 - 144);
    memset(lengths + 256, 7, 280 - 256);
    build(&literals, lengths, LITERALS);
    memset(lengths, 5, DISTANCES);
    build(&distances, lengths, DISTANCES);
}

static void inflate(void)
{
    unsigned last, symbol;

    at.bits = at.count = 0;
    do {
        last = get_bits(1);
        switch (get_bits(2)) {
        case STORED:
            stored();
            continue;
        case FIXED:
            fixed_codes();
            break;
        case DYNAMIC:
            read_codes();
            break;
        default:
            at.error = E_UNPACK;
        }
        while (!at.error && (symbol = decode(&literals)) != END_OF_BLOCK) {
            if (symbol < END_OF_BLOCK)
                put((uint8_t)symbol);
            else
                copy(symbol - 257);
        }
    } while (!last && !at.error);
}

/* A member: header, data, trailer. */
static void unpack_member(void)
{
    uint8_t flags = at.next[3];
    uint8_t *start = at.out_start = at.out;

    at.next += HEADER;
    at.bits = at.count = 0;
    if (flags & HAS_EXTRA)
        for (unsigned n = get_bits(16); n-- && !at.error;)
            get_bits(8);
    for (unsigned flag = HAS_NAME; flag <= HAS_COMMENT; flag *= 2)
        if (flags & flag)
            while (get_bits(8))
                ;
    if (flags & HAS_CRC)
        get_bits(16);
    inflate();
    if (at.error)
        return;
    if (at.end - at.next < TRAILER || get32(at.next) != crc32(start, (size_t)(at.out - start)) ||
        get32(at.next + 4) != (uint32_t)(at.out - start))
        at.error = E_UNPACK;
    else
        at.next += TRAILER;
}

static bool gzip_recognise(const uint8_t *data, size_t length)
{
    return length >= HEADER + TRAILER && (get32(data) & MAGIC_MASK) == MAGIC;
}

static int gzip_unpack(const uint8_t *data, size_t length, uint8_t *to, size_t cap,
                       size_t *unpacked)
{
    at.next = data;
    at.end = data + length;
    at.out = to;
    at.out_end = to + cap;
    at.error = 0;
    do /* what is behind the last member is no matter */
        unpack_member();
    while (!at.error && gzip_recognise(at.next, (size_t)(at.end - at.next)));
    *unpacked = (size_t)(at.error ? at.next - data : at.out - to);
    return at.error;
}

const struct wrapper gzip_wrapper = {"gzip", gzip_recognise, gzip_unpack};
