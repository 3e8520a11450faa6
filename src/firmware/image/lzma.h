/* SPDX-License-Identifier: BSD-2-Clause */
/* The chunks of LZMA2, as xz files have them. */
#ifndef IMAGE_LZMA_H
#define IMAGE_LZMA_H

#include <stdint.h>

struct lzma {
    const uint8_t *next, *end; /* what is left of the input */
    uint8_t *out, *out_end;    /* where the next byte goes; end of the room */
};

/* Decode all chunks, up to and with the byte that ends them. Returns 0, E_UNPACK or E_TOO_BIG. */
int lzma_chunks(struct lzma *lzma);

#endif
