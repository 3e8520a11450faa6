/* SPDX-License-Identifier: BSD-2-Clause */
/* What goes wrong, told so that the reader knows where, what and what to do. */
#ifndef ROMTOOL_MESSAGE_H
#define ROMTOOL_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

/* Exit statuses of every command. */
enum status {
    STATUS_OK = 0,
    STATUS_REFUSED = 1, /* the input is wrong, or lint found errors */
    STATUS_TROUBLE = 2, /* wrong usage, or a file cannot be read or written */
};

/* Something wrong inside a file. `offset` counts from the start of what was parsed. */
struct problem {
    size_t offset;
    const char *hint;
    char what[200];
};

/* Fills the problem (hint: a constant string) and returns false, for `return problem_at(...)`. */
bool problem_at(struct problem *problem, size_t offset, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Prints `romtool: FILE: what; hint: HINT` (file and hint may be NULL) and returns the status. */
int complain(int status, const char *file, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same for a problem found in a file, with its offset. Status: refused. */
int complain_problem(const char *file, const struct problem *problem);

/* Prints `romtool: COMMAND: what ARGUMENT; hint: ...` (argument may be NULL). Status: trouble. */
int usage_error(const char *command, const char *what, const char *argument);

/* Prints `romtool: FILE: warning: what; hint: HINT`. */
void warn(const char *file, const char *hint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
