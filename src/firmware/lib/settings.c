/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/settings.h"

#include <stddef.h>

#include "lib/parse.h"

/* What a line looks like. In it stand for values: * a text, & an address, # a number, @ a port. */
#define FORM_STRING                                        "*"
#define FORM_IPV4                                          "&"
#define FORM_SECONDS                                       "#"
#define FORM_SERIAL                                        "COM@,#"
#define SETTING_ENTRY(name, key, type, max, form, example) {max, key "=" FORM_##type},
static const struct {
    uint32_t max; /* length, address, seconds or speed */
    char line[16];
} list[] = {SETTING_LIST(SETTING_ENTRY)};

uintptr_t settings[SETTINGS];

bool setting_read(const char *line, int setting, uintptr_t *result)
{
    uint32_t number = 0, port = 0;
    uintptr_t text = 0;

    for (const char *form = list[setting].line; *form; form++) {
        if (*form == '*') {
            for (text = (uintptr_t)line; *line >= ' ' && *line <= '~';)
                line++;
            number = (uint32_t)((uintptr_t)line - text);
        } else if (*form == '@') {
            port = (uint8_t)(*line++ - '1');
            if (port > 3)
                return false;
        } else if (*form == '#' || *form == '&') {
            line = *form == '#' ? parse_decimal(line, &number) : parse_address(line, &number);
            if (!line)
                return false;
        } else if (*line++ != *form) {
            return false;
        }
    }
    if (*line || !number || number > list[setting].max)
        return false;
    *result = text ? text : SERIAL_SETTING(port, number);
    return true;
}

const char *settings_read(char **text)
{
    while (**text) {
        const char *line = *text;
        int setting = 0;

        while (**text && **text != '\n')
            ++*text;
        if (**text)
            *(*text)++ = '\0';
        while (settings[setting] || !setting_read(line, setting, &settings[setting]))
            if (++setting == SETTINGS)
                return line;
    }
    return NULL;
}
