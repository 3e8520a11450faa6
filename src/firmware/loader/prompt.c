/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/prompt.h"

#include "lib/errors.h"
#include "lib/parse.h"
#include "lib/print.h"
#include "lib/settings.h"
#include "lib/string.h"
#include "loader/boot.h"
#include "loader/command.h"
#include "loader/editor.h"
#include "loader/history.h"
#include "loader/menu.h"
#include "net/net.h"
#include "net/port.h"
#include "platform/bios/console.h"
#include "platform/bios/timer.h"

/* An image may be without commands. */
__attribute__((weak)) int command_line(struct boot *boot, char *line);

char prompt_key(uint32_t ms)
{
    struct deadline end = deadline_in(ms);
    char key;

    do {
        net_poll();
        key = console_key();
        if (!key)
            net_port.idle();
    } while (!key && !deadline_passed(&end));
    return key;
}

static bool is_command(const char *line)
{
    for (const struct command *c = __start_commands; c < __stop_commands; c++) {
        size_t length = strlen(c->name);

        if (!memcmp(line, c->name, length) && line[length] <= ' ')
            return true;
    }
    return false;
}

int prompt_boot_file(struct boot *boot)
{
    static char line[HISTORY_LINE];
    unsigned flags = EDIT_HISTORY | EDIT_LIMITED;
    int error;

    if (console_key() <= 0 && !console_shift_held()) {
        unsigned wait = settings[SETTING_WAIT];

        if (wait && menu_countdown("Any key: next device", wait))
            return E_CANCELLED;
        settings[SETTING_WAIT] = 0;
        return 0;
    }
    print(command_line ? "Boot file or command%s\n" : "Boot file%s\n",
          " (Enter: the server's; Esc: next device)");
    for (;;) {
        print("etherforge> ");
        line[0] = 0;
        error = edit_line(line, sizeof(line), flags);
        if (error == E_TIMEOUT)
            return 0;
        if (error && !line[0])
            return error;
        if (error)
            continue;
        if (!command_line || !is_command(line))
            break;
        flags = EDIT_HISTORY;
        command_line(boot, line);
    }
    print_format(boot->typed, sizeof(boot->typed), "%S", line);
    return 0;
}
