/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of the card process. */
#include "card.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WRONG_USAGE = 2 };

extern const struct chip *const __start_chips[], *const __stop_chips[];

const struct chip *chip;
uint8_t card_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
static struct chip own; /* the chip, as this card shows it */

static const char USAGE[] =
    "usage: card --list\n"
    "       card --chip NAME --proxy FD|--vfio-user LISTENING-FD --net FD --log FD\n"
    "           [--qtest FD,MASTER,SLAVE,IOAPIC] [--control FD] [--rom-size BYTES] [--seed N]\n"
    "           [--mac XX:XX:XX:XX:XX:XX] [--id VVVV:DDDD] [--subsystem VVVV:DDDD]\n";

static const struct option known[] = {
    {"list", no_argument, NULL, 'l'},
    {"chip", required_argument, NULL, 'c'},
    {"proxy", required_argument, NULL, 'p'},
    {"qtest", required_argument, NULL, 'q'},
    {"net", required_argument, NULL, 'n'},
    {"log", required_argument, NULL, 'o'},
    {"control", required_argument, NULL, 't'},
    {"rom-size", required_argument, NULL, 'r'},
    {"seed", required_argument, NULL, 'e'},
    {"mac", required_argument, NULL, 'm'},
    {"id", required_argument, NULL, 'i'},
    {"subsystem", required_argument, NULL, 's'},
    {"vfio-user", required_argument, NULL, 'v'},
    {NULL, 0, NULL, 0},
};

static _Noreturn void usage(void)
{
    fputs(USAGE, stderr);
    exit(WRONG_USAGE);
}

static _Noreturn void list_chips(void)
{
    for (const struct chip *const *it = __start_chips; it < __stop_chips; it++)
        printf("%s %04x:%04x %04x:%04x %u\n", (*it)->name, (*it)->vendor, (*it)->device,
               (*it)->sub_vendor, (*it)->sub_device, (*it)->speed);
    exit(0);
}

static void take_chip(const char *name)
{
    for (const struct chip *const *it = __start_chips; it < __stop_chips; it++)
        if (strcmp((*it)->name, name) == 0)
            own = **it;
    if (!own.name) {
        fprintf(stderr, "card: there is no chip model %s; hint: --list names them\n", name);
        exit(WRONG_USAGE);
    }
}

static void take_pair(const char *text, uint16_t *vendor, uint16_t *device)
{
    if (sscanf(text, "%4hx:%4hx", vendor, device) != 2)
        usage();
}

static void take_mac(const char *text)
{
    uint8_t *m = card_mac;

    if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", m, m + 1, m + 2, m + 3, m + 4, m + 5) !=
        6)
        usage();
}

static void take_qtest(char *text)
{
    card_side = atoi(strtok(text, ","));
    for (unsigned i = 0; i < 3; i++)
        if (!(pic_paths[i] = strtok(NULL, ",")))
            usage();
}

static void take(int option, struct start *start)
{
    switch (option) {
    case 'l':
        list_chips();
    case 'c':
        take_chip(optarg);
        break;
    case 'p':
        start->transport = &proxy;
        card_link = atoi(optarg);
        break;
    case 'v':
        start->transport = &vfio_user;
        start->listens = true;
        card_link = atoi(optarg);
        break;
    case 'q':
        take_qtest(optarg);
        break;
    case 'n':
        wire_open(atoi(optarg));
        break;
    case 'o':
        log_open(atoi(optarg));
        break;
    case 't':
        start->control = atoi(optarg);
        break;
    case 'r':
        start->rom_size = strtoul(optarg, NULL, 0);
        break;
    case 'e':
        start->seed = strtoull(optarg, NULL, 0);
        break;
    case 'm':
        take_mac(optarg);
        break;
    case 'i':
        take_pair(optarg, &own.vendor, &own.device);
        break;
    case 's':
        take_pair(optarg, &own.sub_vendor, &own.sub_device);
        break;
    default:
        usage();
    }
}

struct start options_take(int argc, char **argv)
{
    struct start start = {.control = -1};
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
        take(option, &start);
    if (optind != argc || !own.name || !start.transport)
        usage();
    chip = &own;
    return start;
}
