/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands that make a menu and let the user choose from it. */
#include "lib/errors.h"
#include "lib/features.h"
#include "lib/keys.h"
#include "lib/parse.h"
#include "loader/command.h"
#include "loader/menu.h"
#include "loader/variables.h"

enum { SECOND_MS = 1000 };

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static int menu(struct boot *boot, const struct arguments *a)
{
    const char *name = or_empty(a->option[0]);
    struct menu_item *title;

    menu_clear(name);
    if (a->option[1])
        return 0;
    title = menu_add(name, "", a->rest);
    if (!title)
        return E_NO_MEMORY;
    title->is_title = true;
    return 0;
}
COMMAND("menu", "--name|-n= --delete|-d [TITLE...]", menu);

/* A gap has text only. */
static int item(struct boot *boot, const struct arguments *a)
{
    bool gap = a->option[3] || !a->count;
    struct menu_item *row;

    row = menu_add(or_empty(a->option[0]), gap ? "" : a->word[0],
                   gap ? a->rest : arguments_behind(a));
    if (!row)
        return E_NO_MEMORY;
    row->is_default = a->option[2];
    row->key = key_of_name(or_empty(a->option[1]));
    return 0;
}
COMMAND("item", "--menu|-m= --key|-k= --default|-d --gap|-g [LABEL] [TEXT...]", item);

static int choose(struct boot *boot, const struct arguments *a)
{
    const char *name = or_empty(a->option[0]), *wait = a->option[2];
    uint32_t time = 0;
    int row;

    if (wait && !parse_decimal(wait, &time))
        return E_ARGUMENTS;
    if (time) /* milliseconds; in seconds, one that has begun counts */
        time = (time - 1) / SECOND_MS + 1;
    row = menu_run(name, a->option[1], time, 0);
    if (!a->option[3])
        menu_clear(name);
    return row < 0 ? row : variable_set(boot, a->word[0], menu_rows[row]->label);
}
COMMAND("choose", "--menu|-m= --default|-d= --timeout|-t= --keep|-k VARIABLE", choose);

FEATURE(MENU);
