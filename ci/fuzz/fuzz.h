/* SPDX-License-Identifier: BSD-2-Clause */
/* What fuzz targets share: reading the input piece by piece. What holds whatever it is they
 * CHECK(). */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is left of the input. At its end come zeros. */
struct input {
    const uint8_t *data;
    size_t left;
};

static inline uint8_t take(struct input *in)
{
    if (!in->left)
        return 0;
    in->left--;
    return *in->data++;
}

static inline uint16_t take16(struct input *in)
{
    uint16_t low = take(in);

    return (uint16_t)(low | take(in) << 8);
}

/* At most `len` bytes of it; returns how many. */
static inline size_t take_bytes(struct input *in, void *to, size_t len)
{
    if (len > in->left)
        len = in->left;
    if (len)
        memcpy(to, in->data, len);
    in->data += len;
    in->left -= len;
    return len;
}

#endif
