/* SPDX-License-Identifier: BSD-2-Clause */
#include "coder.h"

enum {
    SEEN = 15,      /* a slot's low bits: how much it has seen */
    SURE = 0x7fdf,  /* of a 0, ~SURE of a 1: no bit is impossible */
    SEEN_FIRST = 2, /* so the first bit moves a slot half the way */
    SEEN_MOST = 12,
    FIRST_WEIGHT = 5 << 14,
    WEIGHT_DIGITS = 18, /* binary ones, behind the point */
    LEARNING = 15,      /* the larger, the slower weights follow */
    CURVE_START = 0x160000,
    RANGE_MIN = 1 << 24,
    PRICE_DIGITS = 6, /* binary ones, of prices */
};

/* What a bit is: the bits of a byte so far, with a 1 in front of them, or one of these. Its highest
 * 1 chooses the weights. */
enum {
    NODE_MATCH = 0x100,
    NODE_REPEAT = 0x1000,
    NODE_REPEAT_LENGTH = 0x2000,
    NODE_LENGTH = 0x3000,
    NODE_DISTANCE = 0x4000, /* three of them, by the length */
    NODE_DIGIT = 32,
    DIGITS_MAX = 22, /* of any length or distance in UNPACKED_LIMIT */
};

/* Which bits of the bytes before choose a slot: the last byte is the highest. Bytes and flags have
 * all of them, numbers the last ones. */
static const uint32_t masks[CONTEXTS] = {0xfef00000, 0xff000000, 0xffff0000, 0x00ff0000,
                                         0xe0c0ff00, 0xe0000000, 0};
#define HASH 0x9e3779b1u /* 2^32 over the golden ratio: its products spread evenly */

static unsigned highest_bit(uint32_t value)
{
    return 31 - (unsigned)__builtin_clz(value);
}

static void find_numbers(struct coder *coder, const uint8_t *here)
{
    uint32_t before = here[-4] | here[-3] << 8 | here[-2] << 16 | (uint32_t)here[-1] << 24;

    for (unsigned i = 0; i < CONTEXTS; i++)
        coder->number[i] = ((before & masks[i]) + CONTEXTS - i) * HASH >> (32 - SLOT_BITS);
}

/* What the slots and weights of a bit make of it. */
struct mix {
    int16_t *slot[CONTEXTS];
    int32_t lean[CONTEXTS]; /* the logarithm of a slot's chance of a 0 over that of a 1 */
    int32_t *weight;
    unsigned first; /* of the contexts that count */
    uint32_t zero;  /* the chance of a 0, of 2^32 */
};

static struct mix mix_of(struct coder *coder, unsigned node)
{
    struct mix mix = {.first = node < NODE_REPEAT ? 0 : CONTEXTS - NUMBER_CONTEXTS};
    uint32_t sum = 0;

    mix.weight = coder->model.weight[highest_bit(node)];
    for (unsigned i = mix.first; i < CONTEXTS; i++) {
        mix.slot[i] = &coder->model.slot[coder->number[i] + node];
        mix.lean[i] = coder->stretch[(*mix.slot[i] >> 4) + 2048];
        sum += (uint32_t)(mix.lean[i] * mix.weight[i]);
    }
    mix.zero = coder->squash[((int32_t)sum >> WEIGHT_DIGITS) + SQUASH_SIZE / 2];
    return mix;
}

static void learn(const struct mix *mix, bool bit)
{
    int32_t error = (bit ? 0 : 0x10000) - (int32_t)(mix->zero >> 16);

    for (unsigned i = mix->first; i < CONTEXTS; i++)
        mix->weight[i] += mix->lean[i] * error >> LEARNING;
    for (unsigned i = CONTEXTS; i-- > mix->first;) {
        int seen = *mix->slot[i] & SEEN, value = *mix->slot[i] + (seen < SEEN_MOST);
        int step = (value - (bit ? ~SURE : SURE)) >> highest_bit((unsigned)seen);
        *mix->slot[i] = (int16_t)(value - (step & ~SEEN));
    }
}

/* The logistic function and its inverse, by the same steps as the unpacker. */
static void draw_curve(struct coder *coder)
{
    uint32_t chance = CURVE_START;

    for (unsigned i = 0; i < SQUASH_SIZE / 2 - 2048; i++)
        coder->squash[i] = SEEN_FIRST << 16 | SEEN_FIRST;
    for (int32_t i = 0; i < 4 * (SQUASH_SIZE / 2 + 2048); i++) {
        chance += (uint32_t)((uint64_t)chance * ~chance >> 42);
        coder->squash[SQUASH_SIZE / 2 - 2048 + i / 4] = chance;
        coder->stretch[chance >> 20] = (int16_t)(i / 4 - 2048);
    }
}

static void start(struct coder *coder)
{
    memset(coder, 0, sizeof(*coder));
    for (size_t i = 0; i < sizeof(coder->model.slot) / sizeof(int16_t); i++)
        coder->model.slot[i] = SEEN_FIRST;
    for (unsigned i = 0; i < WEIGHT_SETS; i++)
        for (unsigned j = 0; j < CONTEXTS; j++)
            coder->model.weight[i][j] = FIRST_WEIGHT;
    draw_curve(coder);
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

/* Packs `bit`, or unpacks and returns one: 0 with a chance of `zero` in 2^32. */
static bool code_split(struct coder *coder, uint32_t zero, bool bit)
{
    normalise(coder);
    uint32_t bound = (uint32_t)((uint64_t)coder->range * zero >> 32);
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

/* 64 log2(value), rounded down. Integers alone: every machine has to come to the same bytes. */
static unsigned logarithm(uint32_t value)
{
    unsigned result = highest_bit(value);
    uint64_t mantissa = (uint64_t)value << (31 - result);

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

/* Of a bit that is 0 with a chance of `zero` in 2^32. */
static unsigned bit_price(uint32_t zero, bool bit)
{
    static uint16_t table[0x10000]; /* by probability; 0 = not yet worked out, or none */
    uint16_t *price = &table[bit ? 0x10000 - (zero >> 16) : zero >> 16];

    if (!*price)
        *price = (uint16_t)chance_price((uint32_t)(price - table), 0x10000);
    return *price;
}

static bool code_bit(struct coder *coder, unsigned node, bool bit)
{
    struct mix mix = mix_of(coder, node);

    bit = code_split(coder, mix.zero, bit);
    learn(&mix, bit);
    if (coder->pays)
        coder->paid += bit_price(mix.zero, bit);
    return bit;
}

/* How many digits follow a number's first 1, in unary, and they. */
static uint32_t code_number(struct coder *coder, unsigned node, uint32_t number)
{
    unsigned digits = coder->out ? highest_bit(number) : 0, i = 0;
    uint32_t value = 1;

    while (i < DIGITS_MAX && code_bit(coder, node++, i < digits))
        i++;
    for (digits = i; i--; node += NODE_DIGIT)
        value = 2 * value + code_bit(coder, node + NODE_DIGIT, number >> i & 1);
    return value;
}

static unsigned code_literal(struct coder *coder, unsigned value)
{
    unsigned node = 1;

    while (node < 256) {
        node = 2 * node + code_bit(coder, node, value & 0x80);
        value <<= 1;
    }
    return node - 256;
}

static struct step code_match(struct coder *coder, struct step step)
{
    bool repeated =
        !coder->after_match && code_bit(coder, NODE_REPEAT, step.distance == coder->last_distance);

    if (repeated) {
        step.length = code_number(coder, NODE_REPEAT_LENGTH, step.length);
    } else {
        step.length = code_number(coder, NODE_LENGTH, step.length - 1) + 1;
        coder->last_distance = code_number(
            coder, NODE_DISTANCE + NODE_REPEAT * length_class(step.length), step.distance);
    }
    step.distance = coder->last_distance;
    return step;
}

static struct step code_step(struct coder *coder, const uint8_t *here, struct step step,
                             uint8_t *byte)
{
    bool match;

    find_numbers(coder, here);
    match = code_bit(coder, NODE_MATCH, step.distance);
    if (match)
        step = code_match(coder, step);
    else
        *byte = (uint8_t)code_literal(coder, *byte);
    coder->after_match = match;
    return match ? step : (struct step){1, 0};
}

unsigned length_class(uint32_t length)
{
    length -= MATCH_MIN;
    return length < LENGTH_CLASSES ? length : LENGTH_CLASSES - 1;
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

unsigned distance_slot(uint32_t distance, unsigned *extra_bits)
{
    unsigned top = highest_bit(distance);

    if (top < 2) {
        *extra_bits = 0;
        return distance;
    }
    *extra_bits = top - 1;
    return 2 * top + (distance >> (top - 1) & 1);
}

static void find_flag_prices(struct coder *coder, struct literal_price *price)
{
    uint32_t zero = mix_of(coder, NODE_MATCH).zero;

    price->flag[0] = bit_price(zero, false);
    price->flag[1] = bit_price(zero, true);
}

struct literal_price coder_price(struct coder *coder, const uint8_t *here)
{
    struct literal_price price = {0};
    unsigned node = 1;

    find_numbers(coder, here);
    find_flag_prices(coder, &price);
    for (unsigned bit = 0x80; bit; bit >>= 1) {
        price.byte += bit_price(mix_of(coder, node).zero, *here & bit);
        node = 2 * node + !!(*here & bit);
    }
    return price;
}

void coder_pack(struct coder *coder, const uint8_t *here, struct step step)
{
    uint8_t byte = *here;

    code_step(coder, here, step, &byte);
}

struct literal_price coder_pack_priced(struct coder *coder, const uint8_t *here, struct step step)
{
    struct literal_price price = {0};

    if (step.distance) {
        price = coder_price(coder, here);
    } else {
        find_numbers(coder, here);
        find_flag_prices(coder, &price);
    }
    coder->paid = 0;
    coder->pays = !step.distance;
    coder_pack(coder, here, step);
    coder->pays = false;
    if (!step.distance)
        price.byte = coder->paid - price.flag[0];
    return price;
}
