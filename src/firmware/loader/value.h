/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of variables as text: the types behind the colon of ${name:type}. */
#ifndef LOADER_VALUE_H
#define LOADER_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_type {
    TYPE_STRING,
    TYPE_URISTRING, /* percent-encoded (RFC 3986 section 2.1) */
    TYPE_HEXHYP,    /* 52-54-00 */
    TYPE_HEXRAW,    /* 525400 */
    TYPE_HEX,       /* 52:54:00 */
    TYPE_UUID,
    TYPE_GUID, /* the same with its first three fields little-endian, as SMBIOS has it */
    TYPE_IPV4,
    TYPE_UINT, /* in network byte order, of any length; the last four bytes count */
    TYPE_INT,
    TYPES
};

struct value {
    const uint8_t *data;
    uint32_t length;
    uint8_t type;
    bool is_text; /* which already shows what an address or a decimal number is */
};

/* The type that a name begins with, TYPES for none: numbers have their bits behind it. */
enum value_type value_type(const char *name);

/* Write a value as text. Returns its length, which may be over cap - 1. */
int value_print(const struct value *value, char *text, size_t cap);

#endif
