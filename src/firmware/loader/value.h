/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of variables as text: the types behind the colon of ${name:type}. */
#ifndef LOADER_VALUE_H
#define LOADER_VALUE_H

#include <stddef.h>
#include <stdint.h>

enum value_type {
    TYPE_STRING,
    TYPE_URISTRING, /* percent-encoded (RFC 3986 section 2.1) */
    TYPE_HEXHYP,    /* 52-54-00 */
    TYPE_HEXRAW,    /* 525400 */
    TYPE_HEX,       /* 52:54:00 */
    TYPE_UUID,
    TYPE_IPV4,
    TYPE_UINT, /* in network byte order, of any length; the last four bytes count */
    TYPE_INT,
    TYPES
};

struct value {
    const uint8_t *data;
    uint32_t length;
    unsigned type;
};

/* Their names in that order, for parse_one_of(): numbers have their bits behind it. */
extern const char value_types[];

/* Write a value as text, whose length is not 0. Returns the text's, which may be over cap - 1. */
int value_print(const struct value *value, char *text, size_t cap);

#endif
