/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/value.h"

#include "lib/byteorder.h"
#include "lib/parse.h"
#include "lib/print.h"
#include "lib/string.h"

/* In the order of their numbers, one behind the other. */
static const char names[] = "string\0uristring\0hex\0hexhyp\0hexraw\0uuid\0guid\0ipv4\0"
                            "uint8\0uint16\0uint32\0int8\0int16\0int32\0";
enum { UUID_LENGTH = 16 };

enum value_type value_type(const char *name)
{
    enum value_type type = 0;

    for (const char *p = names; *p && strcmp(p, name); p += strlen(p) + 1)
        type++;
    return type;
}

/* What is written, and where. */
static char *text;
static size_t cap, length;

static void put(const char *format, uint32_t value)
{
    length += (size_t)print_format(text + length, cap > length ? cap - length : 0, format, value);
}

/* The last bytes, as many as the type has. */
static void put_number(const struct value *value)
{
    unsigned type = value->type - TYPE_UINT8, unused;
    bool is_signed = type >= 3;
    uint32_t number = 0;

    if (is_signed)
        type -= 3;
    unused = 32 - (8 << type);
    if (value->is_text)
        parse_decimal((const char *)value->data, &number);
    else
        for (uint32_t i = 0; i < value->length; i++)
            number = number << 8 | value->data[i];
    number <<= unused;
    if (is_signed && number >> 31) {
        put("-", 0);
        number = -number;
    }
    put("%u", number >> unused);
}

static bool is_unreserved(uint8_t c)
{
    return (c | 0x20u) - 'a' < 26 || c - (unsigned)'0' < 10 || c == '-' || c == '.' || c == '_';
}

static void put_byte(uint8_t type, uint8_t byte)
{
    const char *format = "%02x";

    if (type == TYPE_STRING || type == TYPE_IPV4 || type == TYPE_URISTRING)
        format = type != TYPE_URISTRING || is_unreserved(byte) ? "%c" : "%%%02x";
    if (byte || format[1] != 'c')
        put(format, byte);
}

static void put_bytes(const struct value *value)
{
    const uint8_t *data = value->data;
    uint32_t count = value->length;
    uint8_t type = value->type;
    bool is_uuid = (type == TYPE_UUID || type == TYPE_GUID) && count >= UUID_LENGTH;

    if (is_uuid) {
        data += count - UUID_LENGTH; /* option 97 says before it that it is one */
        count = UUID_LENGTH;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (i && type == TYPE_HEX)
            put(":", 0);
        if ((i && type == TYPE_HEXHYP) || (is_uuid && i >= 4 && i <= 10 && !(i & 1)))
            put("-", 0);
        put_byte(type, data[!is_uuid || type == TYPE_UUID ? i : i < 4 ? i ^ 3 : i < 8 ? i ^ 1 : i]);
    }
}

int value_print(const struct value *value, char *to, size_t size)
{
    text = to;
    cap = size;
    length = 0;
    if (size)
        *to = 0;
    if (value->type >= TYPE_UINT8)
        put_number(value);
    else if (value->type == TYPE_IPV4 && !value->is_text && value->length >= sizeof(uint32_t))
        put("%I", get32(value->data));
    else
        put_bytes(value);
    return (int)length;
}
