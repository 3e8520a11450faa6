/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands that ask the user. */
#include "loader/ask.h"

#include "lib/errors.h"
#include "lib/keys.h"
#include "lib/parse.h"
#include "lib/print.h"
#include "loader/command.h"
#include "loader/editor.h"
#include "loader/prompt.h"
#include "loader/variables.h"

static int prompt(struct boot *boot, const struct arguments *a)
{
    char key = a->option[0] ? key_of_name(a->option[0]) : 0, text[2] = "";
    uint32_t ms = 0;
    int error = 0;

    if (a->option[1] && !parse_decimal(a->option[1], &ms))
        return E_ARGUMENTS;
    print("%s", a->rest);
    text[0] = prompt_key(ms ? ms : UINT32_MAX);
    print("\n");
    if (!text[0])
        return E_TIMEOUT;
    if (text[0] != key) {
        error = prompt_error(text[0]);
        if (!error && key)
            error = E_UNTRUE;
    }
    return error || !a->option[2] ? error : variable_set(boot, a->option[2], text);
}
COMMAND("prompt", "--key|-k= --timeout|-t= --variable|-v= [TEXT...]", prompt);

int ask_variable(struct boot *boot, const char *name, const char *text, unsigned flags)
{
    static char line[VALUE_MAX];
    int error;

    variable_get(boot, name, line, sizeof(line));
    print("%s", text);
    error = edit_line(line, sizeof(line), flags);
    return error ? error : variable_set(boot, name, line);
}

static int read_line(struct boot *boot, const struct arguments *a)
{
    return ask_variable(boot, a->word[0], "", a->option[0] ? EDIT_HIDDEN : 0);
}
COMMAND("read", "--secret|-s VARIABLE", read_line);
