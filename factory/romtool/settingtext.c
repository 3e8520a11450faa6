/* SPDX-License-Identifier: BSD-2-Clause */
#include "settingtext.h"

#include <stdio.h>
#include <stdlib.h>

#include "bytes.h"
#include "identity.h"
#include "lib/settings.h"

#define KEY_TEXT(name, key, ...)                       " " key
#define KEY_PLAIN(name, key, ...)                      key,
#define FORM_HINT(name, key, type, max, form, example) form ", for example " example,
static const char known[] = "known:" SETTING_LIST(KEY_TEXT);
static const char *const keys[] = {SETTING_LIST(KEY_PLAIN)};
static const char *const forms[] = {SETTING_LIST(FORM_HINT)};

/* The start of a text of anybody's, fit for a terminal; until the next call. */
static const char *shown(const char *text)
{
    static char copy[101];
    size_t n = 0;

    for (; n < sizeof(copy) - 1 && text[n]; n++)
        copy[n] = text[n] < ' ' || text[n] > '~' ? '?' : text[n];
    copy[n] = '\0';
    return copy;
}

/* Which setting a line is of, and where its value starts; -1 when it is of none. */
static int find(const char *line, size_t offset, const char **value, struct problem *problem)
{
    const char *sign = strchr(line, '=');

    for (int i = 0; i < SETTINGS && sign; i++)
        if (strlen(keys[i]) == (size_t)(sign - line) &&
            memcmp(keys[i], line, strlen(keys[i])) == 0) {
            *value = sign + 1;
            return i;
        }
    problem_at(problem, offset, sign ? known : "write key=value", "'%s' is no setting",
               shown(line));
    return -1;
}

static bool is_value(int setting, const char *line, const char *value, size_t offset,
                     struct problem *problem)
{
    return (text_is_printable(line) && setting_read(line)) ||
           problem_at(problem, offset, forms[setting], "'%s' is no value of %s", shown(value),
                      keys[setting]);
}

static bool is_first(bool *seen, int setting, size_t offset, struct problem *problem)
{
    if (seen[setting])
        return problem_at(problem, offset, "give it once", "%s is set twice", keys[setting]);
    seen[setting] = true;
    return true;
}

/* Reads lines of key=value, which *text is cut into. */
static bool read_lines(char *text, size_t offset, const char **values, struct problem *problem)
{
    bool seen[SETTINGS] = {false};

    while (*text) {
        char *line = strsep(&text, "\n");
        const char *value;
        int setting = find(line, offset, &value, problem);

        if (setting < 0 || !is_first(seen, setting, offset, problem) ||
            !is_value(setting, line, value, offset, problem))
            return false;
        values[setting] = value;
        if (!text)
            break;
        if (!*text)
            return problem_at(problem, offset, "one line for each",
                              "an empty line in the settings");
    }
    return true;
}

static char *copy_of(const char *text)
{
    return memcpy(allocate(strlen(text) + 1), text, strlen(text));
}

bool settings_check(const char *text, size_t offset, struct problem *problem)
{
    const char *values[SETTINGS] = {NULL};
    char *copy = copy_of(text);
    bool good = read_lines(copy, offset, values, problem);

    free(copy);
    return good;
}

static bool change(char *const *changes, size_t count, const char **values, struct problem *problem)
{
    bool seen[SETTINGS] = {false};

    for (size_t i = 0; i < count; i++) {
        const char *value;
        int setting = find(changes[i], 0, &value, problem);

        if (setting < 0 || !is_first(seen, setting, 0, problem) ||
            (*value && !is_value(setting, changes[i], value, 0, problem)))
            return false;
        values[setting] = *value ? value : NULL;
    }
    return true;
}

static char *write_lines(const char *const *values)
{
    size_t room = 1;
    char *text, *end;

    for (int i = 0; i < SETTINGS; i++)
        room += values[i] ? strlen(keys[i]) + strlen(values[i]) + 2 : 0;
    text = end = allocate(room);
    for (int i = 0; i < SETTINGS; i++)
        if (values[i])
            end += sprintf(end, "%s%s=%s", end > text ? "\n" : "", keys[i], values[i]);
    return text;
}

char *settings_change(const char *old, char *const *changes, size_t count, struct problem *problem)
{
    const char *values[SETTINGS] = {NULL};
    char *copy = copy_of(old), *text = NULL;

    if (read_lines(copy, 0, values, problem) && change(changes, count, values, problem))
        text = write_lines(values);
    free(copy);
    return text;
}
