/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/value.h"

#include <stdbool.h>

#include "lib/byteorder.h"
#include "lib/print.h"

const char value_types[] = "string\0uristring\0hexhyp\0hexraw\0hex\0uuid\0ipv4\0uint\0int\0";

static bool is_unreserved(uint8_t c)
{
    return (c | 0x20u) - 'a' < 26 || c - (unsigned)'0' < 10 || c == '-' || c == '.' || c == '_';
}

static const char *byte_format(unsigned type, unsigned i, uint8_t byte)
{
    if (type <= TYPE_URISTRING)
        return type == TYPE_STRING || is_unreserved(byte) ? "%c" : "%%%02x";
    if (type == TYPE_UUID ? i < 16 && 0x550 >> i & 1 : i && type != TYPE_HEXRAW)
        return type == TYPE_HEX ? ":%02x" : "-%02x";
    return "%02x";
}

int value_print(const struct value *value, char *text, size_t cap)
{
    const uint8_t *data = value->data;
    unsigned type = value->type;
    uint32_t number = 0;
    int length = 0;

    if (type == TYPE_IPV4 && value->length >= sizeof(number))
        return print_format(text, cap, "%I", get32(data));
    for (unsigned i = 0; i < value->length; i++) {
        number = number << 8 | data[i];
        if (type < TYPE_IPV4 && (data[i] || type))
            length += print_format(text + length, (size_t)length < cap ? cap - (size_t)length : 0,
                                   byte_format(type, i, data[i]), data[i]);
    }
    return type < TYPE_IPV4 ? length : print_format(text, cap, "%u", number);
}
