/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about the machine that few need. An image may be without. */
#include "lib/errors.h"
#include "lib/keys.h"
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
