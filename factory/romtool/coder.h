/* SPDX-License-Identifier: BSD-2-Clause */
/* The packed stream of docs/formats.md: a binary range coder, and the probabilities that each bit
 * of a step is coded with. One description serves packing and unpacking. */
#ifndef ROMTOOL_CODER_H
#define ROMTOOL_CODER_H

#include "bytes.h"

/* A literal (length 1, distance 0), or bytes that stood `distance` further up. */
struct step {
    uint32_t length, distance;
};

enum {
    UNREAD = 2,          /* bytes of code and range that tell nothing at the end */
    CONTEXT = 4,         /* bytes before a step that choose slots */
    CONTEXTS = 7,        /* so many choices: a bit of a byte, or a flag, has a slot by each */
    NUMBER_CONTEXTS = 2, /* a bit of a number by each of so many */
    SLOT_BITS = 20,      /* of a slot's number */
    NODES = 0x8000,      /* whatever a bit is, is less */
    WEIGHT_SETS = 16,
    SQUASH_SIZE = 1 << 14,
    MATCH_MIN = 2,       /* a new distance */
    REPEAT_MIN = 1,      /* the distance of the last match again, not right behind it */
    LENGTH_VALUES = 256, /* so many lengths from either have a price */
    SLOTS = 64,
    LENGTH_CLASSES = 3,
};

/* A slot: how far a bit leans to 0 (up to 2047) or to 1 (down to -2047), times 16, and how much it
 * has seen of that. */
struct model {
    int16_t slot[(1 << SLOT_BITS) + NODES]; /* by a hash of bytes before, and what the bit is */
    int32_t weight[WEIGHT_SETS][CONTEXTS];
};

struct coder {
    struct model model;
    uint32_t number[CONTEXTS];    /* of the first slots of this step */
    uint32_t squash[SQUASH_SIZE]; /* a weighted sum's chance, of 2^32 */
    int16_t stretch[4096];        /* a chance's place in that table */
    uint32_t range;
    uint32_t last_distance;
    bool after_match;
    struct buffer *out; /* packing: where the stream goes, NULL when unpacking */
    size_t used;        /* bytes of it */
    uint32_t low;
    bool pays;      /* whether prices of what is packed are added up */
    unsigned paid;  /* their sum */
    struct span in; /* unpacking: the stream; what lies behind it reads as 0 */
    size_t at;      /* goes UNREAD further than a stream is long */
    uint32_t code;
};

/* *out gets its length when packing is finished. */
void coder_start_packing(struct coder *coder, struct buffer *out);
void coder_start_unpacking(struct coder *coder, struct span in);

/* Prices, in 1/64 bit: of a literal without its flag, of its flag and a match's. */
struct literal_price {
    unsigned byte, flag[2];
};
/* Append a step whose first byte is `here`; before it there are CONTEXT readable bytes. */
void coder_pack(struct coder *coder, const uint8_t *here, struct step step);
/* The same. The price of that byte as a literal there; of a step that is none, of one in its place.
 */
struct literal_price coder_pack_priced(struct coder *coder, const uint8_t *here, struct step step);
void coder_finish_packing(struct coder *coder);

/* The next step; a literal's byte goes to *byte. */
struct step coder_unpack(struct coder *coder, const uint8_t *here, uint8_t *byte);

/* After the last step: true when the stream ended with it. */
bool coder_has_ended(struct coder *coder);

/* What a distance costs goes by this, and by how many bits of it stand behind: of new matches of a
 * length of one class. */
unsigned distance_slot(uint32_t distance, unsigned *extra_bits);
unsigned length_class(uint32_t length);

struct literal_price coder_price(struct coder *coder, const uint8_t *here);
/* The same of something that happened `part` times of `whole`; 0 < part <= whole < 2^25. */
unsigned chance_price(uint32_t part, uint32_t whole);

#endif
