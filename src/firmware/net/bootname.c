/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot file name rules of the second stage. */
#include "net/bootname.h"
#include "lib/errors.h"
#include "lib/parse.h"
#include "lib/string.h"

int boot_name_resolve(char *name, char **suffix)
{
    static const char ours[] = ".zpxe";
    size_t length = strlen(name), tail = sizeof(ours) - 1;

    *suffix = NULL;
    if (!length)
        return E_NO_BOOT_FILE;
    if (length < tail)
        return 0;
    length -= tail;
    if (name[length] != *ours || !parse_prefix(name + length, ours))
        return 0;
    if (!length || name[length - 1] == '/' || name[length - 1] == '\\')
        return E_NO_BOOT_FILE;
    *suffix = name + length;
    **suffix = '\0';
    return 0;
}

bool boot_name_is_self(uint32_t server, const char *file, uint32_t cached_server,
                       const char *cached_file)
{
    return *cached_file && server == cached_server && !strcmp(file, cached_file);
}
