/* SHA-256 (FIPS 180-4) of a whole span. */
#ifndef ROMTOOL_SHA256_H
#define ROMTOOL_SHA256_H

#include "bytes.h"

enum { SHA256_TEXT_SIZE = 65 };

/* Writes 64 lower-case hexadecimal digits and a NUL. */
void sha256_text(struct span bytes, char text[SHA256_TEXT_SIZE]);

#endif
