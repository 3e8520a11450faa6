/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about other hosts. Not in every profile. */
#include "lib/errors.h"
#include "lib/parse.h"
#include "lib/print.h"
#include "loader/boot.h"
#include "loader/command.h"
#include "loader/variables.h"
#include "net/net.h"
#include "net/ping.h"

/* Not every image looks up names. */
__attribute__((weak)) int dns_resolve(const char *name, uint32_t *address);

static int host(const char *name, uint32_t *address)
{
    const char *end = parse_address(name, address);

    if (end && !*end)
        return 0;
    return dns_resolve ? dns_resolve(name, address) : E_NO_DNS;
}

static int nslookup(struct boot *boot, const struct arguments *arguments)
{
    char text[16];
    uint32_t address;
    int error = host(arguments->word[1], &address);

    if (error)
        return error;
    print_format(text, sizeof(text), "%I", address);
    return variable_set(boot, arguments->word[0], text);
}
COMMAND("nslookup", "VARIABLE NAME", nslookup);

static int ping_host(struct boot *boot, const struct arguments *arguments)
{
    enum { SIZE, TIMEOUT, COUNT, NUMBERS };
    uint32_t number[NUMBERS] = {64, 1000, 4}, address;
    int error;

    for (unsigned i = 0; i < NUMBERS; i++)
        if (arguments->option[i] && !parse_decimal(arguments->option[i], &number[i]))
            return E_ARGUMENTS;
    if (number[SIZE] > PING_MAX)
        return E_ARGUMENTS;
    error = host(arguments->word[0], &address);
    if (error)
        return error;
    for (uint32_t n = 1; error != E_CANCELLED && n <= number[COUNT]; n++) {
        uint32_t start = net_now();

        error = ping(address, number[SIZE], number[TIMEOUT]);
        if (error)
            failed(arguments->word[0], error);
        else
            print("%u bytes from %I: %u, %u ms\n", number[SIZE], address, n, net_now() - start);
    }
    return error;
}
COMMAND("ping", "--size|-s= --timeout|-t= --count|-c= HOST", ping_host);
