/* SPDX-License-Identifier: BSD-2-Clause */
/* Network bootstrap programs under our services: the first one, and others that it asks for. */
#include "lib/string.h"
#include "pxe/api.h"
#include "pxe/reader.h"
#include "pxe/spec.h"

enum { COMMAND_MAX = 255 };

int pxe_run_program(void)
{
    struct far_pointer pxe = pxe_structure(), pxenv = pxenv_structure();
    uint16_t stack[] = {pxe.offset, pxe.segment};
    struct rm_regs regs = {.ebx = pxenv.offset, .es = pxenv.segment};

    pxenv_udp_close(NULL); /* what a program before this one has left open */
    reader_close();
    regs.edx = (uint32_t)(uintptr_t)pxe_pointer(pxenv);
    /* In place of a program that asked for this one, of which nothing is left to go back to. */
    rm_call_on(pxe_program_stack(), (struct far_pointer){PXE_PROGRAM, 0}, &regs, stack, 2);
    return E_RETURNED;
}

/* The one command: "chain FILE [ARGUMENTS]", with a path on the boot server or a URI. */
static uint16_t pxenv_file_exec(void *block)
{
    static const char chain[] = "chain ";
    static char name[COMMAND_MAX + 1];
    const char *command = pxe_pointer(((struct s_PXENV_FILE_EXEC *)block)->Command);
    unsigned n = 0;
    struct uri uri;

    if (memcmp(command, chain, sizeof(chain) - 1))
        return PXENV_STATUS_UNSUPPORTED;
    for (command += sizeof(chain) - 1; *command && *command != ' ' && n < COMMAND_MAX; command++)
        name[n++] = *command;
    name[n] = 0;
    if (n == COMMAND_MAX || !reader_uri(name, &uri))
        return PXENV_STATUS_TFTP_FILE_NOT_FOUND;
    reader_close();
    pxe_loader->boot(pxe_loader, &uri, *command ? command + 1 : pxe_lease->kernel_args);
    return PXENV_STATUS_FAILURE;
}

PXE_OPCODE(PXENV_FILE_EXEC, pxenv_file_exec, struct s_PXENV_FILE_EXEC);
