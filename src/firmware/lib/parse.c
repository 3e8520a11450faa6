#include "lib/parse.h"

#include <stddef.h>

const char *parse_decimal(const char *p, char end, uint32_t *value)
{
    uint32_t n = 0;

    do {
        unsigned digit = (uint8_t)*p - '0';
        if (digit > 9)
            return NULL;
        n = n > 0x19999998 ? UINT32_MAX : n * 10 + digit;
    } while (*++p != end);
    *value = n;
    return p + 1;
}

const char *parse_address(const char *p, char end, uint32_t *address)
{
    uint32_t bytes = 0, value;

    for (unsigned bits = 0; bits < 32; bits += 8) {
        p = parse_decimal(p, bits < 24 ? '.' : end, &value);
        if (!p || value > 255) {
            *address = 0;
            return NULL;
        }
        bytes |= value << bits;
    }
    *address = bytes;
    return p;
}
