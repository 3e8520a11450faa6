#include "core/identity.h"

#include <stddef.h>

bool identity_matches(const struct identity *id, uint16_t vendor, uint16_t device)
{
    const uint16_t *list = (const uint16_t *)((const uint8_t *)id + id->devices);

    if (id->vendor != vendor)
        return false;
    for (; *list; list++)
        if (*list == device)
            return true;
    return false;
}

const char *identity_setting(const struct identity *id, const char *key)
{
    const char *s = (const char *)id + id->settings;

    while (*s) {
        const char *k = key;

        while (*k && *s == *k) {
            s++;
            k++;
        }
        if (!*k && *s == '=')
            return s + 1;
        while (*s && *s++ != ' ')
            ;
    }
    return NULL;
}
