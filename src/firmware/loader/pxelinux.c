/* SPDX-License-Identifier: BSD-2-Clause */
/* Configuration files of PXELINUX, carried out in its place. One is read whole, with what it
 * includes, into a table of labels and menus; then a label is chosen as it says, and booted. */
#include "loader/pxelinux.h"

#include "lib/byteorder.h"
#include "lib/parse.h"
#include "lib/print.h"
#include "lib/string.h"
#include "loader/command.h"
#include "loader/editor.h"
#include "loader/interpreter.h"
#include "loader/menu.h"
#include "net/dhcp_options.h"
#include "net/net.h"
#include "platform/bios/console.h"
#include "platform/bios/smbios.h"

enum {
    TEXT_MAX = 1 << 16,
    SOURCES_MAX = 99,
    ENTRIES_MAX = 256,
    WORD_MAX = 64,
    LINE_MAX = 512,
    DEPTH_MAX = 4
};
enum { OPTION_CONFIG_FILE = 209, OPTION_PATH_PREFIX = 210 };

__attribute__((weak)) int command_line(struct boot *boot, char *line); /* TODO */
static const char folder[] = "pxelinux.cfg/";

/* What directives say: the rest of their line. */
enum value {
    /* of everything: they are in the first entry */
    DEFAULT,
    UI,
    TIMEOUT,
    ONTIMEOUT,
    PROMPT,
    NOESCAPE,
    GLOBALS,
    /* of a label or menu; those before the first label are for all labels */
    NAME = GLOBALS,
    MENU_LABEL,
    TITLE, /* of a menu */
    KERNEL,
    APPEND,
    INITRD,
    SYSAPPEND,
    LOCALBOOT,
    CONFIG,
    HIDE,
    IS_DEFAULT,
    BEGIN,
    EXIT,
    GOTO,
    QUIT,
    PASSWORD,
    VALUES,
    /* of nothing: they are carried out as they are read */
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

/* A label, or a menu: the first entry is the main one. */
static struct entry {
    const char *value[VALUES]; /* NULL = not said */
    unsigned menu;             /* the entry whose menu it is in */
} entries[ENTRIES_MAX];

/* The files that were read; each line of their text ends with a NUL. */
static struct source {
    const char *name, *text;
} sources[SOURCES_MAX];
static char texts[TEXT_MAX];

static struct {
    struct uri base;                  /* names are relative to it */
    struct uri file;                  /* the first one */
    unsigned loads, sources, entries; /* how many */
    unsigned entry, menu;             /* what directives are for now */
    size_t length;                    /* of the texts */
    bool in_help;                     /* the lines are a help text */
    bool asked;                       /* the user was */
} config;

static const char *skip_blanks(const char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    return text;
}

/* What stands behind a word, in any case; NULL when the text begins with another. */
static const char *behind(const char *text, const char *word)
{
    for (; *text && *word && (*text | 0x20) == (*word | 0x20); text++)
        word++;
    return *word || (uint8_t)*text > ' ' ? NULL : skip_blanks(text);
}

/* The part of a text from which on it ends so; NULL when it does not. */
static char *ending(char *text, const char *end)
{
    size_t length = strlen(text), n = strlen(end);

    return length >= n && !memcmp(text + length - n, end, n) ? text + length - n : NULL;
}

static const struct directive *find_directive(const char *text, unsigned from, const char **rest)
{
    const struct directive *d = directives + from;

    text = skip_blanks(text);
    while (*d->word && !(*rest = behind(text, d->word)))
        d++;
    return d;
}

/* The word that a text begins with. */
static char *first_word(const char *text)
{
    static char word[URI_PATH_MAX + 1];
    size_t n = 0;

    while ((uint8_t)*text > ' ' && n < URI_PATH_MAX)
        word[n++] = *text++;
    word[n] = 0;
    return word;
}

/* Print where in which file a value stands, and what is wrong with its first word; returns the
 * error. */
static int complain(const char *value, int error)
{
    const struct source *source = sources + config.sources;
    unsigned line = 1;

    if (value >= texts && value < texts + config.length) {
        while ((--source)->text > value)
            ;
        for (const char *p = source->text; p < value; p++)
            line += !*p;
        print("%s:%u: ", source->name, line);
    }
    return failed(first_word(value), error);
}

/* Copy a text behind those that are there, without blanks at the ends of lines and control
 * characters. Returns its end, NULL when it is no text, or too long. */
static char *copy_text(const uint8_t *data, size_t length)
{
    char *to = texts + config.length, *line = to;

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

/* Fetch the file that a text begins with. */
static int fetch(struct boot *boot, const char *text, struct file **file)
{
    struct uri uri = config.base;
    int error = uri_parse(first_word(text), &uri);

    return error ? complain(text, error) : file_fetch(boot, &uri, NULL, file);
}

/* A new label or menu, which has what was said for all. */
static int add_entry(const char *name)
{
    struct entry *entry = entries + config.entries;

    if (config.entries == ENTRIES_MAX)
        return complain(name, E_NO_MEMORY);
    *entry = entries[0];
    entry->menu = config.menu;
    entry->value[NAME] = name;
    config.entry = config.entries++;
    return 0;
}

static int include(struct boot *boot, const char *name);

static int read_line(struct boot *boot, const char *line)
{
    const char *rest;
    const struct directive *d = find_directive(line, 0, &rest);
    int error = 0;

    if (config.in_help) {
        config.in_help = !behind(skip_blanks(line), "endtext");
        return 0;
    }
    if (d->what == MENU)
        d = find_directive(rest, MENU_DIRECTIVES, &rest);
    config.in_help = d->what == TEXT;
    if (d->what == SAY)
        print("%s\n", rest);
    if (d->what == INCLUDE)
        return include(boot, rest);
    if (d->what == LABEL || d->what == BEGIN)
        error = add_entry(rest);
    if (d->what == BEGIN)
        config.menu = config.entry;
    if (d->what == END) {
        config.entry = config.menu;
        config.menu = entries[config.menu].menu;
    }
    if (d->what < VALUES)
        entries[d->what < GLOBALS ? 0 : config.entry].value[d->what] = rest;
    return error;
}

/* Takes the file out of the list. */
static int read_file(struct boot *boot, const char *name, struct file *file)
{
    const char *line = texts + config.length, *end = copy_text(file->data, file->length);
    int error = 0;

    file_free(boot, file);
    if (!end)
        return failed(name, E_SYNTAX);
    sources[config.sources++] = (struct source){name, line};
    config.length = (size_t)(end - texts);
    for (; line < end && !error; line += strlen(line) + 1)
        error = read_line(boot, line);
    return error;
}

static int include(struct boot *boot, const char *name)
{
    struct file *file;
    int error;

    if (config.sources == SOURCES_MAX)
        return complain(name, E_REDIRECTS);
    error = fetch(boot, name, &file);
    if (!error)
        return read_file(boot, name, file);
    return error == E_CANCELLED ? error : 0; /* what else there is may do */
}

static int read_config(struct boot *boot, struct file *file)
{
    memset(entries, 0, sizeof(entries[0]));
    config.file = file->uri;
    config.length = config.sources = config.entry = config.menu = 0;
    config.entries = 1;
    config.in_help = false;
    if (config.loads++ == SOURCES_MAX)
        return failed(config.file.path, E_REDIRECTS);
    return read_file(boot, config.file.path, file);
}

/* A label that is typed, or that a directive names, with arguments. What is no label is a file. */
static struct entry *find_entry(const char *line, const char **more)
{
    static struct entry typed;

    for (struct entry *e = entries + 1; e < entries + config.entries; e++)
        if ((*more = behind(line, e->value[NAME])))
            return e;
    typed = entries[0];
    typed.value[KERNEL] = line;
    while ((uint8_t)*line > ' ')
        line++;
    *more = skip_blanks(line);
    return &typed;
}

/* What a number says, 0 where there is none. */
static uint32_t number(enum value value)
{
    uint32_t n = 0;

    if (entries[0].value[value])
        parse_decimal(entries[0].value[value], &n);
    return n;
}

/* Seconds until nobody's choice counts, 0 = never. */
static unsigned patience(void)
{
    return (number(TIMEOUT) + 9) / 10;
}

/* What tells this machine from others, in the order of `sysappend`: addresses, hardware address,
 * UUID. Returns its length, 0 where it is not known. */
static int machine_word(unsigned which, char *word)
{
    uint8_t uuid[16];
    char *to = word;

    if (which == 0)
        return print_format(word, WORD_MAX, "%I:%I:%I:%I", net.ip, config.base.server, net.gateway,
                            net.mask);
    if (which == 1) {
        print_format(word, WORD_MAX, "01-%M", net.mac);
        for (; *to; to++)
            if (*to == ':')
                *to = '-';
    } else if (smbios_uuid(uuid)) {
        for (unsigned i = 0; i < sizeof(uuid); i++)
            to += print_format(to, 4, 0x550 >> i & 1 ? "-%02x" : "%02x", uuid[i]);
    }
    return (int)(to - word);
}

/* The command line of a label's kernel. */
static int set_arguments(struct file *kernel, const struct entry *entry, const char *more)
{
    static const char *const keys[] = {"ip", "BOOTIF", "SYSUUID"};
    enum { CAP = sizeof(kernel->arguments) };
    const char *append = entry->value[APPEND], *initrd = entry->value[INITRD];
    char *to = kernel->arguments, word[WORD_MAX];
    uint32_t bits = 0;
    int length;

    if (!append || !strcmp(append, "-"))
        append = "";
    length = print_format(to, CAP, initrd ? "%S %S initrd=%S" : "%S %S", append, more, initrd);
    if (entry->value[SYSAPPEND])
        parse_decimal(entry->value[SYSAPPEND], &bits);
    for (unsigned n = 0; n < 3 && length < CAP; n++)
        if (bits >> n & 1 && machine_word(n, word))
            length += print_format(to + length, (size_t)(CAP - length), " %s=%S", keys[n], word);
    return length < CAP ? 0 : complain(append, E_NO_MEMORY);
}

static int local_disk(struct boot *boot, const char *drive)
{
    char line[WORD_MAX];

    print_format(line, sizeof(line), "sanboot --drive %S", drive);
    return command_line ? command_line(boot, line) : failed(line, E_UNSUPPORTED);
}

/* A COM32 module that has a counterpart here. */
static int run_module(struct boot *boot, const char *kernel, const char *argument)
{
    char *name = first_word(kernel), *end = ending(name, ".c32");

    if (ending(name, "chain.c32") && argument && !strcmp(argument, "hd0"))
        return local_disk(boot, "0x80");
    if (command_line && (ending(name, "reboot.c32") || ending(name, "poweroff.c32"))) {
        *end = 0;
        while (end > name && end[-1] != '/')
            end--;
        return command_line(boot, end);
    }
    return complain(kernel, E_UNSUPPORTED);
}

static int boot_entry(struct boot *boot, const struct entry *entry, const char *more)
{
    const char *local = entry->value[LOCALBOOT], *kernel = entry->value[KERNEL];
    struct file *file;
    int error;

    if (entry->value[PASSWORD])
        return complain(entry->value[PASSWORD], E_UNSUPPORTED);
    if (local && parse_prefix(local, "0x"))
        return local_disk(boot, local);
    if (local) {
        print("Local boot: next boot device\n");
        return E_CANCELLED;
    }
    if (!kernel)
        kernel = entry->value[NAME];
    if (ending(first_word(kernel), ".c32"))
        return run_module(boot, kernel, entry->value[APPEND]);
    file_free(boot, NULL);
    error = fetch(boot, kernel, &file);
    if (error)
        return error;
    file->is_program = true;
    error = set_arguments(file, entry, more);
    if (!error)
        error = file_initrds(boot, &config.base, file->arguments);
    return error ? error : file_run(boot, file);
}

/* Show a menu; NULL when the user leaves it, or it has no items. */
static struct entry *show_menu(unsigned menu)
{
    static struct entry *rows[MENU_ITEMS_MAX];
    static const char name[] = "pxelinux";
    const char *title = entries[menu].value[TITLE], *preset = entries[0].value[DEFAULT];
    char text[MENU_TEXT_MAX + 1];
    struct menu_item *item;
    unsigned count = 0;
    int at;

    menu_clear(name);
    item = menu_add(name, name, title ? title : config.file.path);
    if (item)
        item->is_title = true;
    for (struct entry *e = entries + 1; e < entries + config.entries; e++) {
        const char *from = e->value[MENU_LABEL];
        size_t n = 0;
        char key = 0;

        if (e->menu != menu || e->value[HIDE])
            continue;
        for (from = from ? from : e->value[NAME]; *from && n < MENU_TEXT_MAX; from++) {
            if (*from == '^')
                key = from[1] | 0x20;
            else
                text[n++] = *from;
        }
        text[n] = 0;
        item = menu_add(name, text, text);
        if (!item)
            break;
        item->key = key;
        item->is_default = e->value[IS_DEFAULT] || (preset && behind(preset, e->value[NAME]));
        rows[count++] = e;
    }
    config.asked = count;
    at = menu_run(name, NULL, patience(), 0);
    menu_clear(name);
    return at < 0 ? NULL : rows[at];
}

/* Let the user choose a label from the menus; NULL when that was to leave them. */
static struct entry *choose(void)
{
    unsigned menu = 0;

    for (;;) {
        struct entry *e = show_menu(menu);
        const char *more;

        if (!e || e->value[QUIT])
            return NULL;
        if (e->value[GOTO]) {
            e = find_entry(e->value[GOTO], &more);
            menu = e > entries && e < entries + config.entries ? (unsigned)(e - entries) : 0;
        } else if (e->value[BEGIN]) {
            menu = (unsigned)(e - entries);
        } else if (e->value[EXIT]) {
            menu = entries[menu].menu;
        } else {
            return e;
        }
    }
}

/* What is to be done, as the file or the user says: a label or file with arguments. Returns 0 or
 * E_CANCELLED. */
static int ask(const char **line)
{
    static char typed[LINE_MAX];
    const char *const *global = entries[0].value;
    char key = ' ';

    *line = global[UI] ? global[UI] : global[DEFAULT];
    if (!*line) {
        print("%s: no default\n", config.file.path);
        *line = "menu.c32";
    }
    if ((global[UI] || !number(PROMPT)) && (number(NOESCAPE) || !console_shift_held()))
        return 0;
    if (patience())
        key = menu_countdown("boot:", patience());
    if (key == KEY_ESCAPE)
        return E_CANCELLED;
    if (!key && global[ONTIMEOUT])
        *line = global[ONTIMEOUT];
    if (!key || key == '\r')
        return 0;
    config.asked = true;
    print("boot: ");
    typed[0] = 0;
    if (edit_line(typed, sizeof(typed), 0))
        return E_CANCELLED;
    if (typed[0])
        *line = typed;
    return 0;
}

static bool is_menu(const struct entry *entry)
{
    const char *kernel = entry->value[KERNEL];

    return kernel && ending(first_word(kernel), "menu.c32");
}

/* Returns 0 when it goes on with another configuration file, which has been read. */
static int run_once(struct boot *boot)
{
    const char *line, *more, *next;
    struct entry *entry;
    struct file *file;
    int error = ask(&line);

    if (error)
        return error;
    for (entry = find_entry(line, &more);; entry = choose()) {
        if (!entry)
            return config.entries > 1 ? E_CANCELLED : failed(config.file.path, E_LABEL);
        next = entry->value[CONFIG];
        if (!next && is_menu(entry))
            next = *more ? more : entry->value[APPEND];
        if (next && *next) {
            error = fetch(boot, next, &file);
            return error ? error : read_config(boot, file);
        }
        if (!is_menu(entry))
            break;
        more = "";
    }
    error = boot_entry(boot, entry, more);
    return error ? error : E_CANCELLED; /* a script came to its end */
}

/* A file that did not boot is no reason to leave a menu that waits for its user. */
static int run(struct boot *boot, struct file *file)
{
    static unsigned depth;
    int error;

    if (depth == DEPTH_MAX)
        return failed(file->uri.path, E_REDIRECTS);
    depth++;
    config.loads = 0;
    error = read_config(boot, file);
    while (!error || (config.asked && error != E_CANCELLED && !patience())) {
        config.asked = false;
        error = run_once(boot);
    }
    depth--;
    return error;
}

static int run_file(struct boot *boot, struct file *file)
{
    config.base = file->uri;
    for (char *p = config.base.path; *p; p++)
        if (!memcmp(p, folder, sizeof(folder) - 1))
            *p = 0;
    return run(boot, file);
}

static bool recognise(const uint8_t *data, size_t length)
{
    const char *line = texts + config.length, *end = copy_text(data, length), *rest;

    if (!end || parse_prefix(line, "#!"))
        return false;
    while (line < end && (!*skip_blanks(line) || *line == '#'))
        line += strlen(line) + 1;
    return line < end && find_directive(line, 0, &rest)->what != UNKNOWN;
}

INTERPRETER(pxelinux) = {"pxelinux", recognise, run_file};

static void dhcp_text(const struct boot *boot, unsigned tag, char *to)
{
    dhcp_option_string(&boot->lease.ack, tag, to, DHCP_NAME_MAX);
    if (!*to)
        dhcp_option_string(&boot->lease.proxy, tag, to, DHCP_NAME_MAX);
}

/* The n-th name to look for; "" = not here. False behind the last. */
static bool search_name(const struct boot *boot, unsigned n, char *name)
{
    static const char digits[] = "0123456789ABCDEF";
    uint32_t ip = be32(net.ip);
    char *to = name + sizeof(folder) - 1;

    memcpy(name, folder, sizeof(folder));
    if (n == 0)
        dhcp_text(boot, OPTION_CONFIG_FILE, name);
    else if (n <= 2)
        *name = machine_word(3 - n, to) ? *name : 0;
    else if (n <= 10)
        for (unsigned shift = 32; shift > 4 * (n - 3); *to = 0)
            *to++ = digits[ip >> (shift -= 4) & 15];
    else
        memcpy(to, "default", sizeof("default"));
    return n <= 11;
}

int pxelinux_search(struct boot *boot, const struct uri *uri, int error)
{
    char name[DHCP_NAME_MAX + 1], *end;
    struct file *file;

    config.base = *uri;
    end = ending(config.base.path, folder);
    if (end)
        *end = 0;
    dhcp_text(boot, OPTION_CONFIG_FILE, name);
    if (!end && !*name && !ending(config.base.path, "pxelinux.0"))
        return error;
    dhcp_text(boot, OPTION_PATH_PREFIX, name);
    if (*name && uri_parse(name, &config.base))
        return failed(name, E_NO_DNS);
    for (unsigned n = 0; search_name(boot, n, name); n++) {
        if (!*name)
            continue;
        error = fetch(boot, name, &file);
        if (!error)
            return run(boot, file);
        if (error < E_TFTP || error > E_FILE_NOT_FOUND)
            break; /* no answer is one for all names */
    }
    return error;
}
