/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/prompt.h"

#include "lib/errors.h"
#include "lib/print.h"
#include "lib/settings.h"
#include "loader/menu.h"
#include "net/net.h"
#include "net/port.h"
#include "platform/bios/console.h"
#include "platform/bios/timer.h"

enum { ESCAPE = 0x1b, BACKSPACE = 8 };

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

int prompt_boot_file(char *line, size_t cap)
{
    size_t n = 0;

    line[0] = 0;
    if (console_key() <= 0 && !console_shift_held()) {
        unsigned wait = settings[SETTING_WAIT];

        if (wait && menu_countdown("Any key: next device", wait))
            return E_CANCELLED;
        settings[SETTING_WAIT] = 0;
        return 0;
    }
    print("Boot file (Enter: the server's; Esc: next device): ");
    for (;;) {
        char key = prompt_key(PROMPT_PATIENCE_MS);

        if (key == ESCAPE) {
            print("\n");
            return E_CANCELLED;
        }
        if (!key || key == '\r')
            break;
        if (key == BACKSPACE && n) {
            n--;
            print("\b \b");
        } else if (key > ' ' && key <= '~' && n < cap - 1) {
            line[n++] = key;
            print("%c", key);
        }
    }
    line[n] = 0;
    print("\n");
    return 0;
}
