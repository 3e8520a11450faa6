/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/errors.h"

#include "lib/string.h"

/* In the order of their numbers, one behind the other: a table of pointers would be larger. */
#define ERROR_TEXT(name, number, text) text "\0"
static const char texts[] = ERROR_LIST(ERROR_TEXT);

#define ERROR_PLACE(name, number, text)    PLACE_##name,
#define ERROR_IN_ORDER(name, number, text) _Static_assert(PLACE_##name == (number)-1, #name);
enum { ERROR_LIST(ERROR_PLACE) };
ERROR_LIST(ERROR_IN_ORDER)

const char *error_text(int error)
{
    for (const char *text = texts; *text; text += strlen(text) + 1)
        if (++error == 0)
            return text;
    return "unknown error";
}
