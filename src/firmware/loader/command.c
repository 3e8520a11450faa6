/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/command.h"

#include <stddef.h>

#include "lib/errors.h"
#include "lib/print.h"
#include "loader/boot.h"
#include "loader/script.h"
#include "loader/variables.h"

enum { TEXT_MAX = 4000, WORDS_MAX = 500, NAME_MAX = 32, NESTED_MAX = 16 };
enum { MARK = 1, SPARE = 8 }; /* a ${ that is open; no word of a line has that character */

/* The command at hand: its words one behind the other, each ended by NUL. */
static char text[TEXT_MAX + SPARE], joined[TEXT_MAX + SPARE], *words[WORDS_MAX + 1];

/* How a command ends here: '|', '&' or ';', '\n' as the last of its line; 0 = not at all. */
static char joint_at(const char *p)
{
    char c = *p;

    if (!c || c == '\n' || c == '#')
        return '\n';
    if (c != ';' && ((c != '|' && c != '&') || *++p != c))
        return 0;
    return (uint8_t)p[1] <= ' ' ? c : 0;
}

/* Put the value in the place of an innermost ${name, which ends here. Returns the new end. */
static char *put_value(struct boot *boot, char *end)
{
    char *name = end, *value = end + 1;
    int room = (int)(text + TEXT_MAX - value);

    *end = 0;
    while (*--name != MARK)
        ;
    if (variable_get(boot, name + 1, value, (size_t)room) >= room)
        return text + TEXT_MAX;
    for (end = name; *value; value++)
        *end++ = *value;
    return end;
}

/* Append a word, its variables expanded. Returns what is behind it, NULL when it cannot be read. */
static const char *expand(struct boot *boot, const char *p, char **to)
{
    unsigned open = 0;
    char *end = *to;

    for (; ((uint8_t)*p > ' ' || *p == COMMAND_CONTINUED) && end < text + TEXT_MAX; p++) {
        if (*p == COMMAND_CONTINUED)
            continue;
        *end++ = *p;
        if (p[0] == '$' && p[1] == '{') {
            end[-1] = MARK;
            p++;
            open++;
        } else if (*p == '}' && open) {
            end = put_value(boot, end - 1);
            open--;
        }
    }
    *end = 0;
    *to = end + 1;
    return open || end >= text + TEXT_MAX ? NULL : p;
}

/* Whether a name in a usage goes on with this. */
static bool is_spelling(char c)
{
    return c >= '-' && c != '=' && c != '|';
}

/* The number of an option in a usage, 0 for the command itself, -1 for none; *takes says whether it
 * takes a value. */
static int option_of(const char *p, const char *option, size_t length, bool *takes)
{
    int n = 0;

    do {
        const char *start = p;

        while (is_spelling(*p))
            p++;
        if ((size_t)(p - start) == length && !memcmp(start, option, length)) {
            while ((uint8_t)*p > ' ')
                p++;
            *takes = p[-1] == '=';
            return n;
        }
        n += *p == ' ';
    } while (*p++);
    return -1;
}

/* Take the options from the front of the words, and check that enough others are left. */
static int take_options(const char *usage, struct arguments *a)
{
    const char *p = usage;
    int least = 0;

    while (*p++ != ' ')
        ;
    while (*p == '-' && a->count && a->word[0][0] == '-' && a->word[0][1]) {
        const char *word = *a->word++, *end = word, *value = NULL;
        bool takes = false;
        int n;

        a->count--;
        if (!strcmp(word, "--"))
            break;
        while (*end && *end != '=')
            end++;
        n = option_of(usage, word, (size_t)(end - word), &takes);
        if (takes == (*end == '=')) {
            value = end + takes;
        } else if (takes && a->count) {
            a->count--;
            value = *a->word++;
        }
        if (n <= 0 || !value)
            return E_ARGUMENTS;
        a->option[n - 1] = value;
    }
    for (; *p; p++)
        least += p[-1] == ' ' && *p > '-' && *p < '[';
    return a->count < least ? E_ARGUMENTS : 0;
}

const struct command *command_find(const char *line)
{
    const struct command *c = __start_commands;
    size_t length = 0;
    bool takes;

    while ((uint8_t)line[length] > ' ')
        length++;
    while (c < __stop_commands && option_of(c->usage, line, length, &takes))
        c++;
    return c < __stop_commands ? c : NULL;
}

/* Carry out a command with the words that were read. */
static int carry_out(struct boot *boot, const struct command *command, int count)
{
    struct arguments a = {.count = count - 1, .word = words + 1, .rest = joined};
    int error;

    if (!command)
        return E_COMMAND;
    error = take_options(command->usage, &a);
    if (!error) {
        *words[count] = 0;
        memcpy(joined, a.word[0], (size_t)(words[count] + 1 - a.word[0]));
        for (int i = 1; i < a.count; i++)
            joined[a.word[i] - a.word[0] - 1] = ' ';
        error = command->run(boot, &a);
    }
    if (error == E_ARGUMENTS)
        print("%s\n", command->usage);
    return error;
}

/* Read the words up to a joint; keep them where they are wanted. Returns how many there are, or
 * E_SYNTAX. */
static int read_words(struct boot *boot, const char **line, bool wanted)
{
    char *end = text;
    int count = 0;

    for (const char *p = *line; p;) {
        while ((uint8_t)*p <= ' ' && *p && *p != '\n')
            p++;
        *line = p;
        if (joint_at(p))
            return count;
        if (count == WORDS_MAX)
            break;
        if (wanted) {
            words[count++] = end;
            p = expand(boot, p, &end);
            words[count] = end;
        } else {
            while ((uint8_t)*p > ' ')
                p++;
        }
    }
    return E_SYNTAX;
}

/* An error that is not the line's end has been caught, if only by a semicolon. */
static void report(const char *name, int error, const char *ending)
{
    script_position();
    print("%s: %E", name, error);
    print(ending);
}

/* The commands of a line, one after the other. */
static int carry_out_line(struct boot *boot, const char *p)
{
    char name[NAME_MAX], joint = ';';
    int error = 0;

    do {
        bool wanted = joint == ';' || (joint == '|') == (error < 0);
        int count;

        if (wanted && error && error != E_UNTRUE)
            report(name, error, ", going on\n");
        count = read_words(boot, &p, wanted);
        if (count < 0) {
            print_format(name, sizeof(name), "line");
            error = count;
            break;
        }
        joint = joint_at(p);
        p += 1 + (joint != ';');
        if (!wanted)
            continue;
        error = 0;
        if (count) {
            print_format(name, sizeof(name), "%s", words[0]);
            error = carry_out(boot, command_find(name), count);
        }
    } while (joint != '\n' && error <= 0 && error != E_CANCELLED);
    if (error < 0)
        report(name, error, "\n");
    return error;
}

int command_line(struct boot *boot, char *line)
{
    static unsigned nested;
    unsigned before = nested;
    int error;

    if (before == NESTED_MAX)
        return failed("Scripts within scripts", E_NO_MEMORY);
    nested = before + 1;
    error = carry_out_line(boot, line);
    nested = before; /* lines that a program began and left for good do not count on */
    return error;
}
