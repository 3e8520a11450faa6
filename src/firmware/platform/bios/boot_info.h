/* What the prefix tells the firmware: the stack frame built by platform/bios/boot/enter.inc. Its
 * address stays valid until we leave. */
#ifndef PLATFORM_BIOS_BOOT_INFO_H
#define PLATFORM_BIOS_BOOT_INFO_H

#include <stdint.h>

#include "lib/identity.h"
#include "platform/bios/realmode.h"

struct boot_info {
    uint8_t gdt[40];
    uint32_t image;    /* physical address of the image as the BIOS or PXE stack loaded it */
    uint16_t busdevfn; /* of the card a .rom was initialised for */
    uint16_t ss;
    const struct identity *identity;
    struct far_pointer undi_id; /* the UNDI ROM ID of a .rom; for other media 0, and CS */
    uint32_t edi, esi, ebp, esp, ebx, edx, ecx, eax; /* as the prefix was entered */
    uint16_t gs, fs, es, ds, flags;
    uint16_t stack[4]; /* .zpxe: return address, then far pointer to !PXE */
};

/* What firmware_start() returns to the prefix. */
enum { BACK_TO_BIOS = 0, BACK_TO_PXE = 1 };

#endif
