/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/local.h"

#include "lib/parse.h"
#include "lib/string.h"
#include "loader/boot.h"
#include "loader/command.h"
#include "platform/bios/realmode.h"
#include "pxe/stack.h"

enum {
    BOOT_SECTOR = 0x7c00,
    SECTOR = 512,
    SIGNATURE_AT = SECTOR - 2,
    SIGNATURE = 0xaa55,
    READ_ONE = 0x0201,
    FIRST = 1, /* sector, of cylinder 0 and head 0 */
    TRIES = 3, /* a floppy's motor needs the first one to start */
    HARD_DISK = 0x80,
};

int local_boot(uint8_t drive)
{
    struct rm_jump to = {.regs = {.dx = drive}, .entry = {BOOT_SECTOR, 0}, .sp = BOOT_SECTOR};
    struct rm_regs regs = {.flags = FLAG_CARRY};

    for (unsigned tries = TRIES; tries && regs.flags & FLAG_CARRY; tries--) {
        struct far_pointer at = rm_far(rm_buffer);

        regs = (struct rm_regs){.ax = 0, .dx = drive}; /* reset */
        rm_interrupt(0x13, &regs);
        regs = (struct rm_regs){
            .ax = READ_ONE, .bx = at.offset, .cx = FIRST, .dx = drive, .es = at.segment};
        rm_interrupt(0x13, &regs);
    }
    if (regs.flags & FLAG_CARRY || *(uint16_t *)(rm_buffer + SIGNATURE_AT) != SIGNATURE)
        return E_NO_DISK;
    memcpy((uint8_t *)LOW_MEMORY + BOOT_SECTOR, rm_buffer, SECTOR);
    if (!pxe_uninstall())
        return E_NO_MEMORY;
    pxe_stack_unload();
    rm_leave(&to);
}

static const char *parse_drive(const char *text, uint32_t *drive)
{
    const char *p = parse_prefix(text, "0x");

    if (!p)
        return parse_decimal(text, drive);
    for (*drive = 0; *p && *drive < 16; p++)
        *drive = *drive * 16 + (uint8_t)(*p <= '9' ? *p - '0' : (*p | 0x20) - 'a' + 10);
    return p;
}

/* The options that say how a drive from the network is described have nothing to describe here. */
static int sanboot(struct boot *boot, const struct arguments *arguments)
{
    const char *text = arguments->option[0];
    uint32_t drive = HARD_DISK;

    if (arguments->count)
        return E_UNSUPPORTED;
    if (text) {
        text = parse_drive(text, &drive);
        if (!text || *text || drive > UINT8_MAX)
            return E_ARGUMENTS;
    }
    return local_boot((uint8_t)drive);
}

static int autoboot(struct boot *boot, const struct arguments *arguments)
{
    int error = boot_configure(boot);

    return error ? error : boot_leased(boot);
}

COMMAND("sanboot", "--drive|-d= --no-describe|-n --keep|-k --filename|-f= [URI...]", sanboot);
COMMAND("autoboot", "[CARD...]", autoboot);
