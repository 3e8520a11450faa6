/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading numbers and addresses from text. */
#ifndef LIB_PARSE_H
#define LIB_PARSE_H

#include <stdint.h>

/* Read decimal digits; too large a number becomes the largest. Returns the first character behind
 * them, NULL when there is no digit. */
const char *parse_decimal(const char *text, uint32_t *value);

/* The same for "192.168.0.1", in network byte order. */
const char *parse_address(const char *text, uint32_t *address);

#endif
