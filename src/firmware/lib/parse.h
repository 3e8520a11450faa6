/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading text: numbers, addresses, prefixes. */
#ifndef LIB_PARSE_H
#define LIB_PARSE_H

#include <stdint.h>

/* Read decimal digits; too large a number becomes the largest. Returns the first character behind
 * them, NULL when there is no digit. */
const char *parse_decimal(const char *text, uint32_t *value);

/* The same for at most `digits` hexadecimal digits, eight at most. */
const char *parse_hex(const char *text, unsigned digits, uint32_t *value);

/* An address, "192.168.0.1", in network byte order. */
const char *parse_address(const char *text, uint32_t *address);

/* What stands behind a prefix, in any case; NULL when the text begins differently. The prefix has
 * small letters; some control characters count as its marks. */
const char *parse_prefix(const char *text, const char *prefix);

/* The same for a list of prefixes, each ended by NUL, with "" behind the last: *n is the number of
 * the first one that fits, how many there are when none does. Returns what stands behind it. */
const char *parse_one_of(const char *text, const char *list, unsigned *n);

#endif
