/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/parse.h"

#include <stddef.h>

#include "lib/string.h"

const char *parse_decimal(const char *p, uint32_t *value)
{
    const char *start = p;
    unsigned digit;

    for (*value = 0; (digit = (uint8_t)*p - '0') <= 9; p++)
        *value = *value > 0x19999998 ? UINT32_MAX : *value * 10 + digit;
    return p == start ? NULL : p;
}

const char *parse_hex(const char *p, unsigned digits, uint32_t *value)
{
    const char *start = p;
    unsigned digit;

    for (*value = 0; digits; digits--, p++) {
        digit = (uint8_t)*p - '0';
        if (digit > 9) {
            digit = ((uint8_t)*p | 0x20) - 'a';
            if (digit > 5)
                break;
            digit += 10;
        }
        *value = *value << 4 | digit;
    }
    return p == start ? NULL : p;
}

const char *parse_address(const char *p, uint32_t *address)
{
    uint8_t *octet = (uint8_t *)address;
    uint32_t value;

    for (;;) {
        p = parse_decimal(p, &value);
        if (!p || value > 255)
            return NULL;
        *octet++ = (uint8_t)value;
        if (octet == (uint8_t *)(address + 1))
            return p;
        if (*p++ != '.')
            return NULL;
    }
}

const char *parse_prefix(const char *text, const char *prefix)
{
    for (; *prefix; prefix++, text++)
        if ((*text | 0x20) != *prefix)
            return NULL;
    return text;
}

const char *parse_one_of(const char *text, const char *list, unsigned *n)
{
    const char *behind;

    for (*n = 0; !(behind = parse_prefix(text, list)); ++*n)
        list += strlen(list) + 1;
    return behind;
}
