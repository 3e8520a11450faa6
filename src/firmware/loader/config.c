/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands that show and change variables. An image may be without. */
#include "lib/errors.h"
#include "lib/print.h"
#include "lib/string.h"
#include "loader/ask.h"
#include "loader/command.h"
#include "loader/editor.h"
#include "loader/menu.h"
#include "loader/prompt.h"
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

static int show(struct boot *boot, const struct arguments *a)
{
    static char value[VALUE_MAX];

    if (variable_get(boot, a->word[0], value, sizeof(value)) < 0)
        return E_UNTRUE;
    print("%s = %s\n", a->word[0], value);
    return 0;
}
COMMAND("show", "VARIABLE", show);

static int login(struct boot *boot, const struct arguments *a)
{
    int error = ask_variable(boot, "username", "User name: ", 0);

    return error ? error : ask_variable(boot, "password", "Password: ", EDIT_HIDDEN);
}
COMMAND("login", "", login);
