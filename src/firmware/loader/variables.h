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

/* Name of the n-th one: those that were set, then those that may have a value by themselves; NULL
 * behind the last. */
const char *variable_name(unsigned n);

/* Set one; "" and NULL clear it. Returns 0, E_NO_MEMORY or E_ARGUMENTS (no such type, no such
 * form). */
int variable_set(struct boot *boot, const char *name, const char *value);

#endif
