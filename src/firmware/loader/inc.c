/* SPDX-License-Identifier: BSD-2-Clause */
/* The command that counts. */
#include "lib/parse.h"
#include "lib/print.h"
#include "loader/command.h"
#include "loader/variables.h"

/* Add to a variable; one that is not set counts as 0. */
static int inc(struct boot *boot, const struct arguments *arguments)
{
    char text[12];
    uint32_t value, more = 1;

    if (arguments->count > 1)
        parse_decimal(arguments->word[1], &more);
    variable_get(boot, arguments->word[0], text, sizeof(text));
    parse_decimal(text, &value);
    print_format(text, sizeof(text), "%u", value + more);
    return variable_set(boot, arguments->word[0], text);
}
COMMAND("inc", "NAME [NUMBER]", inc);
