/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about the machine. */
#include "lib/errors.h"
#include "lib/keys.h"
#include "lib/parse.h"
#include "lib/print.h"
#include "loader/command.h"
#include "loader/prompt.h"
#include "platform/bios/pci.h"
#include "platform/bios/realmode.h"
#include "platform/nic.h"

enum { PCI_CLASS = 0x0a, PAGE = 20 };

static int lspci(struct boot *boot, const struct arguments *a)
{
    struct pci_device device = {.busdevfn = PCI_END};
    unsigned lines = 0;

    while (pci_next(&device)) {
        print("%02x:%02x.%u %04x:%04x class %04x %s\n", device.busdevfn >> 8,
              device.busdevfn >> 3 & 31, device.busdevfn & 7, device.vendor, device.device,
              pci_read16(&device, PCI_CLASS),
              device.busdevfn == nic.pci.busdevfn ? nic.driver->name : "");
        if (++lines % PAGE)
            continue;
        print("-- more --");
        if (prompt_key(PROMPT_PATIENCE_MS) == KEY_ESCAPE)
            break;
        print("\r");
    }
    return 0;
}
COMMAND("lspci", "", lspci);

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
    return regs[a->option[1] ? 2 : 3] >> bit & 1 ? 0 : E_UNTRUE;
}
COMMAND("cpuid", "--ext|-e --ecx|-c BIT", has_feature);

enum { RESET_FLAG = 0x472, WARM = 0x1234 };

static int reboot(struct boot *boot, const struct arguments *a)
{
    struct rm_jump jump = {.entry = {.segment = 0xffff}};

    nic_close();
    *(volatile uint16_t *)(LOW_MEMORY + RESET_FLAG) = a->option[0] ? WARM : 0;
    rm_leave(&jump);
}
COMMAND("reboot", "--warm|-w", reboot);

/* Advanced Power Management 1.2: connect, say which version is spoken, switch all off. */
static int poweroff(struct boot *boot, const struct arguments *a)
{
    static const struct {
        uint16_t ax, bx, cx;
    } calls[] = {{0x5301, 0, 0}, {0x530e, 0, 0x102}, {0x5307, 1, 3}};

    nic_close();
    for (unsigned n = 0; n < sizeof(calls) / sizeof(calls[0]); n++) {
        struct rm_regs regs = {.ax = calls[n].ax, .bx = calls[n].bx, .cx = calls[n].cx};

        rm_interrupt(0x15, &regs);
    }
    print("The BIOS does not switch off\n");
    return nic_open() ?: E_UNSUPPORTED;
}
COMMAND("poweroff", "", poweroff);
