/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/pxelinux_config.h"

#include "lib/parse.h"
#include "lib/print.h"
#include "lib/string.h"
#include "loader/boot.h"

enum { TEXT_MAX = 1 << 16, SOURCES_MAX = 99 };

/* What else directives do, as they are read. */
enum {
    LABEL = VALUES,
    INCLUDE,
    SAY,
    TEXT,
    MENU,
    END,
    NOTHING,
    UNKNOWN,
};

static const struct directive {
    char word[11];
    uint8_t what;
} directives[] = {
    {"default", DEFAULT},     {"ui", UI},
    {"timeout", TIMEOUT},     {"ontimeout", ONTIMEOUT},
    {"prompt", PROMPT},       {"noescape", NOESCAPE},
    {"label", LABEL},         {"kernel", KERNEL},
    {"linux", KERNEL},        {"com32", KERNEL},
    {"pxe", KERNEL},          {"boot", KERNEL},
    {"append", APPEND},       {"initrd", INITRD},
    {"ipappend", SYSAPPEND},  {"sysappend", SYSAPPEND},
    {"localboot", LOCALBOOT}, {"config", CONFIG},
    {"include", INCLUDE},     {"say", SAY},
    {"text", TEXT},           {"menu", MENU},
    {"serial", NOTHING},      {"path", NOTHING},
    {"display", NOTHING},     {"", UNKNOWN},
    {"label", MENU_LABEL},    {"title", TITLE},
    {"default", IS_DEFAULT},  {"hide", HIDE},
    {"disable", HIDE},        {"disabled", HIDE},
    {"begin", BEGIN},         {"end", END},
    {"exit", EXIT},           {"goto", GOTO},
    {"quit", QUIT},           {"passwd", PASSWORD},
    {"include", INCLUDE},     {"", UNKNOWN},
};
enum { MENU_DIRECTIVES = 26 };

struct entry config_entries[ENTRIES_MAX];
struct config_state config_state;

/* The files that were read; each line of their text ends with a NUL. */
static struct source {
    const char *name, *text;
} sources[SOURCES_MAX];
static char texts[TEXT_MAX];

/* Lines that are left of those that are being read. */
static struct lines {
    const char *next, *end;
} lines[SOURCES_MAX];

const char *config_skip(const char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    return text;
}

const char *config_behind(const char *text, const char *word)
{
    for (; *text && *word && (*text | 0x20) == (*word | 0x20); text++)
        word++;
    return *word || (uint8_t)*text > ' ' ? NULL : config_skip(text);
}

static const struct directive *find_directive(const char *text, unsigned from, const char **rest)
{
    const struct directive *d = directives + from;

    text = config_skip(text);
    while (*d->word && !(*rest = config_behind(text, d->word)))
        d++;
    return d;
}

char *config_word(const char *text)
{
    static char word[URI_PATH_MAX + 1];
    size_t n = 0;

    while ((uint8_t)*text > ' ' && n < URI_PATH_MAX)
        word[n++] = *text++;
    word[n] = 0;
    return word;
}

int config_complain(const char *value, int error)
{
    const struct source *source = sources + config_state.sources;
    unsigned line = 1;

    if (value >= texts && value < texts + config_state.length) {
        while ((--source)->text > value)
            ;
        for (const char *p = source->text; p < value; p++)
            line += !*p;
        print("%s:%u: ", source->name, line);
    }
    return failed(config_word(value), error);
}

/* Copy a text behind those that are there, without blanks at the ends of lines and control
 * characters. Returns its end, NULL when it is no text, or too long. */
static char *copy_text(const uint8_t *data, size_t length)
{
    char *to = texts + config_state.length, *line = to;

    if (length >= (size_t)(texts + sizeof(texts) - to))
        return NULL;
    for (; length; length--) {
        char c = (char)*data++;

        if (!c)
            return NULL;
        if (c == '\n') {
            while (to > line && (to[-1] == ' ' || to[-1] == '\t'))
                to--;
            *to++ = 0;
            line = to;
        } else if ((uint8_t)c >= ' ' || c == '\t') {
            *to++ = c;
        }
    }
    *to++ = 0;
    return to;
}

int config_fetch(struct boot *boot, const char *text, struct file **file)
{
    struct uri uri = config_state.base;
    int error = uri_parse(config_word(text), &uri);

    return error ? config_complain(text, error) : file_fetch(boot, &uri, NULL, file);
}

/* A new label or menu, which has what was said for all. */
static int add_entry(const char *name)
{
    struct entry *entry = config_entries + config_state.entries;

    if (config_state.entries == ENTRIES_MAX)
        return config_complain(name, E_NO_MEMORY);
    *entry = config_entries[0];
    entry->menu = config_state.menu;
    entry->value[NAME] = name;
    config_state.entry = config_state.entries++;
    return 0;
}

/* Take the lines of a file before those that are left, and the file out of the list. */
static int open_source(struct boot *boot, const char *name, struct file *file)
{
    const char *text = texts + config_state.length, *end = copy_text(file->data, file->length);

    file_free(boot, file);
    if (!end)
        return failed(name, E_SYNTAX);
    sources[config_state.sources++] = (struct source){name, text};
    config_state.length = (size_t)(end - texts);
    lines[config_state.open++] = (struct lines){text, end};
    return 0;
}

static int include(struct boot *boot, const char *name)
{
    struct file *file;
    int error;

    if (config_state.sources == SOURCES_MAX)
        return config_complain(name, E_REDIRECTS);
    error = config_fetch(boot, name, &file);
    if (!error)
        return open_source(boot, name, file);
    return error == E_CANCELLED ? error : 0; /* what else there is may do */
}

static int read_line(struct boot *boot, const char *line)
{
    const char *rest;
    const struct directive *d = find_directive(line, 0, &rest);
    int error = 0;

    if (config_state.in_help) {
        config_state.in_help = !config_behind(config_skip(line), "endtext");
        return 0;
    }
    if (d->what == MENU)
        d = find_directive(rest, MENU_DIRECTIVES, &rest);
    config_state.in_help = d->what == TEXT;
    if (d->what == SAY)
        print("%s\n", rest);
    if (d->what == INCLUDE)
        return include(boot, rest);
    if (d->what == LABEL || d->what == BEGIN)
        error = add_entry(rest);
    if (d->what == BEGIN)
        config_state.menu = config_state.entry;
    if (d->what == END) {
        config_state.entry = config_state.menu;
        config_state.menu = config_entries[config_state.menu].menu;
    }
    if (d->what < VALUES)
        config_entries[d->what < GLOBALS ? 0 : config_state.entry].value[d->what] = rest;
    return error;
}

int config_read(struct boot *boot, struct file *file)
{
    int error;

    memset(config_entries, 0, sizeof(config_entries[0]));
    config_state.file = file->uri;
    config_state.length = config_state.sources = config_state.open = config_state.entry =
        config_state.menu = 0;
    config_state.entries = 1;
    config_state.in_help = false;
    if (config_state.loads++ == LOADS_MAX)
        return failed(config_state.file.path, E_REDIRECTS);
    error = open_source(boot, config_state.file.path, file);
    while (!error && config_state.open) {
        struct lines *left = &lines[config_state.open - 1];
        const char *line = left->next;

        if (line == left->end) {
            config_state.open--;
            continue;
        }
        left->next += strlen(line) + 1;
        error = read_line(boot, line);
    }
    return error;
}

bool config_recognise(const uint8_t *data, size_t length)
{
    const char *line = texts + config_state.length, *end = copy_text(data, length), *rest;

    if (!end || parse_prefix(line, "#!"))
        return false;
    while (line < end && (!*config_skip(line) || *line == '#'))
        line += strlen(line) + 1;
    return line < end && find_directive(line, 0, &rest)->what != UNKNOWN;
}
