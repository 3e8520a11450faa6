/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/local.h"

#include "lib/parse.h"
#include "lib/string.h"
#include "loader/command.h"
#include "platform/bios/realmode.h"
#include "pxe/api.h"
#include "pxe/stack.h"

enum {
    BOOT_SECTOR = 0x7c00,
    SECTOR = 512,
    SIGNATURE_AT = SECTOR - 2,
    SIGNATURE = 0xaa55,
    RESET = 0,
    READ_ONE = 0x0201,
    FIRST = 1, /* sector, of cylinder 0 and head 0 */
    TRIES = 3, /* a floppy's motor needs the first one to start */
    HARD_DISK = 0x80,
};

/* INT 13h for the first sector; the carry flag. */
static uint32_t disk(uint8_t drive, uint16_t what)
{
    struct far_pointer at = rm_far(rm_buffer);
    struct rm_regs regs = {.ax = what, .bx = at.offset, .cx = FIRST, .dx = drive, .es = at.segment};

    rm_interrupt(0x13, &regs);
    return regs.flags & FLAG_CARRY;
}

int local_boot(uint8_t drive)
{
    struct rm_jump to = {.regs = {.dx = drive}, .entry = {BOOT_SECTOR, 0}, .sp = BOOT_SECTOR};

    for (unsigned tries = TRIES; disk(drive, READ_ONE); disk(drive, RESET))
        if (!--tries)
            return E_NO_DISK;
    if (*(uint16_t *)(rm_buffer + SIGNATURE_AT) != SIGNATURE)
        return E_NO_DISK;
    memcpy((void *)(LOW_MEMORY + BOOT_SECTOR), rm_buffer, SECTOR);
    if (!pxe_uninstall())
        return E_NO_MEMORY;
    pxe_stack_unload();
    rm_leave(&to);
}

/* The options that say how a drive from the network is described have nothing to describe here. */
static int sanboot(struct boot *boot, const struct arguments *arguments)
{
    const char *text = arguments->option[0];
    uint32_t drive = HARD_DISK;

    if (arguments->count)
        return E_UNSUPPORTED;
    if (text) {
        const char *digits = parse_prefix(text, "0x");

        text = digits ? parse_hex(digits, 8, &drive) : parse_decimal(text, &drive);
        if (!text || *text || drive > UINT8_MAX)
            return E_ARGUMENTS;
    }
    return local_boot((uint8_t)drive);
}

COMMAND("sanboot", "--drive|-d= --no-describe|-n --keep|-k [URI]", sanboot);
