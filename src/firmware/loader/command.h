/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands, for scripts and the prompt alike. Each is a function and a COMMAND() line in some file
 * of loader/; the linker collects them. */
#ifndef LOADER_COMMAND_H
#define LOADER_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/string.h"

struct boot;

enum { COMMAND_OPTIONS_MAX = 8, COMMAND_LINE_MAX = 1023 };
/* What run() may return beside 0 and errors: the line ends here, or all lines of the script or
 * shell do. */
enum { LINE_ENDS = 1, SCRIPT_ENDS = 2 };
enum { COMMAND_CONTINUED = '\v' }; /* in a line: nothing, where one of its text went on */

/* The words of a command, after expansion; options are taken out. They last until the next command,
 * which may be one of a script that this one runs. */
struct arguments {
    const char *option[COMMAND_OPTIONS_MAX]; /* in the order of `usage`: NULL = not given; its
                                                value, "" where it takes none */
    int count;                               /* words behind the command's name and options */
    char **word;
    const char *rest; /* all of them joined by single spaces, "" = none */
};

/* What is behind the first word, joined likewise; "" = nothing. There has to be a first one. */
static inline const char *arguments_behind(const struct arguments *arguments)
{
    return arguments->rest + strlen(arguments->word[0]) + 1;
}

struct command {
    /* One word that names it, "name|other-name"; then what it takes: first the options, one word
     * each, as "--name|-n" or "--name|-n=", where the last takes a value; then the other words:
     * "WORD" one, "[WORD]" at most one, "WORD..." one or more, "[WORD...]" any number; "..." alone
     * one or more of any kind. Options stand before other words, and "--" ends them. Commands
     * without options take every word as it is; more words than these are ignored. */
    const char *usage;
    /* Returns 0 or a negative code, which the caller says on the console; E_UNTRUE only where
     * nothing catches it. Cancelled commands (E_CANCELLED) end the script, whatever follows: one
     * that asks the user returns E_UNTRUE where Esc is an answer. */
    int (*run)(struct boot *boot, const struct arguments *arguments);
};
#define COMMAND_JOINED(function, line) command_##function##_##line
#define COMMAND_SYMBOL(function, line) COMMAND_JOINED(function, line)
#define COMMAND(name, usage, function)                                                       \
    static const struct command COMMAND_SYMBOL(function, __LINE__)                           \
        __attribute__((used, section("commands"), aligned(__alignof__(struct command)))) = { \
            name " " usage, function}
extern const struct command __start_commands[], __stop_commands[];

/* The command that a line begins with; NULL when there is none of that name. */
const struct command *command_find(const char *line);

/* Carry out a line, up to its NUL or newline: commands joined by `||`, `&&` and `;`, with ${…}
 * expanded. A `#` at a word's beginning starts a comment; quotes and backslashes are ordinary
 * characters. Says each error on the console. Returns the last command's, or LINE_ENDS or
 * SCRIPT_ENDS; E_SYNTAX for a ${ without its end, or a command of more than 4000 bytes or 500
 * words. */
int command_line(struct boot *boot, char *line);

#endif
