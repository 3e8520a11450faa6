/* LZMA1 decoder, branch filter and CRC-32. Built twice: for the host (tests, sanitizers) and,
 * position independent, for the prefixes: there it runs from wherever the BIOS put the image, so it
 * may have neither data nor relocations. */
#include "boot/unlzma.h"

#include <stdbool.h>

enum {
    STATES = 12,
    POS_STATES = 16,
    LEN_LOW = 2,
    LEN_MID = LEN_LOW + POS_STATES * 8,
    LEN_HIGH = LEN_MID + POS_STATES * 8,
    LEN_PROBS = LEN_HIGH + 256,
    /* where each group of probabilities starts */
    IS_MATCH = 0,
    IS_REP = IS_MATCH + STATES * POS_STATES,
    IS_REP0 = IS_REP + STATES,
    IS_REP1 = IS_REP0 + STATES,
    IS_REP2 = IS_REP1 + STATES,
    IS_REP0_LONG = IS_REP2 + STATES,
    LEN_CODER = IS_REP0_LONG + STATES * POS_STATES,
    REP_LEN_CODER = LEN_CODER + LEN_PROBS,
    SLOT = REP_LEN_CODER + LEN_PROBS,
    SPECIAL = SLOT + 4 * 64,
    ALIGN = SPECIAL + 128,
    LITERAL = ALIGN + 16,
};

_Static_assert(LITERAL <= 2048, "the probabilities before the literals fit the working memory");

struct decoder {
    const uint8_t *in, *in_end;
    uint32_t range, code;
    uint16_t *probs;
    unsigned lc, lp_mask, pb_mask;
    bool ran_dry;
};

static void normalise(struct decoder *d)
{
    if (d->range >> 24)
        return;
    d->range <<= 8;
    d->code <<= 8;
    if (d->in == d->in_end)
        d->ran_dry = true;
    else
        d->code |= *d->in++;
}

static unsigned get_bit(struct decoder *d, uint16_t *p)
{
    uint32_t bound;

    normalise(d);
    bound = (d->range >> 11) * *p;
    if (d->code < bound) {
        d->range = bound;
        *p += (2048 - *p) >> 5;
        return 0;
    }
    d->range -= bound;
    d->code -= bound;
    *p -= *p >> 5;
    return 1;
}

static unsigned get_tree(struct decoder *d, uint16_t *p, unsigned bits)
{
    unsigned m = 1;

    for (unsigned i = 0; i < bits; i++)
        m = m << 1 | get_bit(d, p + m);
    return m - (1u << bits);
}

static uint32_t get_reverse_tree(struct decoder *d, uint16_t *p, unsigned bits)
{
    unsigned m = 1;
    uint32_t value = 0;

    for (unsigned i = 0; i < bits; i++) {
        unsigned bit = get_bit(d, p + m);

        m = m << 1 | bit;
        value |= bit << i;
    }
    return value;
}

static uint32_t get_direct(struct decoder *d, unsigned bits)
{
    uint32_t value = 0;

    while (bits--) {
        normalise(d);
        d->range >>= 1;
        value <<= 1;
        if (d->code >= d->range) {
            d->code -= d->range;
            value |= 1;
        }
    }
    return value;
}

static unsigned get_length(struct decoder *d, uint16_t *p, unsigned pos_state)
{
    if (!get_bit(d, p))
        return 2 + get_tree(d, p + LEN_LOW + pos_state * 8, 3);
    if (!get_bit(d, p + 1))
        return 10 + get_tree(d, p + LEN_MID + pos_state * 8, 3);
    return 18 + get_tree(d, p + LEN_HIGH, 8);
}

static uint32_t get_distance(struct decoder *d, unsigned len)
{
    unsigned slot = get_tree(d, d->probs + SLOT + (len < 6 ? len - 2 : 3) * 64, 6);
    unsigned bits;
    uint32_t base;

    if (slot < 4)
        return slot;
    bits = slot / 2 - 1;
    base = (2u | (slot & 1)) << bits;
    if (slot < 14)
        return base + get_reverse_tree(d, d->probs + SPECIAL + base - slot, bits);
    base += get_direct(d, bits - 4) << 4;
    return base + get_reverse_tree(d, d->probs + ALIGN, 4);
}

static uint8_t get_literal(struct decoder *d, const uint8_t *out, size_t pos, bool after_match,
                           uint32_t rep0)
{
    unsigned previous = pos ? out[pos - 1] : 0;
    unsigned context = ((pos & d->lp_mask) << d->lc) + (previous >> (8 - d->lc));
    uint16_t *p = d->probs + LITERAL + 0x300 * context;
    unsigned symbol = 1, offset = 0x100, match = after_match ? out[pos - rep0 - 1] : 0;

    if (!after_match)
        offset = 0;
    while (symbol < 0x100) {
        unsigned match_bit, bit;

        match <<= 1;
        match_bit = match & offset;
        bit = get_bit(d, p + offset + match_bit + symbol);
        symbol = symbol << 1 | bit;
        offset &= bit ? match_bit : ~match_bit;
    }
    return (uint8_t)symbol;
}

/* A repeated distance: pick which of the four, move it to the front. True when the match is the
 * single byte at rep[0]. */
static bool get_rep(struct decoder *d, uint32_t *rep, unsigned state, unsigned pos_state)
{
    uint32_t distance;

    if (!get_bit(d, d->probs + IS_REP0 + state))
        return !get_bit(d, d->probs + IS_REP0_LONG + state * POS_STATES + pos_state);
    if (!get_bit(d, d->probs + IS_REP1 + state)) {
        distance = rep[1];
    } else {
        if (!get_bit(d, d->probs + IS_REP2 + state)) {
            distance = rep[2];
        } else {
            distance = rep[3];
            rep[3] = rep[2];
        }
        rep[2] = rep[1];
    }
    rep[1] = rep[0];
    rep[0] = distance;
    return false;
}

/* One match's length, with its distance left in rep[0]; *state moves on. */
static unsigned get_match(struct decoder *d, uint32_t *rep, unsigned *state, unsigned pos_state)
{
    bool after_literal = *state < 7;
    unsigned len;

    if (get_bit(d, d->probs + IS_REP + *state)) {
        if (get_rep(d, rep, *state, pos_state)) {
            *state = after_literal ? 9 : 11;
            return 1;
        }
        *state = after_literal ? 8 : 11;
        return get_length(d, d->probs + REP_LEN_CODER, pos_state);
    }
    rep[3] = rep[2];
    rep[2] = rep[1];
    rep[1] = rep[0];
    *state = after_literal ? 7 : 10;
    len = get_length(d, d->probs + LEN_CODER, pos_state);
    rep[0] = get_distance(d, len);
    return len;
}

static int expand(struct decoder *d, uint8_t *out, size_t out_len)
{
    uint32_t rep[4];
    unsigned state = 0;
    size_t pos = 0;

    rep[0] = rep[1] = rep[2] = rep[3] = 0;
    while (pos < out_len) {
        unsigned pos_state = pos & d->pb_mask, len;

        if (d->ran_dry)
            return -1;
        if (!get_bit(d, d->probs + IS_MATCH + state * POS_STATES + pos_state)) {
            if (state >= 7 && rep[0] >= pos)
                return -1;
            out[pos] = get_literal(d, out, pos, state >= 7, rep[0]);
            pos++;
            state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
            continue;
        }
        len = get_match(d, rep, &state, pos_state);
        if (rep[0] >= pos || len > out_len - pos)
            return -1;
        while (len--) {
            out[pos] = out[pos - rep[0] - 1];
            pos++;
        }
    }
    return d->ran_dry ? -1 : 0;
}

int lzma_expand(const uint8_t *packed, size_t packed_len, uint8_t *out, size_t out_len,
                uint16_t *probs)
{
    struct decoder d;
    unsigned properties, lp, pb;

    if (packed_len < 6)
        return -1;
    properties = packed[0];
    d.lc = properties % 9;
    lp = properties / 9 % 5;
    pb = properties / 45;
    if (pb > 4 || d.lc + lp > 4)
        return -1;
    d.lp_mask = (1u << lp) - 1;
    d.pb_mask = (1u << pb) - 1;
    d.probs = probs;
    d.ran_dry = false;
    d.range = 0xffffffff;
    d.code = (uint32_t)packed[2] << 24 | packed[3] << 16 | packed[4] << 8 | packed[5];
    d.in = packed + 6;
    d.in_end = packed + packed_len;
    for (unsigned i = 0; i < LZMA_PROBS; i++)
        probs[i] = 1024;
    return expand(&d, out, out_len);
}

void branch_unfilter(uint8_t *data, size_t len)
{
    for (size_t i = 0; i + 5 <= len; i++) {
        uint32_t size = (uint32_t)len, at = (uint32_t)i, operand;

        if ((data[i] & 0xfe) != 0xe8)
            continue;
        operand = data[i + 1] | data[i + 2] << 8 | data[i + 3] << 16 | (uint32_t)data[i + 4] << 24;
        if (operand < size)
            operand -= at;
        else if (operand + at < at) /* -at <= operand < 0 */
            operand += size;
        for (unsigned n = 1; n <= 4; n++, operand >>= 8)
            data[i + n] = (uint8_t)operand;
        i += 4;
    }
}

uint32_t crc32_of(const uint8_t *data, size_t len)
{
    uint32_t crc = 0xffffffff;

    while (len--) {
        crc ^= *data++;
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}
