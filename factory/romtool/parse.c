/* SPDX-License-Identifier: BSD-2-Clause */
#include "parse.h"

#include <stdlib.h>

/* Places that are looked at for matches of one place: what is further up costs more than it brings.
 */
enum { CHAIN_MAX = 512, NOWHERE = -1, MATCH_MAX = LENGTH_VALUES };

/* Matches of place i: found[first[i]] to found[first[i + 1] - 1], each longer and further away than
 * the one before. */
struct matches {
    size_t *first;
    struct step *found;
    size_t count, room;
};

static size_t common_length(const uint8_t *a, const uint8_t *b, size_t most)
{
    size_t n = 0;

    while (n < most && a[n] == b[n])
        n++;
    return n;
}

static void add_match(struct matches *matches, size_t length, size_t distance)
{
    if (matches->count == matches->room) {
        matches->room = 2 * matches->room + 1024;
        matches->found = reallocarray(matches->found, matches->room, sizeof(*matches->found));
        if (!matches->found)
            abort();
    }
    matches->found[matches->count++] = (struct step){(uint32_t)length, (uint32_t)distance};
}

struct matches *matches_find(const uint8_t *data, size_t length)
{
    struct matches *matches = allocate(sizeof(*matches));
    int32_t *newest = allocate(65536 * sizeof(*newest)),
            *before = allocate(length * sizeof(*before));

    matches->first = allocate((length + 1) * sizeof(*matches->first));
    memset(newest, NOWHERE, 65536 * sizeof(*newest));
    for (size_t i = 0; i < length; i++) {
        size_t most = length - i < MATCH_MAX ? length - i : MATCH_MAX, best = MATCH_MIN - 1;

        matches->first[i] = matches->count;
        if (most < MATCH_MIN)
            continue;
        int32_t *head = &newest[get16(data + i)], at = *head;
        for (unsigned looked = 0; at != NOWHERE && best < most && looked < CHAIN_MAX; looked++) {
            if (data[at + (int32_t)best] == data[i + best]) {
                size_t common = common_length(data + at, data + i, most);
                if (common > best)
                    add_match(matches, best = common, i - (size_t)at);
            }
            at = before[at];
        }
        before[i] = *head;
        *head = (int32_t)i;
    }
    matches->first[length] = matches->count;
    free(newest);
    free(before);
    return matches;
}

void matches_free(struct matches *matches)
{
    free(matches->first);
    free(matches->found);
    free(matches);
}

/* The cheapest way found to a place, one whose last step is a literal and one whose is a match. */
struct arrival {
    uint32_t price, last_distance;
    struct step step;
    bool from_match;
};

struct search {
    const uint8_t *data;
    const struct prices *prices;
    struct arrival (*at)[2];
};

static void arrive(const struct search *search, size_t from, bool from_match, struct step step,
                   uint32_t price)
{
    const struct arrival *start = &search->at[from][from_match];
    struct arrival *end = &search->at[from + step.length][step.distance != 0];

    price += start->price;
    if (price >= end->price)
        return;
    *end = (struct arrival){price, step.distance ? step.distance : start->last_distance, step,
                            from_match};
}

static void try_repeat(const struct search *search, size_t i, size_t left, bool from_match)
{
    const struct prices *prices = search->prices;
    uint32_t distance = search->at[i][from_match].last_distance;
    size_t most = left < LENGTH_VALUES ? left : LENGTH_VALUES, common;

    if (from_match || !distance || distance > i)
        return;
    common = common_length(search->data + i - distance, search->data + i, most);
    for (size_t n = REPEAT_MIN; n <= common; n++)
        arrive(search, i, from_match, (struct step){(uint32_t)n, distance},
               prices->flag[1][i] + prices->repeat[1] + prices->length[1][n - REPEAT_MIN]);
}

static void try_matches(const struct search *search, size_t i, const struct matches *matches,
                        bool from_match)
{
    const struct prices *prices = search->prices;
    uint32_t length = MATCH_MIN, flags = prices->flag[1][i] + (from_match ? 0 : prices->repeat[0]);

    for (size_t m = matches->first[i]; m < matches->first[i + 1]; m++) {
        struct step step = matches->found[m];
        unsigned extra, slot = distance_slot(step.distance, &extra);

        for (; length <= step.length; length++)
            arrive(search, i, from_match, (struct step){length, step.distance},
                   flags + prices->length[0][length - MATCH_MIN] +
                       prices->slot[length_class(length)][slot] + 64 * extra);
    }
}

static size_t walk_back(const struct search *search, size_t length, struct step *steps)
{
    bool match = search->at[length][1].price < search->at[length][0].price;
    size_t count = 0;

    for (size_t i = length; i;) {
        const struct arrival *arrival = &search->at[i][match];
        steps[count++] = arrival->step;
        i -= arrival->step.length;
        match = arrival->from_match;
    }
    for (size_t i = 0; i < count / 2; i++) {
        struct step other = steps[i];
        steps[i] = steps[count - 1 - i];
        steps[count - 1 - i] = other;
    }
    return count;
}

size_t parse(const uint8_t *data, size_t length, const struct matches *matches,
             const struct prices *prices, struct step *steps)
{
    struct search search = {data, prices, allocate((length + 1) * sizeof(*search.at))};
    size_t count;

    for (size_t i = 0; i <= length; i++)
        search.at[i][0].price = search.at[i][1].price = i ? UINT32_MAX : 0;
    search.at[0][1].price = UINT32_MAX;
    for (size_t i = 0; i < length; i++) {
        for (unsigned from_match = 0; from_match < 2; from_match++) {
            if (search.at[i][from_match].price == UINT32_MAX)
                continue;
            arrive(&search, i, from_match, (struct step){1, 0},
                   prices->flag[0][i] + prices->literal[i]);
            try_repeat(&search, i, length - i, from_match);
            try_matches(&search, i, matches, from_match);
        }
    }
    count = walk_back(&search, length, steps);
    free(search.at);
    return count;
}
