/* SPDX-License-Identifier: BSD-2-Clause */
#include "coder.h"

enum {
    ONE = 1 << 12, /* a chance of 1 */
    SEEN = 15,     /* a slot's low bits: how much it has seen */
    SURE = 0x7fef, /* of a 0, ~SURE of a 1: no bit is impossible */
    SEEN_FIRST = 2,
    SEEN_MIXED = 7, /* where counting ends: half of it is how slowly a slot follows */
    SEEN_SINGLE = 10,
    DOUBT = 256, /* added to the squares of chances: what a slot that knows nothing weighs */
    MIXED = 7,
    TWICE = 3, /* so many of them */
    RANGE_MIN = 1 << 24,
    PRICE_DIGITS = 6, /* binary ones, of prices */
};

/* Which bits of the bytes before choose a mixed slot: the last byte is the highest. */
static const uint32_t masks[MIXED] = {0xfef00000, 0xff000000, 0xffff0000, 0x00ff0000,
                                      0xe0000000, 0xe0c0ff00, 0x00c0ff00};
#define HASH 0x9e3779b1u /* 2^32 over the golden ratio: its products spread evenly */

/* The slots that tell a bit together. The first ones count twice. */
struct mix {
    int16_t *slot[MIXED];
    unsigned count;
};

static struct mix mix_at(struct model *model, const uint8_t *here, unsigned node)
{
    uint32_t before = here[-4] | here[-3] << 8 | here[-2] << 16 | (uint32_t)here[-1] << 24;
    struct mix mix = {.count = MIXED};

    for (unsigned i = 0; i < MIXED; i++) {
        uint32_t number = ((before & masks[i]) ^ masks[i] >> 3) * HASH >> (32 - MIXED_BITS);
        mix.slot[i] = &model->mixed[number ^ node];
    }
    return mix;
}

/* The chance that the bit is 0, of ONE: a slot weighs the more, the surer it is and the more it has
 * seen. */
static uint32_t chance(struct mix mix)
{
    int32_t sum = 0, whole = 0;
    unsigned i = 0;

    do {
        int32_t lean = *mix.slot[i] >> 4;
        int32_t weight = ((lean * lean >> 11) + DOUBT) * (*mix.slot[i] & SEEN);

        weight <<= mix.count == MIXED && i < TWICE;
        sum += weight * lean;
        whole += weight;
    } while (++i < mix.count);
    return (uint32_t)(ONE / 2 + sum / whole);
}

static void adapt(int16_t *slot, bool bit, int limit)
{
    int seen = *slot & SEEN, value = *slot;

    value -= (value - (bit ? ~SURE : SURE)) >> seen / 2;
    *slot = (int16_t)((value & ~SEEN) | (seen + (seen < limit)));
}

static void fill(int16_t *slots, size_t size)
{
    for (size_t i = 0; i < size / sizeof(*slots); i++)
        slots[i] = SEEN_FIRST;
}

static void start(struct coder *coder)
{
    memset(coder, 0, sizeof(*coder));
    fill((int16_t *)&coder->model, sizeof(coder->model));
    coder->range = UINT32_MAX;
}

void coder_start_packing(struct coder *coder, struct buffer *out)
{
    start(coder);
    coder->out = out;
}

static uint8_t next_byte(struct coder *coder)
{
    return coder->at < coder->in.length ? coder->in.data[coder->at++] : (coder->at++, 0);
}

void coder_start_unpacking(struct coder *coder, struct span in)
{
    start(coder);
    coder->in = in;
    for (unsigned i = 0; i < sizeof(coder->code); i++)
        coder->code = coder->code << 8 | next_byte(coder);
}

static void put_byte(struct coder *coder)
{
    if (coder->used == coder->out->length)
        buffer_resize(coder->out, 2 * coder->used + 1024);
    coder->out->data[coder->used++] = (uint8_t)(coder->low >> 24);
    coder->low <<= 8;
}

static void carry(struct coder *coder)
{
    for (size_t i = coder->used; i-- && ++coder->out->data[i] == 0;)
        ;
}

static void normalise(struct coder *coder)
{
    while (coder->range < RANGE_MIN) {
        coder->range <<= 8;
        if (coder->out)
            put_byte(coder);
        else
            coder->code = coder->code << 8 | next_byte(coder);
    }
}

/* Packs `bit`, or unpacks and returns one: 0 with a chance of `zero` in ONE. */
static bool code_split(struct coder *coder, uint32_t zero, bool bit)
{
    normalise(coder);
    uint32_t bound = (coder->range >> 12) * zero;
    if (!coder->out)
        bit = coder->code >= bound;
    if (!bit) {
        coder->range = bound;
        return bit;
    }
    coder->range -= bound;
    coder->code -= bound;
    coder->low += bound;
    if (coder->out && coder->low < bound)
        carry(coder);
    return bit;
}

static bool code_bit(struct coder *coder, struct mix mix, int limit, bool bit)
{
    bit = code_split(coder, chance(mix), bit);
    for (unsigned i = 0; i < mix.count; i++)
        adapt(mix.slot[i], bit, limit);
    return bit;
}

static bool code_mixed(struct coder *coder, const uint8_t *here, unsigned node, bool bit)
{
    return code_bit(coder, mix_at(&coder->model, here, node), SEEN_MIXED, bit);
}

static bool code_single(struct coder *coder, int16_t *slot, bool bit)
{
    return code_bit(coder, (struct mix){{slot}, 1}, SEEN_SINGLE, bit);
}

/* A value by the tree of its bits, the highest first. */
static unsigned code_tree(struct coder *coder, int16_t *tree, unsigned values, unsigned value)
{
    unsigned node = 1;

    for (unsigned bit = values >> 1; bit; bit >>= 1)
        node = 2 * node + code_single(coder, &tree[node], value & bit);
    return node - values;
}

static unsigned code_literal(struct coder *coder, const uint8_t *here, unsigned value)
{
    unsigned node = 1;

    while (node < 256) {
        node = 2 * node + code_mixed(coder, here, node, value & 0x80);
        value <<= 1;
    }
    return node - 256;
}

unsigned length_class(uint32_t length)
{
    length -= MATCH_MIN;
    return length < LENGTH_CLASSES ? length : LENGTH_CLASSES - 1;
}

unsigned distance_slot(uint32_t distance, unsigned *extra_bits)
{
    unsigned top = 0;

    distance--;
    for (*extra_bits = 0; distance >> top > 3;)
        top++;
    *extra_bits = top;
    return 2 * top + (distance >> top);
}

static uint32_t code_distance(struct coder *coder, uint32_t length, uint32_t distance)
{
    unsigned extra = 0, slot = coder->out ? distance_slot(distance, &extra) : 0;

    slot = code_tree(coder, coder->model.slot[length_class(length)], SLOTS, slot);
    extra = slot < 4 ? 0 : slot / 2 - 1;
    uint32_t value = slot < 4 ? slot : 2 + slot % 2;
    while (extra--)
        value = 2 * value + code_split(coder, ONE / 2, (distance - 1) >> extra & 1);
    return value + 1;
}

static struct step code_step(struct coder *coder, const uint8_t *here, struct step step,
                             uint8_t *byte)
{
    struct model *model = &coder->model;
    bool match = code_mixed(coder, here, 0, step.distance), repeated;

    if (!match) {
        *byte = (uint8_t)code_literal(coder, here, *byte);
        coder->after_match = false;
        return (struct step){1, 0};
    }
    repeated = code_single(coder, &model->repeat[coder->after_match],
                           step.distance == coder->last_distance);
    unsigned least = repeated ? REPEAT_MIN : MATCH_MIN;
    step.length =
        least + code_tree(coder, model->length[repeated], LENGTH_VALUES, step.length - least);
    if (!repeated)
        coder->last_distance = code_distance(coder, step.length, step.distance);
    coder->after_match = true;
    step.distance = coder->last_distance;
    return step;
}

void coder_pack(struct coder *coder, const uint8_t *here, struct step step)
{
    uint8_t byte = *here;

    code_step(coder, here, step, &byte);
}

void coder_finish_packing(struct coder *coder)
{
    /* Two bytes, with whatever follows them, lie in the range: it has 2^24 values or more. */
    normalise(coder);
    coder->low += 0xffff;
    if (coder->low < 0xffff)
        carry(coder);
    put_byte(coder);
    put_byte(coder);
    buffer_resize(coder->out, coder->used);
}

struct step coder_unpack(struct coder *coder, const uint8_t *here, uint8_t *byte)
{
    *byte = 0;
    return code_step(coder, here, (struct step){0, 0}, byte);
}

bool coder_has_ended(struct coder *coder)
{
    normalise(coder);
    return coder->at == coder->in.length + UNREAD;
}

/* 64 log2(value), rounded down. Integers alone: every machine has to come to the same bytes. */
static unsigned logarithm(uint32_t value)
{
    unsigned result = 0;
    uint64_t mantissa = value;

    while (value >>= 1)
        result++;
    mantissa <<= 31 - result;
    for (unsigned i = 0; i < PRICE_DIGITS; i++) {
        mantissa = mantissa * mantissa >> 31;
        result = 2 * result + (unsigned)(mantissa >> 32);
        mantissa >>= mantissa >> 32;
    }
    return result;
}

unsigned chance_price(uint32_t part, uint32_t whole)
{
    return logarithm(whole) - logarithm(part);
}

static unsigned mix_price(struct mix mix, bool bit)
{
    static uint16_t table[ONE]; /* by probability; 0 = not yet worked out, or none */
    uint32_t zero = chance(mix);
    uint16_t *price = &table[bit ? ONE - zero : zero];

    if (!*price)
        *price = (uint16_t)chance_price((uint32_t)(price - table), ONE);
    return *price;
}

unsigned coder_flag_price(const struct coder *coder, const uint8_t *here, bool match)
{
    return mix_price(mix_at((struct model *)&coder->model, here, 0), match);
}

unsigned coder_literal_price(const struct coder *coder, const uint8_t *here)
{
    unsigned price = 0, node = 1;

    for (unsigned bit = 0x80; bit; bit >>= 1) {
        price += mix_price(mix_at((struct model *)&coder->model, here, node), *here & bit);
        node = 2 * node + !!(*here & bit);
    }
    return price;
}
