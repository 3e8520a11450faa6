/* Reading numbers and addresses from text. */
#ifndef LIB_PARSE_H
#define LIB_PARSE_H

#include <stdint.h>

/* Read a number of decimal digits and the character `end` behind it; too large a one becomes the
 * largest. Returns what stands behind that, NULL for anything else. */
const char *parse_decimal(const char *text, char end, uint32_t *value);

/* The same for "192.168.0.1", in network byte order; with NULL the address is 0. */
const char *parse_address(const char *text, char end, uint32_t *address);

#endif
