/* SPDX-License-Identifier: BSD-2-Clause */
/* How to pack bytes: as which literals and matches. */
#ifndef ROMTOOL_PARSE_H
#define ROMTOOL_PARSE_H

#include "coder.h"

/* What steps cost, learned from packing with others. Prices are in 1/64 bit. */
struct prices {
    uint32_t *literal,
        *flag[2];       /* by place: a literal without its flag; flags of literal and match */
    uint32_t repeat[2]; /* when the last step was a literal: new distance, repeated */
    uint32_t length[2][LENGTH_VALUES];
    uint32_t slot[LENGTH_CLASSES][SLOTS];
};

/* For each place, the nearest match of each length: finding them costs more than all the rest. */
struct matches;
struct matches *matches_find(const uint8_t *data, size_t length);
void matches_free(struct matches *matches);

/* The cheapest steps for `length` bytes at `data`. Returns their number; `steps` has room for
 * `length`. */
size_t parse(const uint8_t *data, size_t length, const struct matches *matches,
             const struct prices *prices, struct step *steps);

#endif
