/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/prompt.h"

#include "lib/errors.h"
#include "lib/print.h"
#include "lib/settings.h"
#include "loader/boot.h"
#include "loader/editor.h"
#include "loader/menu.h"
#include "net/net.h"
#include "net/port.h"
#include "platform/bios/console.h"
#include "platform/bios/timer.h"

/* An image may be without commands. */
__attribute__((weak)) int shell_run(struct boot *boot, char *file);

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

int prompt_error(char key)
{
    return key == KEY_ESCAPE ? E_UNTRUE : key == KEY_CTRL_C ? E_CANCELLED : 0;
}

int prompt_boot_file(struct boot *boot)
{
    int error;

    if (console_key() <= 0 && !console_shift_held()) {
        unsigned wait = settings[SETTING_WAIT];

        if (wait && menu_countdown("Any key: next device", wait))
            return E_CANCELLED;
        settings[SETTING_WAIT] = 0;
        return 0;
    }
    print("Boot file%s (Enter: the server's; Esc: next device)\n",
          shell_run ? " or command, such as help" : "");
    error = shell_run ? shell_run(boot, boot->typed)
                      : edit_line(boot->typed, sizeof(boot->typed), EDIT_LIMITED);
    if (error == E_TIMEOUT)
        boot->typed[0] = 0;
    return error && error != E_TIMEOUT ? E_CANCELLED : 0;
}
