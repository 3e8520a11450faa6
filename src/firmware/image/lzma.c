/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/lzma.h"

#include <stdbool.h>
#include <stddef.h>

#include "lib/errors.h"
#include "lib/string.h"

/* A chunk's first byte: the end; data as they are, perhaps with nothing before them to refer to;
 * from LZMA on, coded data, with what is reset in bits 5 and 6 and part of the length below. */
enum { CHUNK_END, CHUNK_NEW, CHUNK_PLAIN, CHUNK_LZMA = 0x80 };
enum { RESET_NOTHING, RESET_STATE, RESET_PROPERTIES, RESET_ALL };

enum { STATES = 12, POSITIONS = 16, LITERAL = 0x300, LITERAL_CODERS_LOG = 4 };
enum { STATE_MATCH = 7, STATE_REPEAT = 8, STATE_SHORT_REPEAT = 9 };
enum { EVEN = 1 << 10, PRECISION = 11, ADAPTS = 5, TOP = 1 << 24 };
enum { SLOTS = 64, SLOT_DIRECT = 14, ALIGN_BITS = 4 };

typedef uint16_t chance; /* that a bit is 0 */

struct length_coder {
    chance long_one, longer_one, low[POSITIONS][8], middle[POSITIONS][8], high[256];
};

static struct {
    struct lzma *io;
    uint8_t *start;     /* of what may be referred to */
    const uint8_t *end; /* of the chunk's coded data */
    uint32_t range, code;
    unsigned state, literal_bits, literal_mask, position_mask;
    uint32_t distance[4]; /* the last ones, less 1 */
    bool broken;
    struct chances {
        chance match[STATES][POSITIONS], repeat[STATES], other[STATES], third[STATES],
            fourth[STATES], longer[STATES][POSITIONS];
        chance slot[4][SLOTS], special[128], align[1 << ALIGN_BITS];
        struct length_coder length, repeat_length;
        chance literal[1 << LITERAL_CODERS_LOG][LITERAL];
    } chances;
} at;

static void normalise(void)
{
    if (at.range >= TOP)
        return;
    at.range <<= 8;
    at.code <<= 8;
    if (at.io->next < at.end)
        at.code |= *at.io->next++;
    else
        at.broken = true;
}

static unsigned bit(chance *zero)
{
    uint32_t bound;

    normalise();
    bound = (at.range >> PRECISION) * *zero;
    if (at.code < bound) {
        at.range = bound;
        *zero += ((1 << PRECISION) - *zero) >> ADAPTS;
        return 0;
    }
    at.range -= bound;
    at.code -= bound;
    *zero -= *zero >> ADAPTS;
    return 1;
}

/* A number below `limit`, a power of two; highest bit first. */
static unsigned tree(chance *chances, unsigned limit)
{
    unsigned node = 1;

    while (node < limit)
        node = node * 2 + bit(chances + node);
    return node - limit;
}

/* The same, lowest bit first. */
static unsigned reverse_tree(chance *chances, unsigned bits)
{
    unsigned node = 1, value = 0;

    for (unsigned i = 0; i < bits; i++) {
        unsigned one = bit(chances + node);

        node = node * 2 + one;
        value |= one << i;
    }
    return value;
}

/* Bits that are 0 or 1 alike. */
static uint32_t direct(uint32_t value, unsigned bits)
{
    while (bits--) {
        normalise();
        at.range >>= 1;
        value *= 2;
        if (at.code >= at.range) {
            at.code -= at.range;
            value++;
        }
    }
    return value;
}

static unsigned length_of(struct length_coder *coder, unsigned position)
{
    if (!bit(&coder->long_one))
        return 2 + tree(coder->low[position], 8);
    if (!bit(&coder->longer_one))
        return 10 + tree(coder->middle[position], 8);
    return 18 + tree(coder->high, 256);
}

static uint32_t distance_of(unsigned length)
{
    unsigned slot = tree(at.chances.slot[length < 5 ? length - 2 : 3], SLOTS);
    unsigned bits = (slot >> 1) - 1;
    uint32_t base = 2 | (slot & 1);

    if (slot < 4)
        return slot;
    if (slot < SLOT_DIRECT) /* the nodes of each slot begin behind those of the one before */
        return (base << bits) + reverse_tree(at.chances.special + (base << bits) - slot, bits);
    base = direct(base, bits - ALIGN_BITS) << ALIGN_BITS;
    return base + reverse_tree(at.chances.align, ALIGN_BITS);
}

/* Behind a match, the byte that would have gone on with it is likely to differ. */
static void literal(size_t position)
{
    uint8_t *out = at.io->out;
    unsigned before = position ? out[-1] : 0;
    unsigned coder = (before >> (8 - at.literal_bits)) | (position & at.literal_mask)
                                                             << at.literal_bits;
    chance *chances = at.chances.literal[coder];
    unsigned node = 1, half = 0x100;
    unsigned likely = at.state < STATE_MATCH ? 0 : *(out - at.distance[0] - 1);

    if (at.state < STATE_MATCH)
        half = 0;
    while (node < 0x100) {
        unsigned expected, one;

        likely *= 2;
        expected = likely & half;
        one = bit(chances + half + expected + node);
        node = node * 2 + one;
        if (one != (expected != 0))
            half = 0;
    }
    *at.io->out++ = (uint8_t)node;
    at.state -= at.state < 4 ? at.state : at.state < 10 ? 3 : 6;
}

/* Which of the last distances comes again, as the first of them. Returns the length. */
static unsigned repeat(unsigned position)
{
    unsigned n = 0, state = at.state;
    uint32_t again;

    at.state = state < STATE_MATCH ? STATE_REPEAT : 11;
    if (!bit(&at.chances.other[state])) {
        if (!bit(&at.chances.longer[state][position])) {
            at.state = state < STATE_MATCH ? STATE_SHORT_REPEAT : 11;
            return 1;
        }
    } else if (!bit(&at.chances.third[state])) {
        n = 1;
    } else {
        n = 2 + bit(&at.chances.fourth[state]);
    }
    again = at.distance[n];
    for (; n; n--)
        at.distance[n] = at.distance[n - 1];
    at.distance[0] = again;
    return length_of(&at.chances.repeat_length, position);
}

static unsigned match(unsigned position)
{
    unsigned length = length_of(&at.chances.length, position);

    for (unsigned n = 3; n; n--)
        at.distance[n] = at.distance[n - 1];
    at.distance[0] = distance_of(length);
    at.state = at.state < STATE_MATCH ? STATE_MATCH : 10;
    return length;
}

/* A literal or a match. */
static void step(const uint8_t *end)
{
    uint8_t *out = at.io->out;
    size_t all = (size_t)(out - at.start);
    unsigned position = all & at.position_mask, length;

    if (!bit(&at.chances.match[at.state][position])) {
        literal(all);
        return;
    }
    length = bit(&at.chances.repeat[at.state]) ? repeat(position) : match(position);
    if (at.distance[0] >= all || length > (size_t)(end - out)) {
        at.broken = true;
        return;
    }
    at.io->out = out + length;
    for (; length--; out++)
        *out = *(out - at.distance[0] - 1);
}

static bool set_properties(uint8_t byte)
{
    unsigned rest = byte / 9;

    at.literal_bits = byte % 9;
    at.literal_mask = (1u << rest % 5) - 1;
    at.position_mask = (1u << rest / 5) - 1;
    return byte < 9 * 5 * 5 && at.literal_bits + rest % 5 <= LITERAL_CODERS_LOG;
}

static void reset_state(void)
{
    chance *all = (chance *)&at.chances;

    for (unsigned i = 0; i < sizeof(at.chances) / sizeof(*all); i++)
        all[i] = EVEN;
    at.state = 0;
    memset(at.distance, 0, sizeof(at.distance));
}

static uint32_t take_word(void)
{
    uint32_t word = (uint32_t)at.io->next[0] << 8 | at.io->next[1];

    at.io->next += 2;
    return word;
}

/* A coded chunk of `length` bytes. */
static bool coded(unsigned reset, uint32_t length)
{
    const uint8_t *end = at.io->out + length;
    uint32_t packed = take_word() + 1;

    if (reset >= RESET_PROPERTIES && !set_properties(*at.io->next++))
        return false;
    if (reset >= RESET_STATE)
        reset_state();
    if (packed < 5 || packed > (size_t)(at.io->end - at.io->next))
        return false;
    at.end = at.io->next + packed;
    at.io->next++; /* 0, and nobody looks at it */
    at.code = take_word() << 16;
    at.code |= take_word();
    at.range = UINT32_MAX;
    at.broken = false;
    while (at.io->out < end && !at.broken)
        step(end);
    normalise();
    return !at.broken && at.io->next == at.end;
}

int lzma_chunks(struct lzma *lzma)
{
    unsigned least = RESET_ALL; /* what the next chunk has to reset */

    at.io = lzma;
    while (lzma->next < lzma->end) {
        unsigned kind = *lzma->next++, reset = kind >> 5 & 3;
        uint32_t length;

        if (kind == CHUNK_END)
            return 0;
        if (lzma->end - lzma->next < 5)
            break;
        if (kind == CHUNK_NEW || kind >> 5 == (CHUNK_LZMA >> 5 | RESET_ALL)) {
            at.start = lzma->out;
            if (kind == CHUNK_NEW)
                least = RESET_PROPERTIES;
        }
        length = take_word() + 1;
        if (kind >= CHUNK_LZMA)
            length += (kind & 31) << 16;
        else if (kind > CHUNK_PLAIN)
            break;
        else if (kind == CHUNK_PLAIN && least == RESET_ALL)
            break;
        if (length > (size_t)(lzma->out_end - lzma->out))
            return E_TOO_BIG;
        if (kind >= CHUNK_LZMA) {
            if (reset < least || !coded(reset, length))
                break;
            least = RESET_NOTHING;
            continue;
        }
        if (length > (size_t)(lzma->end - lzma->next))
            break;
        memcpy(lzma->out, lzma->next, length);
        lzma->out += length;
        lzma->next += length;
    }
    return E_UNPACK;
}
