/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/command.h"

#include <stddef.h>

#include "lib/errors.h"
#include "lib/print.h"
#include "loader/boot.h"
#include "loader/script.h"
#include "loader/variables.h"

enum { TEXT_MAX = 4000, WORDS_MAX = 500, NESTED_MAX = 16 };
enum { MARK = 1, SPARE = 8 }; /* a ${ that is open; no word of a line has that character */

/* The command at hand: its words one behind the other, each ended by NUL. */
static char text[TEXT_MAX + SPARE], joined[TEXT_MAX + SPARE], *words[WORDS_MAX + 1], *end;

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

/* Put the value in the place of an innermost ${name, which ends the text. */
static void put_value(struct boot *boot)
{
    char *name = end, *value = end;
    int length, room = (int)(text + TEXT_MAX - value);

    *value++ = 0;
    while (*--name != MARK)
        ;
    length = variable_get(boot, name + 1, value, (size_t)room + 1);
    end = length > room ? text + TEXT_MAX : name;
    for (; *value && length <= room; value++)
        *end++ = *value;
}

/* Append a word, its variables expanded. Returns what is behind it, NULL when it cannot be read. */
static const char *expand(struct boot *boot, const char *p)
{
    unsigned open = 0;

    for (; ((uint8_t)*p > ' ' || *p == COMMAND_CONTINUED) && end < text + TEXT_MAX; p++) {
        if (*p == COMMAND_CONTINUED)
            continue;
        if (p[0] == '$' && p[1] == '{') {
            *end++ = MARK;
            p++;
            open++;
        } else if (*p == '}' && open) {
            put_value(boot);
            open--;
        } else {
            *end++ = *p;
        }
    }
    *end++ = 0;
    return open || end > text + TEXT_MAX ? NULL : p;
}

static bool ends_spelling(char c)
{
    return !c || c == ' ' || c == '=' || c == '|';
}

/* The number of an option among those of a usage, -1 for none. *value is what an equals sign has
 * behind it, NULL without one; *takes says whether there has to be a value. */
static int option_of(const char *usage, const char *word, const char **value, bool *takes)
{
    for (int n = 0; *usage == '-';) {
        const char *p = word;
        bool found;

        while (*p && *p != '=' && *p == *usage) {
            p++;
            usage++;
        }
        found = (!*p || *p == '=') && ends_spelling(*usage);
        while (found ? *usage && *usage != ' ' : !ends_spelling(*usage))
            usage++;
        if (found) {
            *value = *p ? p + 1 : NULL;
            *takes = usage[-1] == '=';
            return n;
        }
        if (*usage == '=')
            usage++;
        if (*usage == ' ')
            n++;
        if (*usage)
            usage++;
    }
    return -1;
}

/* Take the options from the front of the words. */
static int take_options(const char *usage, struct arguments *a)
{
    while (a->count && a->word[0][0] == '-' && a->word[0][1]) {
        const char *word = *a->word++, *value;
        bool takes;
        int n;

        a->count--;
        if (!strcmp(word, "--"))
            break;
        n = option_of(usage, word, &value, &takes);
        if (n < 0)
            return E_ARGUMENTS;
        if (takes && !value && a->count) {
            value = *a->word++;
            a->count--;
        }
        if (takes != !!value)
            return E_ARGUMENTS;
        a->option[n] = value ? value : "";
    }
    return 0;
}

/* Whether there may be so many words. */
static int check_count(const char *usage, int count)
{
    int least = 0, most = 0;

    while (*usage) {
        if (*usage != '-') {
            most++;
            least += *usage != '[';
        }
        for (; *usage && *usage != ' '; usage++)
            if (*usage == '.')
                most = WORDS_MAX;
        if (*usage)
            usage++;
    }
    return count < least || count > most ? E_ARGUMENTS : 0;
}

static const struct command *find(const char *name)
{
    const struct command *c = __start_commands;

    while (c < __stop_commands && strcmp(c->name, name))
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
    if (!error)
        error = check_count(command->usage, a.count);
    if (!error) {
        *end = 0;
        words[count] = end;
        memcpy(joined, a.word[0], (size_t)(end + 1 - a.word[0]));
        for (int i = 1; i < a.count; i++)
            joined[a.word[i] - a.word[0] - 1] = ' ';
        error = command->run(boot, &a);
    }
    if (error == E_ARGUMENTS)
        print("%s %s\n", command->name, command->usage);
    return error;
}

/* Read the words up to a joint; keep them where they are wanted. Returns how many there are, or
 * E_SYNTAX. */
static int read_words(struct boot *boot, const char **line, bool wanted)
{
    int count = 0;

    if (wanted)
        end = text;
    for (const char *p = *line; p;) {
        while ((uint8_t)*p <= ' ' && *p && *p != '\n')
            p++;
        *line = p;
        if (joint_at(p))
            return count;
        if (wanted && count == WORDS_MAX)
            break;
        if (wanted) {
            words[count++] = end;
            p = expand(boot, p);
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
    const char *name = NULL;
    char joint = ';';
    int error = 0;

    do {
        bool wanted = joint == ';' || (joint == '|') == (error < 0);
        int count;

        if (wanted && error && error != E_UNTRUE)
            report(name, error, ", going on\n");
        count = read_words(boot, &p, wanted);
        if (count < 0) {
            name = "line";
            error = count;
            break;
        }
        joint = joint_at(p);
        p += 1 + (joint != ';');
        if (!wanted)
            continue;
        error = 0;
        if (count) {
            const struct command *command = find(words[0]);

            name = command ? command->name : words[0];
            error = carry_out(boot, command, count);
        }
    } while (joint != '\n' && error <= 0 && error != E_CANCELLED);
    if (error < 0)
        report(name, error, "\n");
    return error;
}

int command_line(struct boot *boot, char *line)
{
    static unsigned nested;
    int error;

    if (nested == NESTED_MAX)
        return failed("Scripts within scripts", E_NO_MEMORY);
    nested++;
    error = carry_out_line(boot, line);
    nested--;
    return error;
}
