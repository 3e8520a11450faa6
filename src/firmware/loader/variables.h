/* SPDX-License-Identifier: BSD-2-Clause */
/* What ${name} stands for in scripts: variables that `set` made, and what the machine, its card and
 * the DHCP answers say. */
#ifndef LOADER_VARIABLES_H
#define LOADER_VARIABLES_H

#include <stdbool.h>
#include <stddef.h>

struct boot;

/* Write the value of "name", "net0/name", "name:type" and so on as text. Returns its length, which
 * may be over cap - 1 (then it is cut short), or -1 where nothing has that name. */
int variable_get(struct boot *boot, const char *name, char *text, size_t cap);

/* Set one; "" and NULL clear it. Returns 0, E_NO_MEMORY or E_ARGUMENTS (no such type, no such
 * form). */
int variable_set(struct boot *boot, const char *name, const char *value);

#endif
