/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about variables and conditions. */
#include "lib/errors.h"
#include "lib/parse.h"
#include "lib/print.h"
#include "lib/string.h"
#include "loader/command.h"
#include "loader/variables.h"
#include "net/net.h"

static int echo(struct boot *boot, const struct arguments *arguments)
{
    print(arguments->option[0] ? "%s" : "%s\n", arguments->rest);
    return 0;
}
COMMAND("echo", "-n [TEXT...]", echo);

static int set(struct boot *boot, const struct arguments *arguments)
{
    return variable_set(boot, arguments->word[0], arguments_behind(arguments));
}
COMMAND("set|clear", "NAME [VALUE...]", set);

static int isset(struct boot *boot, const struct arguments *arguments)
{
    return *arguments->rest ? 0 : E_UNTRUE;
}
COMMAND("isset", "[VALUE...]", isset);

static int iseq(struct boot *boot, const struct arguments *arguments)
{
    return strcmp(arguments->word[0], arguments->word[1]) ? E_UNTRUE : 0;
}
COMMAND("iseq", "VALUE VALUE", iseq);

static bool never(void *context)
{
    return false;
}

static int pause(struct boot *boot, const struct arguments *arguments)
{
    uint32_t seconds;
    int error;

    if (!parse_decimal(arguments->word[0], &seconds) || seconds > UINT32_MAX / 1000)
        return E_ARGUMENTS;
    error = net_wait(never, NULL, seconds * 1000);
    return error == E_TIMEOUT ? 0 : error;
}
COMMAND("sleep", "SECONDS", pause);
