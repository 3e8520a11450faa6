/* SPDX-License-Identifier: BSD-2-Clause */
/* In place of PXELINUX: its configuration file is found, a label is chosen as it says, and booted.
 */
#include "loader/pxelinux.h"

#include "lib/byteorder.h"
#include "lib/parse.h"
#include "lib/print.h"
#include "lib/string.h"
#include "loader/command.h"
#include "loader/editor.h"
#include "loader/interpreter.h"
#include "loader/local.h"
#include "loader/menu.h"
#include "loader/pxelinux_config.h"
#include "net/dhcp_options.h"
#include "net/net.h"
#include "platform/bios/console.h"
#include "platform/bios/smbios.h"

enum { WORD_MAX = 64, LINE_MAX = 512, DEPTH_MAX = 4, FIRST_DISK = 0x80 };
enum { OPTION_CONFIG_FILE = 209, OPTION_PATH_PREFIX = 210 };

static const char folder[] = "pxelinux.cfg/";
static bool asked; /* the user was */

/* The part of a text from which on it ends so; NULL when it does not. */
static char *ending(char *text, const char *end)
{
    size_t length = strlen(text), n = strlen(end);

    return length >= n && !memcmp(text + length - n, end, n) ? text + length - n : NULL;
}

/* A label that is typed, or that a directive names, with arguments. What is no label is a file. */
static struct entry *find_entry(const char *line, const char **more)
{
    static struct entry typed;

    for (struct entry *e = config_entries + 1; e < config_entries + config_state.entries; e++)
        if ((*more = config_behind(line, e->value[NAME])))
            return e;
    typed = config_entries[0];
    typed.value[KERNEL] = line;
    while ((uint8_t)*line > ' ')
        line++;
    *more = config_skip(line);
    return &typed;
}

/* What a number says, 0 where there is none. */
static uint32_t number(enum value value)
{
    uint32_t n = 0;

    if (config_entries[0].value[value])
        parse_decimal(config_entries[0].value[value], &n);
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
        return print_format(word, WORD_MAX, "%I:%I:%I:%I", net.ip, config_state.base.server,
                            net.gateway, net.mask);
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
    return length < CAP ? 0 : config_complain(append, E_NO_MEMORY);
}

/* A COM32 module that has a counterpart here. */
static int run_module(struct boot *boot, const char *kernel, const char *argument)
{
    char *name = config_word(kernel), *end = ending(name, ".c32");

    if (ending(name, "chain.c32") && argument && !strcmp(argument, "hd0"))
        return failed(argument, local_boot(FIRST_DISK));
    if (!ending(name, "reboot.c32") && !ending(name, "poweroff.c32"))
        return config_complain(kernel, E_UNSUPPORTED);
    *end = 0;
    while (end > name && end[-1] != '/')
        end--;
    return command_line(boot, end);
}

static int boot_entry(struct boot *boot, const struct entry *entry, const char *more)
{
    const char *local = entry->value[LOCALBOOT], *kernel = entry->value[KERNEL];
    const char *disk;
    struct file *file;
    int error;

    if (entry->value[PASSWORD])
        return config_complain(entry->value[PASSWORD], E_UNSUPPORTED);
    disk = local ? parse_prefix(local, "0x8") : NULL;
    if (disk)
        return failed(local, local_boot((uint8_t)(FIRST_DISK + *disk - '0')));
    if (local) {
        print("Local boot: next boot device\n");
        return E_CANCELLED;
    }
    if (!kernel)
        kernel = entry->value[NAME];
    if (ending(config_word(kernel), ".c32"))
        return run_module(boot, kernel, entry->value[APPEND]);
    file_free(boot, NULL);
    error = config_fetch(boot, kernel, &file);
    if (error)
        return error;
    file->is_program = true;
    error = set_arguments(file, entry, more);
    if (!error)
        error = file_initrds(boot, &config_state.base, file->arguments);
    return error ? error : file_run(boot, file);
}

/* Show a menu; NULL when the user leaves it, or it has no items. */
static struct entry *show_menu(unsigned menu)
{
    static struct entry *rows[MENU_ITEMS_MAX];
    static const char name[] = "pxelinux";
    const char *title = config_entries[menu].value[TITLE],
               *preset = config_entries[0].value[DEFAULT];
    char text[MENU_TEXT_MAX + 1];
    struct menu_item *item;
    unsigned count = 0;
    int at;

    menu_clear(name);
    item = menu_add(name, name, title ? title : config_state.file.path);
    if (item)
        item->is_title = true;
    for (struct entry *e = config_entries + 1; e < config_entries + config_state.entries; e++) {
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
        item->is_default =
            e->value[IS_DEFAULT] || (preset && config_behind(preset, e->value[NAME]));
        rows[count++] = e;
    }
    asked = count;
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
            menu = e > config_entries && e < config_entries + config_state.entries
                       ? (unsigned)(e - config_entries)
                       : 0;
        } else if (e->value[BEGIN]) {
            menu = (unsigned)(e - config_entries);
        } else if (e->value[EXIT]) {
            menu = config_entries[menu].menu;
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
    const char *const *global = config_entries[0].value;
    char key = ' ';

    *line = global[UI] ? global[UI] : global[DEFAULT];
    if (!*line) {
        print("%s: no default\n", config_state.file.path);
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
    asked = true;
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

    return kernel && ending(config_word(kernel), "menu.c32");
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
            return config_state.entries > 1 ? E_CANCELLED : failed(config_state.file.path, E_LABEL);
        next = entry->value[CONFIG];
        if (!next && is_menu(entry))
            next = *more ? more : entry->value[APPEND];
        if (next && *next) {
            error = config_fetch(boot, next, &file);
            return error ? error : config_read(boot, file);
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
    config_state.loads = 0;
    error = config_read(boot, file);
    while (!error || (asked && error != E_CANCELLED && !patience())) {
        asked = false;
        error = run_once(boot);
    }
    depth--;
    return error;
}

static int run_file(struct boot *boot, struct file *file)
{
    config_state.base = file->uri;
    for (char *p = config_state.base.path; *p; p++)
        if (!memcmp(p, folder, sizeof(folder) - 1))
            *p = 0;
    return run(boot, file);
}

INTERPRETER(pxelinux) = {"pxelinux", config_recognise, run_file};

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

    config_state.base = *uri;
    end = ending(config_state.base.path, folder);
    if (end)
        *end = 0;
    dhcp_text(boot, OPTION_CONFIG_FILE, name);
    if (!end && !*name && !ending(config_state.base.path, "pxelinux.0"))
        return error;
    dhcp_text(boot, OPTION_PATH_PREFIX, name);
    error = *name ? uri_parse(name, &config_state.base) : 0;
    if (error)
        return failed(name, error);
    for (unsigned n = 0; search_name(boot, n, name); n++) {
        if (!*name)
            continue;
        error = config_fetch(boot, name, &file);
        if (!error)
            return run(boot, file);
        if (error < E_TFTP || error > E_FILE_NOT_FOUND)
            break; /* no answer is one for all names */
    }
    return error;
}
