/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about the network. One card is in use at a time: net0, or netX. */
#include "lib/parse.h"
#include "lib/print.h"
#include "lib/settings.h"
#include "lib/string.h"
#include "loader/boot.h"
#include "loader/command.h"
#include "net/net.h"
#include "platform/nic.h"

/* 0 when the card in use is among those that are named, or none is. */
static int card(const struct arguments *arguments)
{
    int i;

    for (i = 0; i < arguments->count; i++)
        if (!strcmp(arguments->word[i], "net0") || !strcmp(arguments->word[i], "netX"))
            return 0;
    return i ? E_NO_NIC : 0;
}

/* Waits for the link, too. */
static int open(struct boot *boot, const struct arguments *arguments)
{
    int error = card(arguments);

    return error ? error : nic_open();
}
COMMAND("ifopen|iflinkwait", "--timeout|-t=", open);

static int close(struct boot *boot, const struct arguments *arguments)
{
    int error = card(arguments);

    if (!error)
        nic_close();
    return error;
}
COMMAND("ifclose", "", close);

static int show(struct boot *boot, const struct arguments *arguments)
{
    print("net0: %s %M, link %s\n%I/%I gw %I dns %I\n", nic.driver->name, net.mac,
          nic_link() ? "up" : "down", net.ip, net.mask, net.gateway, net.dns[0]);
    return 0;
}
COMMAND("ifstat|route", "", show);

/* A lease without a boot file is as good: a script is running. Where there is none, the last one
 * stays. */
static int dhcp(struct boot *boot, const struct arguments *arguments)
{
    static struct dhcp_lease last;
    static struct uri named;
    uintptr_t patience = settings[SETTING_TIMEOUT];
    uint32_t ip = net.ip, mask = net.mask, ms;
    int error = open(boot, arguments);

    if (error)
        return error;
    if (arguments->option[0]) {
        if (!parse_decimal(arguments->option[0], &ms))
            return E_ARGUMENTS;
        settings[SETTING_TIMEOUT] = ms / 1000 + 1;
    }
    last = boot->lease;
    error = boot_dhcp(boot, true);
    settings[SETTING_TIMEOUT] = patience;
    if (!net.ip) {
        boot->lease = last;
        net.ip = ip;
        net.mask = mask;
    }
    if (error && error != E_NO_BOOT_FILE)
        return error;
    boot_lease_uri(boot, &named);
    return 0;
}
COMMAND("dhcp|ifconf", "--timeout|-t=", dhcp);
