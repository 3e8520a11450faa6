/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing JSON: two spaces per level, keys in the order written. */
#ifndef ROMTOOL_JSON_H
#define ROMTOOL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct json {
    FILE *out;
    int depth;
    bool has_members[16]; /* per level, so that commas come between members */
};

/* Opens an object ('{') or array ('['); `key` is NULL inside an array and at the top. */
void json_open(struct json *json, const char *key, char bracket);
void json_close(struct json *json, char bracket);

/* Any bytes up to `length`; those outside printable ASCII are written as \u00XX. */
void json_bytes(struct json *json, const char *key, const char *text, size_t length);

/* The same for a key of any bytes. */
void json_member(struct json *json, const char *key, size_t key_length, const char *text,
                 size_t length);
void json_text(struct json *json, const char *key, const char *text);
void json_number(struct json *json, const char *key, long long value);
void json_bool(struct json *json, const char *key, bool value);

/* A string of hexadecimal digits, at least `digits` of them. */
void json_hex(struct json *json, const char *key, unsigned long value, int digits);

#endif
