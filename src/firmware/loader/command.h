/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands, for scripts and the prompt alike. Each is a function and a COMMAND() line in some file
 * of loader/; the linker collects them. */
#ifndef LOADER_COMMAND_H
#define LOADER_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

struct boot;

enum { COMMAND_OPTIONS_MAX = 8, COMMAND_LINE_MAX = 1023 };

/* The words of a command, after expansion, quotes and escapes; options are taken out. */
struct arguments {
    const char *option[COMMAND_OPTIONS_MAX]; /* in the order of `options`: NULL = not given; its
                                                value, "" where it takes none */
    int count;                               /* words behind the command's name and options */
    char **word;
    const char *rest; /* all of them joined by single spaces, "" = none */
};

struct command {
    const char *name;
    /* What it takes, also for `help`: first the options, one word each, as "--name|-n" or
     * "--name|-n=", where the last takes a value; then the other words: "WORD" one, "[WORD]" at
     * most one, "WORD..." one or more, "[WORD...]" any number. */
    const char *usage;
    /* Returns 0 or a negative code; what calls it says which on the console, unless `||` follows.
     */
    int (*run)(struct boot *boot, const struct arguments *arguments);
};
#define COMMAND(name, usage, function)                                                       \
    static const struct command command_##function                                           \
        __attribute__((used, section("commands"), aligned(__alignof__(struct command)))) = { \
            name, usage, function}
extern const struct command __start_commands[], __stop_commands[];

/* Carry out a line: commands joined by `||`, `&&` and `;`, with ${…} expanded. It is changed. */
int command_line(struct boot *boot, char *line);

#endif
