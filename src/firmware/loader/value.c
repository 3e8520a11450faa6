/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/value.h"

#include "lib/byteorder.h"
#include "lib/parse.h"
#include "lib/print.h"
#include "lib/string.h"

/* In the order of their numbers, one behind the other; none before one that begins with it. */
static const char names[] = "string\0uristring\0hexhyp\0hexraw\0hex\0uuid\0guid\0ipv4\0uint\0int\0";
enum { UUID_LENGTH = 16 };

enum value_type value_type(const char *name)
{
    enum value_type type = 0;

    for (const char *p = names; *p && !parse_prefix(name, p); p += strlen(p) + 1)
        type++;
    return type;
}

static bool is_unreserved(uint8_t c)
{
    return (c | 0x20u) - 'a' < 26 || c - (unsigned)'0' < 10 || c == '-' || c == '.' || c == '_';
}

static const char *byte_format(unsigned type, uint32_t i, uint8_t byte)
{
    if (type == TYPE_URISTRING && !is_unreserved(byte))
        return "%%%02x";
    if (type <= TYPE_URISTRING || type >= TYPE_IPV4)
        return byte ? "%c" : "";
    if (i && type == TYPE_HEX)
        return ":%02x";
    if (type >= TYPE_UUID ? i >= 4 && i <= 10 && !(i & 1) : i && type == TYPE_HEXHYP)
        return "-%02x";
    return "%02x";
}

int value_print(const struct value *value, char *text, size_t cap)
{
    const uint8_t *data = value->data, *end = data + value->length;
    unsigned type = value->type;
    uint32_t number = 0, i = 0;
    int length = 0;

    if (!value->is_text && type >= TYPE_UINT) {
        while (data < end)
            number = number << 8 | *data++;
        return print_format(text, cap, "%u", number);
    }
    if (!value->is_text && type == TYPE_IPV4 && value->length >= sizeof(number))
        return print_format(text, cap, "%I", get32(data));
    if (type == TYPE_UUID && value->length > UUID_LENGTH)
        data++; /* option 97 says before it that it is one */
    for (; data + i < end; i++) {
        number =
            type != TYPE_GUID || value->length < UUID_LENGTH || i >= 8 ? i : i ^ (i < 4 ? 3 : 1);
        number = data[number];
        length += print_format(text + length, (size_t)length < cap ? cap - (size_t)length : 0,
                               byte_format(type, i, (uint8_t)number), number);
    }
    return length;
}
