/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/settings.h"

#include <stddef.h>

#include "lib/parse.h"

enum { UART_CLOCK = 115200 };

#define SETTING_ENTRY(name, key, type, max, form, example) {key, SETTING_TYPE_##type, max},
static const struct {
    char key[11];
    uint8_t type;
    uint32_t max; /* length, address, seconds, divisor */
} list[] = {SETTING_LIST(SETTING_ENTRY)};

uintptr_t settings[SETTINGS];

int setting_find(const char *line, const char **value)
{
    for (int i = 0; i < SETTINGS; i++) {
        const char *key = list[i].key, *p = line;

        while (*key && *p == *key) {
            key++;
            p++;
        }
        if (!*key && *p == '=') {
            *value = p + 1;
            return i;
        }
    }
    return -1;
}

/* What stands behind "COM1,"; "" where that is not what it begins with. */
static const char *read_port(const char *p, uint32_t *port)
{
    if (*p++ != 'C' || *p++ != 'O' || *p++ != 'M')
        return "";
    *port = (uint8_t)(*p - '1');
    return *port < 4 && p[1] == ',' ? p + 2 : "";
}

bool setting_read(int setting, const char *text, uintptr_t *result)
{
    const char *p = text;
    uint32_t number, port = 0;
    uint8_t type = list[setting].type;

    if (type == SETTING_TYPE_STRING) {
        while (*p >= ' ' && *p <= '~')
            p++;
        number = (uint32_t)(p - text);
    } else if (type == SETTING_TYPE_IPV4) {
        p = parse_address(p, &number);
    } else {
        if (type == SETTING_TYPE_SERIAL)
            p = read_port(p, &port);
        p = parse_decimal(p, &number);
        if (type == SETTING_TYPE_SERIAL)
            number = number && !(UART_CLOCK % number) ? UART_CLOCK / number : 0;
    }
    if (!p || *p || !number || number > list[setting].max)
        return false;
    *result = type == SETTING_TYPE_STRING ? (uintptr_t)text : port << 16 | number;
    return true;
}

const char *settings_read(char **text)
{
    while (**text) {
        const char *line = *text, *value;
        int setting;

        while (**text && **text != '\n')
            ++*text;
        if (**text)
            *(*text)++ = '\0';
        setting = setting_find(line, &value);
        if (setting < 0 || settings[setting] || !setting_read(setting, value, &settings[setting]))
            return line;
    }
    return NULL;
}
