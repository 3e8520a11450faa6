/* SPDX-License-Identifier: BSD-2-Clause */
/* What the prefix tells the firmware: the stack frame built by platform/bios/boot/enter.inc. Its
 * address stays valid until we leave. Assembly knows it from pxe/layout.c. */
#ifndef PLATFORM_BIOS_BOOT_INFO_H
#define PLATFORM_BIOS_BOOT_INFO_H

#include <stdint.h>

#include "lib/far_pointer.h"
#include "lib/identity.h"

/* Where the payload is linked for, and unpacked to; the byte before it is written, too. */
enum { PAYLOAD_BASE = 0x101000, PAYLOAD_LIMIT = 128 * 1024 /* as in factory/render.py */ };

/* Selectors of its GDT and of that in platform/bios/rm.inc: flat; image's base; base 0. */
enum { SEL_CODE32 = 8, SEL_DATA32 = 0x10, SEL_CODE16 = 0x18, SEL_DATA16 = 0x20, GDT_SIZE = 0x28 };

/* A .rom that is entered as UNDI loader says so in eax. The caller sets aside that much base
 * memory, from UNDI_CS on (PXE 2.1 section 3.1). */
enum { UNDI_LOADER_ENTRY = 0x49444e55 /* "UNDI" */, UNDI_LOADER_MEMORY = 0x4c00 };

struct boot_info {
    uint8_t gdt[GDT_SIZE]; /* its null entry holds the GDT register image */
    uint32_t image;        /* physical address of the image as the BIOS or PXE stack loaded it */
    uint16_t busdevfn;     /* of the card a .rom was initialised for */
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
