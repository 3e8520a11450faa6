/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands of use at the prompt. */
#include "lib/errors.h"
#include "lib/print.h"
#include "lib/string.h"
#include "loader/boot.h"
#include "loader/command.h"
#include "loader/editor.h"
#include "loader/history.h"
#include "loader/prompt.h"
#include "loader/shell.h"
#include "platform/bios/console.h"

enum { NESTED_MAX = 20 }; /* shells in one another; scripts may be fewer */
enum { HELP_COLUMN = 8, HELP_WIDTH = 40, HELP_NAME_MAX = 40 };

int shell_run(struct boot *boot, char *file)
{
    static char lines[NESTED_MAX][HISTORY_LINE];
    static unsigned depth;
    unsigned flags = EDIT_HISTORY | (file ? EDIT_LIMITED : 0);
    char *line = lines[depth++];
    int error;

    for (;;) {
        print("etherforge> ");
        line[0] = 0;
        error = edit_line(line, HISTORY_LINE, flags);
        if (error && error != E_TIMEOUT && line[0]) /* once more from its beginning */
            continue;
        if (error)
            break;
        if (file && !command_find(line)) {
            print_format(file, DHCP_NAME_MAX + 1, "%S", line);
            break;
        }
        flags = EDIT_HISTORY;
        if (command_line(boot, line) == SCRIPT_ENDS)
            break;
    }
    depth--;
    return error;
}

static int shell(struct boot *boot, const struct arguments *a)
{
    int error = shell_run(boot, NULL);

    return error == E_UNTRUE ? 0 : error;
}
COMMAND("shell", "", shell);

static int help(struct boot *boot, const struct arguments *a)
{
    const struct command *c = a->count ? command_find(a->word[0]) : NULL;
    char row[HELP_WIDTH + HELP_NAME_MAX];
    unsigned length = 0;

    if (c) {
        print("%s\n", c->usage);
        return 0;
    }
    for (c = __start_commands; c < __stop_commands; c++) {
        for (const char *name = c->usage; *name != ' '; name++)
            row[length++] = *name;
        do
            row[length++] = ' ';
        while (length % HELP_COLUMN);
        row[length] = 0;
        if (length >= HELP_WIDTH) {
            print("%s\n", row);
            row[0] = length = 0;
        }
    }
    print("%s\nhelp COMMAND: what it takes\n", row);
    return 0;
}
COMMAND("help", "[COMMAND]", help);

/* How the screen looks, or what a user may compare: that does not matter to what is booted. */
static int accept(struct boot *boot, const struct arguments *a)
{
    return 0;
}
COMMAND("console|colour|color|cpair|md5sum", "...", accept);
