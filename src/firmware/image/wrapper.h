/* SPDX-License-Identifier: BSD-2-Clause */
/* Compressed files. Each format is one file with one `struct wrapper`, and one line in
 * image/wrappers.c. */
#ifndef IMAGE_WRAPPER_H
#define IMAGE_WRAPPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/errors.h"

struct wrapper {
    const char *name; /* "gzip" */
    bool (*recognise)(const uint8_t *data, size_t length);
    /* Unpack to at most `cap` bytes at `to`, which does not overlap the file. Returns 0 with their
     * number in *unpacked; E_TOO_BIG when they do not fit; or E_UNPACK, where *unpacked says at
     * which byte of the file. */
    int (*unpack)(const uint8_t *data, size_t length, uint8_t *to, size_t cap, size_t *unpacked);
};

enum { WRAPPERS = 2 };
/* In the order in which they are tried; NULL where a profile leaves one out. */
extern const struct wrapper *const wrappers[WRAPPERS];

#endif
