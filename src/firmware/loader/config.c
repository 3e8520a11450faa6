/* SPDX-License-Identifier: BSD-2-Clause */
/* The command that shows every variable. */
#include "lib/errors.h"
#include "lib/print.h"
#include "lib/string.h"
#include "loader/ask.h"
#include "loader/command.h"
#include "loader/menu.h"
#include "loader/variables.h"

/* A menu of all variables; the one chosen may be changed. */
static int config(struct boot *boot, const struct arguments *a)
{
    static const char menu[] = "config";
    static char value[MENU_TEXT_MAX + 1];
    char label[MENU_LABEL_MAX + 1] = "", text[MENU_TEXT_MAX + 1];
    const char *name;
    int row;

    for (;;) {
        menu_clear(menu);
        for (unsigned n = 0; (name = variable_name(n)); n++) {
            variable_get(boot, name, value, sizeof(value));
            print_format(text, sizeof(text), "%S = %S", name, value);
            menu_add(menu, name, text);
        }
        row = menu_run(menu, label, 0, 0);
        if (row < 0)
            break;
        memcpy(label, menu_rows[row]->label, sizeof(label));
        print("%s = ", label);
        ask_variable(boot, label, "", 0);
    }
    menu_clear(menu);
    return row == E_UNTRUE ? 0 : row;
}
COMMAND("config", "[SCOPE]", config);
