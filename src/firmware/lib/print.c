/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/print.h"

#include <stdbool.h>
#include <stdint.h>

#include "lib/errors.h"

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
    for (; *text; text++)
        put(o, letter == 'S' || (*text >= ' ' && *text <= '~') ? *text : '?');
}

static void put_number(struct output *o, uint32_t value, unsigned base, unsigned width, char pad)
{
    char digits[11];
    unsigned n = 0;

    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (width-- > n)
        put(o, pad);
    while (n)
        put(o, digits[--n]);
}

static void put_bytes(struct output *o, const uint8_t *bytes, unsigned count, unsigned base,
                      char separator)
{
    for (unsigned i = 0; i < count; i++) {
        if (i)
            put(o, separator);
        put_number(o, bytes[i], base, base == 16 ? 2 : 0, '0');
    }
}

/* `at` stands behind the percent sign and width; returns nothing for an unknown letter but the
 * letter itself. */
static void put_argument(struct output *o, char letter, unsigned width, char pad, va_list *args)
{
    uint32_t address;
    int error;

    switch (letter) {
    case 'c':
        put(o, (char)va_arg(*args, int));
        break;
    case 's':
    case 'S':
        put_text(o, va_arg(*args, const char *), letter);
        break;
    case 'E':
        error = va_arg(*args, int);
        put_text(o, error_text(error), letter);
        put_text(o, " (E", letter);
        put_number(o, (uint32_t)-error, 10, 2, '0');
        put(o, ')');
        break;
    case 'u':
    case 'x':
        put_number(o, va_arg(*args, unsigned), letter == 'u' ? 10 : 16, width, pad);
        break;
    case 'I':
        address = va_arg(*args, uint32_t);
        put_bytes(o, (const uint8_t *)&address, 4, 10, '.');
        break;
    case 'M':
        put_bytes(o, va_arg(*args, const uint8_t *), 6, 16, ':');
        break;
    default:
        put(o, letter);
    }
}

int print_vformat(char *buf, size_t cap, const char *format, va_list args)
{
    struct output o = {buf, cap, 0};
    va_list rest;

    va_copy(rest, args);
    for (; *format; format++) {
        unsigned width = 0;
        char pad = ' ';

        if (*format != '%') {
            if (*format == '\n')
                put(&o, '\r');
            put(&o, *format);
            continue;
        }
        if (*++format == '0')
            pad = '0';
        for (; *format >= '0' && *format <= '9'; format++)
            width = width * 10 + (unsigned)(*format - '0');
        if (!*format)
            break;
        put_argument(&o, *format, width, pad, &rest);
    }
    va_end(rest);
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
