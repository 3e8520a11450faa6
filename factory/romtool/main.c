/* SPDX-License-Identifier: BSD-2-Clause */
/* romtool: makes images, changes them, checks them, tells what is in them. The only code that knows
 * their formats (docs/formats.md). */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "file.h"
#include "medium.h"
#include "message.h"

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *arguments, *purpose;
} commands[] = {
    {"pack", command_pack,
     "--elf ELF --prefix MEDIUM=BIN... --images LIST --out DIR [--only VVVVDDDD] [--report FILE]",
     "make every image of LIST from one linked firmware"},
    {"stamp", command_stamp, "IMAGE --id VVVV:DDDD [--name TEXT] -o OUT",
     "give an image another ID; lengths and checksums are repaired, all else stays"},
    {"set", command_set, "IMAGE KEY=VALUE... -o OUT",
     "change settings of an image of ours; KEY= removes one, all else stays"},
    {"lint", command_lint, "[--strict] FILE...",
     "check images, ours or anyone's PCI ROM; --strict counts warnings as errors"},
    {"list", command_list, "[--json] FILE...", "tell what is in images"},
    {"merge", command_merge, "A.rom B.rom[#N]... -o OUT",
     "combine ROM files, for example ours and an EFI one, into one; #N takes only image N of a "
     "file"},
    {"split", command_split, "FILE.rom -o FOLDER",
     "write each image of a ROM file into a file of its own, FOLDER/FILE-0-x86.rom and so on"},
    {"pad", command_pad, "FILE.rom --size 32K|64K|128K|BYTES [--fill ff|00] -o OUT",
     "fill a ROM file up to the size of a flash chip"},
    {"diff", command_diff, "[--json] A B", "tell what differs, field by field"},
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void print_usage(FILE *out)
{
    fprintf(out, "usage: romtool COMMAND ...\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %s %s\n      %s\n", commands[i].name, commands[i].arguments,
                commands[i].purpose);
    fprintf(out,
            "\nMEDIUM is %s. Exit status: 0 good, 1 findings or a refusal,\n"
            "2 wrong usage or a file that cannot be read or written.\n",
            medium_names());
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return STATUS_TROUBLE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_usage(stdout);
        return STATUS_OK;
    }
    file_clean_on_signals();
    for (size_t i = 0; i < COMMANDS; i++) {
        int status;

        if (strcmp(argv[1], commands[i].name) != 0)
            continue;
        status = commands[i].run(argc - 1, argv + 1);
        if (fflush(stdout) != 0 || ferror(stdout))
            return complain(STATUS_TROUBLE, "standard output", NULL, "cannot write");
        return status;
    }
    return complain(STATUS_TROUBLE, argv[1], "romtool --help lists them", "no such command");
}
