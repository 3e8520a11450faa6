/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about the machine. */
#include "lib/errors.h"
#include "lib/parse.h"
#include "loader/command.h"
#include "platform/bios/realmode.h"
#include "platform/nic.h"

static void cpuid(uint32_t function, uint32_t regs[4])
{
    __asm__("cpuid"
            : "=a"(regs[0]), "=b"(regs[1]), "=c"(regs[2]), "=d"(regs[3])
            : "a"(function), "c"(0));
}

/* Whether the processor has a feature: a bit of EDX. */
static int has_feature(struct boot *boot, const struct arguments *a)
{
    uint32_t base = a->option[0] ? 0x80000000 : 0, regs[4], bit;

    if (!parse_decimal(a->word[0], &bit) || bit > 31)
        return E_ARGUMENTS;
    cpuid(base, regs);
    if (regs[0] <= base) /* it does not know the function */
        return E_UNTRUE;
    cpuid(base + 1, regs);
    return regs[3] >> bit & 1 ? 0 : E_UNTRUE;
}
COMMAND("cpuid", "--ext|-e BIT", has_feature);

enum { RESET_FLAG = 0x472, WARM = 0x1234 };

static int reboot(struct boot *boot, const struct arguments *a)
{
    struct rm_jump jump = {.entry = {.segment = 0xffff}};

    nic_close();
    *(volatile uint16_t *)(LOW_MEMORY + RESET_FLAG) = a->option[0] ? WARM : 0;
    rm_leave(&jump);
}
COMMAND("reboot", "--warm|-w", reboot);
