/* SPDX-License-Identifier: BSD-2-Clause */
/* Network bootstrap programs under our services: the first one, and others that it asks for. */
#include "lib/string.h"
#include "platform/nic.h"
#include "pxe/api.h"
#include "pxe/reader.h"
#include "pxe/spec.h"

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

/* Another program in place of the one that calls; that comes back only while all of it is there. */
static uint16_t pxenv_restart_tftp(void *block)
{
    struct s_PXENV_TFTP_READ_FILE p = *(struct s_PXENV_TFTP_READ_FILE *)block;
    uint16_t status;

    p.Buffer = PXE_PROGRAM;
    p.BufferSize = UINT32_MAX;
    status = pxenv_tftp_read_file(&p);
    if (!status)
        pxe_run_program();
    if (p.BufferSize)
        leave_to_next_device();
    return status;
}

/* The one command: "chain FILE [ARGUMENTS]", with a path on the boot server or a tftp:
 * URL. */
static uint16_t pxenv_file_exec(void *block)
{
    static const char chain[] = "chain ";
    const char *command = pxe_pointer(((struct s_PXENV_FILE_EXEC *)block)->Command);
    struct uri uri;

    if (memcmp(command, chain, sizeof(chain) - 1))
        return PXENV_STATUS_UNSUPPORTED;
    if (!reader_uri(command + sizeof(chain) - 1, &uri))
        return PXENV_STATUS_TFTP_FILE_NOT_FOUND;
    reader_close();
    pxe_loader->boot(pxe_loader, &uri);
    return PXENV_STATUS_FAILURE;
}

PXE_OPCODE(PXENV_RESTART_TFTP, pxenv_restart_tftp, struct s_PXENV_TFTP_READ_FILE);
PXE_OPCODE(PXENV_FILE_EXEC, pxenv_file_exec, struct s_PXENV_FILE_EXEC);
