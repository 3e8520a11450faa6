/* SPDX-License-Identifier: BSD-2-Clause */
#include "squeeze.h"

#include <stdlib.h>

#include "filter.h"
#include "parse.h"

enum {
    ROUNDS = 4,       /* of learning prices; further ones bring a few bytes */
    LITERAL_TIME = 6, /* a price for the time that the unpacker takes, longer than for a match */
    BEFORE = CONTEXT, /* zero bytes before the data */
};

/* A packing in progress. */
struct work {
    const uint8_t *data;
    size_t length, count;
    struct step *steps;
    struct prices prices;
    struct coder *coder;
};

static void count_price(uint32_t *prices, const uint32_t *counts, unsigned values)
{
    uint32_t whole = 0;

    for (unsigned i = 0; i < values; i++)
        whole += 8 * counts[i] + 1; /* what was not seen is possible all the same */
    for (unsigned i = 0; i < values; i++)
        prices[i] = chance_price(8 * counts[i] + 1, whole);
}

/* Prices of lengths, slots and repeats, from how often the steps have them. */
static void learn_from_counts(struct work *work)
{
    uint32_t repeat[2] = {0}, length[2][LENGTH_VALUES] = {{0}}, slot[LENGTH_CLASSES][SLOTS] = {{0}};
    uint32_t last_distance = 0;
    bool after_match = false;

    for (size_t i = 0; i < work->count; i++) {
        struct step step = work->steps[i];
        if (step.distance) {
            bool repeated = step.distance == last_distance;
            unsigned extra;
            if (!after_match)
                repeat[repeated]++;
            length[repeated][step.length - (repeated ? REPEAT_MIN : MATCH_MIN)]++;
            if (!repeated)
                slot[length_class(step.length)][distance_slot(step.distance, &extra)]++;
            last_distance = step.distance;
        }
        after_match = step.distance;
    }
    count_price(work->prices.repeat, repeat, 2);
    for (unsigned i = 0; i < 2; i++)
        count_price(work->prices.length[i], length[i], LENGTH_VALUES);
    for (unsigned i = 0; i < LENGTH_CLASSES; i++)
        count_price(work->prices.slot[i], slot[i], SLOTS);
}

static void learn_at(struct work *work, size_t i, struct literal_price price)
{
    work->prices.literal[i] = price.byte + LITERAL_TIME;
    work->prices.flag[0][i] = price.flag[0];
    work->prices.flag[1][i] = price.flag[1];
}

static void pack_steps(struct work *work, struct buffer *packed)
{
    const uint8_t *here = work->data;

    coder_start_packing(work->coder, packed);
    for (size_t i = 0; i < work->count; here += work->steps[i++].length)
        coder_pack(work->coder, here, work->steps[i]);
    coder_finish_packing(work->coder);
}

/* Learns on the way what the steps and others would have cost. */
static void pack_and_learn(struct work *work, struct buffer *packed)
{
    size_t at = 0;

    coder_start_packing(work->coder, packed);
    for (size_t i = 0; i < work->count; i++) {
        learn_at(work, at, coder_pack_priced(work->coder, work->data + at, work->steps[i]));
        for (size_t n = 1; n < work->steps[i].length; n++)
            learn_at(work, at + n, coder_price(work->coder, work->data + at + n));
        at += work->steps[i].length;
    }
    coder_finish_packing(work->coder);
    learn_from_counts(work);
}

/* Prices to begin with. Literals cost half of what they do where there is nothing else: a parse
 * that starts with few matches soon finds those that it is better off with. */
static void guess(struct work *work, struct buffer *packed)
{
    struct prices *prices = &work->prices;

    work->count = work->length;
    for (size_t i = 0; i < work->length; i++)
        work->steps[i] = (struct step){1, 0};
    pack_and_learn(work, packed);
    for (size_t i = 0; i < work->length; i++) {
        prices->literal[i] /= 2;
        prices->flag[0][i] = prices->flag[1][i] = 64;
    }
    prices->repeat[0] = prices->repeat[1] = 64;
    for (unsigned i = 0; i < LENGTH_VALUES; i++)
        prices->length[0][i] = prices->length[1][i] = 64 + chance_price(1, i + 1);
    for (unsigned i = 0; i < LENGTH_CLASSES; i++)
        for (unsigned j = 0; j < SLOTS; j++)
            prices->slot[i][j] = 256;
}

static void find_best(struct work *work, struct buffer *best)
{
    struct matches *matches = matches_find(work->data, work->length);
    struct buffer candidate = {NULL, 0};

    guess(work, best);
    for (unsigned round = 0; round < ROUNDS; round++) {
        work->count = parse(work->data, work->length, matches, &work->prices, work->steps);
        if (round < ROUNDS - 1)
            pack_and_learn(work, &candidate);
        else
            pack_steps(work, &candidate); /* no round is left that could use prices */
        if (candidate.length < best->length) {
            struct buffer loser = *best;
            *best = candidate;
            candidate = loser;
        }
    }
    buffer_free(&candidate);
    matches_free(matches);
}

static void pack(struct span filtered, struct buffer *packed)
{
    uint8_t *data = allocate(BEFORE + filtered.length);
    uint32_t *prices = allocate(3 * filtered.length * sizeof(*prices));
    struct work work = {.data = data + BEFORE, .length = filtered.length};

    memcpy(data + BEFORE, filtered.data, filtered.length);
    work.prices.literal = prices;
    work.prices.flag[0] = prices + filtered.length;
    work.prices.flag[1] = prices + 2 * filtered.length;
    work.steps = allocate(filtered.length * sizeof(*work.steps));
    work.coder = allocate(sizeof(*work.coder));
    find_best(&work, packed);
    free(work.coder);
    free(work.steps);
    free(prices);
    free(data);
}

bool squeeze(struct span plain, struct buffer *packed, struct problem *problem)
{
    struct buffer filtered = {NULL, 0};
    struct buffer check = {NULL, 0};
    bool good;

    if (plain.length == 0 || plain.length > UNPACKED_LIMIT)
        return problem_at(problem, 0, NULL, "payload of %zu bytes cannot be packed", plain.length);
    buffer_resize(&filtered, plain.length);
    memcpy(filtered.data, plain.data, plain.length);
    filter_apply(filtered.data, filtered.length);
    pack(buffer_span(&filtered), packed);
    buffer_free(&filtered);
    good = unsqueeze(buffer_span(packed), plain.length, &check, problem) &&
           memcmp(check.data, plain.data, plain.length) == 0;
    buffer_free(&check);
    return good || problem_at(problem, 0, NULL, "the packed payload does not unpack to itself");
}

/* False when a step reaches over either end. */
static bool decode(struct coder *coder, uint8_t *data, size_t length)
{
    for (size_t at = 0; at < length;) {
        struct step step = coder_unpack(coder, data + at, data + at);

        if (step.length > length - at || step.distance > at)
            return false;
        if (step.distance)
            for (size_t n = 0; n < step.length; n++)
                data[at + n] = data[at + n - step.distance];
        at += step.length;
    }
    return true;
}

bool unsqueeze(struct span packed, size_t length, struct buffer *plain, struct problem *problem)
{
    struct coder *coder;
    bool good;

    if (length == 0 || length > UNPACKED_LIMIT)
        return problem_at(problem, 0, NULL, "unpacked length %zu is not in 1 to %d", length,
                          UNPACKED_LIMIT);
    coder = allocate(sizeof(*coder));
    buffer_resize(plain, BEFORE + length);
    memset(plain->data, 0, BEFORE);
    coder_start_unpacking(coder, packed);
    good = decode(coder, plain->data + BEFORE, length) && coder_has_ended(coder);
    free(coder);
    if (!good)
        return problem_at(problem, 0, NULL, "the packed stream does not unpack to %zu bytes",
                          length);
    memmove(plain->data, plain->data + BEFORE, length);
    buffer_resize(plain, length);
    filter_undo(plain->data, length);
    return true;
}
