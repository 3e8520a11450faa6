/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/print.h"

#include <stdbool.h>
#include <stdint.h>

#include "lib/errors.h"

enum { WIDTH_MAX = 32, ESCAPE = 0x1b };

struct output {
    char *buf;
    size_t cap, len;
};

static void put(struct output *o, char c)
{
    if (o->len + 1 < o->cap)
        o->buf[o->len] = c;
    o->len++;
}

static void put_text(struct output *o, const char *text, char letter)
{
    for (; *text; text++) {
        if (letter != 'S' && text[0] == ESCAPE && text[1] == '[') {
            text++;
            while (text[1] && *++text < '@')
                ; /* up to the sequence's letter */
        } else {
            put(o, letter == 'S' || (*text >= ' ' && *text <= '~') ? *text : '?');
        }
    }
}

static void put_number(struct output *o, uint32_t value, unsigned base, unsigned width, char pad)
{
    char digits[WIDTH_MAX + 1], *end = digits + WIDTH_MAX, *digit = end;

    *end = 0;
    do
        *--digit = "0123456789abcdef"[value % base];
    while ((value /= base));
    while (digit + width > end)
        *--digit = pad;
    put_text(o, digit, 'S');
}

static void put_bytes(struct output *o, const uint8_t *bytes, unsigned base, char separator)
{
    const uint8_t *end = bytes + (base == 10 ? 4 : 6);

    for (;;) {
        put_number(o, *bytes++, base, base == 10 ? 0 : 2, '0');
        if (bytes == end)
            break;
        put(o, separator);
    }
}

/* Every argument is as wide as a pointer, or stands where one would. */
static void put_argument(struct output *o, char letter, unsigned width, char pad, uintptr_t value)
{
    uint32_t number = (uint32_t)value;

    if (letter == 'c') {
        put(o, (char)number);
    } else if (letter == 'u' || letter == 'x') {
        put_number(o, number, letter == 'u' ? 10 : 16, width, pad);
    } else if (letter == 'I') {
        put_bytes(o, (const uint8_t *)&number, 10, '.');
    } else if (letter == 'M') {
        put_bytes(o, (const uint8_t *)value, 16, ':');
    } else if (letter == 'E') {
        put_text(o, error_text((int)number), letter);
        put_text(o, " (E", letter);
        put_number(o, -number, 10, 2, '0');
        put_text(o, ")", letter);
    } else {
        put_text(o, (const char *)value, letter);
    }
}

int print_vformat(char *buf, size_t cap, const char *format, va_list args)
{
    struct output o = {buf, cap, 0};

    for (; *format; format++) {
        unsigned width = 0;
        char pad = ' ';

        if (*format != '%' || *++format == '%') {
            if (*format == '\n')
                put(&o, '\r');
            put(&o, *format);
            continue;
        }
        if (*format == '0')
            pad = '0';
        for (; *format <= '9'; format++)
            width = width * 10 + (unsigned)(*format - '0');
        put_argument(&o, *format, width, pad, va_arg(args, uintptr_t));
    }
    if (cap)
        buf[o.len < cap ? o.len : cap - 1] = 0;
    return (int)o.len;
}

int print_format(char *buf, size_t cap, const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = print_vformat(buf, cap, format, args);
    va_end(args);
    return len;
}
