/* SPDX-License-Identifier: BSD-2-Clause */
/* Values that the user types. */
#ifndef LOADER_ASK_H
#define LOADER_ASK_H

struct boot;

/* Print a text, and have the user change a variable behind it, with the flags of edit_line().
 * Returns what that or variable_set() does. */
int ask_variable(struct boot *boot, const char *name, const char *text, unsigned flags);

#endif
