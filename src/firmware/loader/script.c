/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/script.h"

#include "lib/errors.h"
#include "lib/parse.h"
#include "lib/print.h"
#include "lib/string.h"
#include "loader/boot.h"
#include "loader/command.h"
#include "loader/interpreter.h"
#include "net/port.h"

enum { SCRIPTS_MAX = 1 << 18, MAGIC = 6, NO_NUL = 0x7f, ENDING = 2 /* a newline and NUL */ };

/* What runs is a copy, so that its file may be freed, and boot files may be placed over it. */
static struct script {
    struct script *outer;
    struct uri uri;
    char name[FILE_NAME_MAX + 1];
    const char *at; /* the line behind the one that is carried out */
    char text[];
} * current;
static uint8_t scripts[SCRIPTS_MAX] __attribute__((aligned(8)));
static struct script *next = (struct script *)scripts; /* the place for another one */
struct file *script_temporary;
static struct file *replacement;
static int status; /* what a script that `exit` ends has as its result */

const struct uri *script_uri(void)
{
    return current ? &current->uri : NULL;
}

void script_position(void)
{
    unsigned line = 0;

    if (!current)
        return;
    for (const char *p = current->text; p < current->at; p++)
        line += *p == '\n' || *p == COMMAND_CONTINUED;
    print("%s:%u: ", current->name, line);
}

__attribute__((noinline)) static const char *behind_spaces(const char *p)
{
    while (*p == ' ' || *p == '\t')
        p++;
    return p;
}

static const char *behind_word(const char *p)
{
    while ((uint8_t)*p > ' ')
        p++;
    return p;
}

static const char *behind_line(const char *p)
{
    while (*p++ != '\n')
        ;
    return p;
}

/* Copy a script. A line that ends with a backslash goes on in the next one. */
static void copy_text(char *to, const uint8_t *from, uint32_t length)
{
    for (; length--; from++) {
        char c = (char)*from;

        if (c == '\n') {
            while (to[-1] == '\r')
                to--;
            if (to[-1] == '\\') {
                to--;
                c = COMMAND_CONTINUED;
            }
        }
        *to++ = c ? c : NO_NUL;
    }
    memcpy(to, "\n", ENDING);
}

static bool script_recognise(const uint8_t *data, size_t length)
{
    const char *text = (const char *)data, *behind;

    if (length <= MAGIC)
        return false;
    behind = parse_prefix(text, "#!ipxe");
    if (!behind)
        behind = parse_prefix(text, "#!gpxe");
    return behind && (uint8_t)*behind <= ' ';
}

/* Carry out the running script, to its end. */
static int carry_out(struct boot *boot)
{
    struct script *self = current, *behind = next;
    int error = 0;

    while (*current->at && error >= 0 && error != SCRIPT_ENDS) {
        const char *line = behind_spaces(current->at);

        current->at = behind_line(line);
        if (*line == ':')
            line = behind_word(line);
        if (net_port.cancelled()) {
            script_position();
            return failed("script", E_CANCELLED);
        }
        error = command_line(boot, (char *)line);
        /* A program that returns may have had another script run, which never comes back. */
        current = self;
        next = behind;
    }
    return error == SCRIPT_ENDS ? status : error < 0 ? error : 0;
}

static int script_run(struct boot *boot, struct file *file)
{
    int error;

    do {
        uint32_t room = (uint32_t)(scripts + SCRIPTS_MAX - (uint8_t *)next);

        if (room < sizeof(*next) + ENDING || file->length > room - sizeof(*next) - ENDING)
            return failed(file->name, E_NO_MEMORY);
        next->outer = current;
        current = next;
        current->uri = file->uri;
        memcpy(current->name, file->name, sizeof(current->name));
        current->at = current->text;
        copy_text(current->text, file->data, file->length);
        next = (struct script *)(current->text + ((file->length + ENDING + 7) & ~7u));
        if (file == script_temporary)
            file_free(boot, file);
        script_temporary = replacement = NULL;
        error = carry_out(boot);
        next = current;
        current = current->outer;
        file = replacement;
    } while (file);
    return error;
}

bool script_replace(struct file *file)
{
    if (current && script_recognise(file->data, file->length))
        replacement = file;
    return replacement;
}

INTERPRETER(script_interpreter) = {
    .name = "script", .recognise = script_recognise, .run = script_run};

static int go_to(struct boot *boot, const struct arguments *arguments)
{
    const char *label = arguments->word[0];
    size_t length = strlen(label);

    for (const char *p = current ? current->text : ""; *p; p = behind_line(p)) {
        p = behind_spaces(p);
        if (*p == ':' && behind_word(p) == p + 1 + length && !memcmp(p + 1, label, length)) {
            current->at = p;
            return LINE_ENDS;
        }
    }
    return E_LABEL;
}
COMMAND("goto", "LABEL", go_to);

static int end_script(struct boot *boot, const struct arguments *arguments)
{
    uint32_t value = 0;

    if (arguments->count && !parse_decimal(arguments->word[0], &value))
        return E_ARGUMENTS;
    status = value ? E_UNTRUE : 0;
    return SCRIPT_ENDS;
}
COMMAND("exit", "[STATUS]", end_script);
