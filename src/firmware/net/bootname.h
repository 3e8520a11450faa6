/* SPDX-License-Identifier: BSD-2-Clause */
/* Which file to ask for, from the boot file name a DHCP server gave. */
#ifndef NET_BOOTNAME_H
#define NET_BOOTNAME_H

#include <stdbool.h>
#include <stdint.h>

/* Strip one trailing ".zpxe", in any case, so that a server which can only name one file can name
 * us and, in the same words, the file we load. Returns 0, or E_NO_BOOT_FILE when nothing but the
 * suffix was there (also as "directory/.zpxe") or the name is empty; then it is left as it was.
 * *suffix: where a '.' makes the name whole again, NULL when nothing was stripped. */
int boot_name_resolve(char *name, char **suffix);

/* True when asking `server` for `file` would bring again what the PXE stack loaded: this loader, or
 * a program that went on to it. Takes the pair as resolved, and the pair in the cached PXE reply
 * ("" = none). */
bool boot_name_is_self(uint32_t server, const char *file, uint32_t cached_server,
                       const char *cached_file);

#endif
