/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/settings.h"

#include <stddef.h>

#include "lib/parse.h"
#include "lib/string.h"

/* What a line looks like. These stand for values; no printable text has them. */
#define ADDRESS                                "\1"
#define NUMBER                                 "\2"
#define TEXT                                   "\3"
#define FORM_STRING                            TEXT
#define FORM_IPV4                              ADDRESS
#define FORM_SECONDS                           NUMBER
#define FORM_SERIAL                            "COM" NUMBER "," NUMBER
#define SETTING_FORM(name, key, type, ...)     key "=" FORM_##type "\0"
#define SETTING_MAX(name, key, type, max, ...) max,
static const char forms[] = SETTING_LIST(SETTING_FORM);
/* Of the last number, the address, or the text's length. */
static const uint32_t limits[] = {SETTING_LIST(SETTING_MAX)};

uintptr_t settings[SETTINGS];
uint32_t setting_port;

bool setting_read(const char *line)
{
    unsigned i = 0;

    for (const char *form = forms; *form; form += strlen(form) + 1, i++) {
        const char *p = line, *text = NULL;
        uint32_t number = 0, port = 0;

        for (; *form; form++) {
            if (*p == *form) {
                p++;
                continue;
            }
            port = number;
            if (*form == *TEXT) {
                text = p;
                number = (uint32_t)strlen(p);
                p += number;
            } else if (*form == *ADDRESS) {
                p = parse_address(p, &number);
            } else {
                p = *form == *NUMBER ? parse_decimal(p, &number) : NULL;
            }
            if (!p || !number)
                goto next;
        }
        /* A speed of 1 would need a divisor of more than 16 bits. */
        if (!*p && number <= limits[i] && port <= PORTS && number > (port != 0)) {
            settings[i] = text ? (uintptr_t)text : number;
            if (port)
                setting_port = port;
            return true;
        }
    next:;
    }
    return false;
}
