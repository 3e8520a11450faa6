/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/variables.h"

#include <stdint.h>

#include "lib/errors.h"
#include "lib/string.h"
#include "loader/boot.h"

enum { POOL_MAX = 1 << 15 };

/* What was set: "name", its NUL, "value" and its NUL, one behind the other. */
static char pool[POOL_MAX];
static size_t used;

/* The variable of a name; NULL when it is not set. */
static char *find(const char *name)
{
    for (char *p = pool; p < pool + used; p += strlen(p) + 1) {
        bool same = !strcmp(p, name);

        if (same)
            return p;
        p += strlen(p) + 1;
    }
    return NULL;
}

static char *behind(char *p)
{
    return p + strlen(p) + 1;
}

int variable_get(struct boot *boot, const char *name, char *text, size_t cap)
{
    char *variable = find(name);
    size_t length;

    text[0] = 0;
    if (!variable)
        return -1;
    variable = behind(variable);
    length = strlen(variable);
    if (cap) {
        size_t n = length < cap ? length : cap - 1;
        memcpy(text, variable, n);
        text[n] = 0;
    }
    return (int)length;
}

int variable_set(struct boot *boot, const char *name, const char *value)
{
    char *old = find(name);
    size_t length = strlen(name) + 1, value_length = value ? strlen(value) + 1 : 1;

    if (old) {
        char *next = behind(behind(old));

        memmove(old, next, (size_t)(pool + used - next));
        used -= (size_t)(next - old);
    }
    if (value_length == 1)
        return 0;
    if (length + value_length > POOL_MAX - used)
        return E_NO_MEMORY;
    memcpy(pool + used, name, length);
    memcpy(pool + used + length, value, value_length);
    used += length + value_length;
    return 0;
}
