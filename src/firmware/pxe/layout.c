/* SPDX-License-Identifier: BSD-2-Clause */
/* What assembly shares with C. This is compiled to assembly text only, of which the build makes
 * layout.inc for nasm: `NAME equ VALUE`, and for a structure `NAME.MEMBER` and `NAME_size`. */
#include <stddef.h>

#include "lib/identity.h"
#include "platform/bios/boot_info.h"
#include "platform/bios/realmode.h"
#include "pxe/direct.h"
#include "pxe/entry.h"

#define VALUE(name, value) __asm__ volatile("\n#layout " name " equ %c0" : : "i"(value))
#define CONSTANT(name)     VALUE(#name, name)
#define STRUCTURE(type) \
    VALUE(#type, 0);    \
    VALUE(#type "_size", sizeof(struct type))
#define PART(type, member, path) VALUE(#type "." #member, offsetof(struct type, path))
#define MEMBER(type, member)     PART(type, member, member)

#define LAYOUT                   __attribute__((used)) static void

LAYOUT prefixes(void)
{
    CONSTANT(PAYLOAD_BASE);
    CONSTANT(PAYLOAD_LIMIT);
    CONSTANT(SEL_CODE32);
    CONSTANT(SEL_DATA32);
    CONSTANT(SEL_CODE16);
    CONSTANT(SEL_DATA16);
    CONSTANT(GDT_SIZE);
    CONSTANT(UNDI_LOADER_ENTRY);
    CONSTANT(UNDI_LOADER_MEMORY);

    STRUCTURE(s_UNDI_ROM_ID);
    MEMBER(s_UNDI_ROM_ID, Signature);
    MEMBER(s_UNDI_ROM_ID, StructLength);
    MEMBER(s_UNDI_ROM_ID, StructCksum);
    MEMBER(s_UNDI_ROM_ID, UNDIRev);
    MEMBER(s_UNDI_ROM_ID, UNDILoader);
    MEMBER(s_UNDI_ROM_ID, CodeSize);
    MEMBER(s_UNDI_ROM_ID, BusType);

    STRUCTURE(identity);
    MEMBER(identity, payload);
    MEMBER(identity, unpacked_length);
    MEMBER(identity, address_base);

    MEMBER(boot_info, gdt);
    MEMBER(boot_info, image);
    PART(boot_info, cs, undi_id.segment);
    MEMBER(boot_info, ss);
    MEMBER(boot_info, identity);
    MEMBER(boot_info, edi);
    MEMBER(boot_info, eax);
    MEMBER(boot_info, stack);
}

LAYOUT real_mode(void)
{
    STRUCTURE(rm_header);
    MEMBER(rm_header, enter_real);
    MEMBER(rm_header, teletype);
    MEMBER(rm_header, gdt);
    MEMBER(rm_header, api);
    MEMBER(rm_header, resume);
    MEMBER(rm_header, real_offset);
    MEMBER(rm_header, leave);
    MEMBER(rm_header, frame);

    PART(rm_frame, eax, regs.eax);
    PART(rm_frame, ebx, regs.ebx);
    PART(rm_frame, ecx, regs.ecx);
    PART(rm_frame, edx, regs.edx);
    PART(rm_frame, esi, regs.esi);
    PART(rm_frame, edi, regs.edi);
    PART(rm_frame, ebp, regs.ebp);
    PART(rm_frame, ds, regs.ds);
    PART(rm_frame, es, regs.es);
    PART(rm_frame, flags, regs.flags);
    MEMBER(rm_frame, entry);
    MEMBER(rm_frame, sp);
    MEMBER(rm_frame, words);
    MEMBER(rm_frame, stack);
}

LAYOUT pxe_structures(void)
{
    STRUCTURE(s_PXE);
    MEMBER(s_PXE, Signature);
    MEMBER(s_PXE, StructLength);
    MEMBER(s_PXE, EntryPointSP);
    MEMBER(s_PXE, StatusCallout);
    MEMBER(s_PXE, SegDescCnt);
    STRUCTURE(pxe_direct);

    STRUCTURE(s_PXENV);
    MEMBER(s_PXENV, Signature);
    MEMBER(s_PXENV, Version);
    MEMBER(s_PXENV, Length);
    MEMBER(s_PXENV, RMEntry);
    MEMBER(s_PXENV, PXEPtr);

    CONSTANT(PXE_LOW);
    CONSTANT(PXENV_UNDI_ISR);
    CONSTANT(PXENV_STOP_UNDI);
    CONSTANT(PXENV_UNDI_ISR_IN_PROCESS);
    CONSTANT(PXENV_UNDI_ISR_IN_GET_NEXT);
    CONSTANT(PXENV_UNDI_ISR_OUT_TRANSMIT);
    MEMBER(s_PXENV_UNDI_ISR, FuncFlag);
}

LAYOUT pxe_services(void)
{
    STRUCTURE(rm_api);
    MEMBER(rm_api, resume);
    MEMBER(rm_api, back);
    MEMBER(rm_api, opcode);
    MEMBER(rm_api, block);
    MEMBER(rm_api, status);
    MEMBER(rm_api, ss);
    MEMBER(rm_api, esp);
    MEMBER(rm_api, old);
    MEMBER(rm_api, hidden_start);
    MEMBER(rm_api, hidden_end);
    MEMBER(rm_api, base_end);
    MEMBER(rm_api, e801_low);
    MEMBER(rm_api, e801_high);
    MEMBER(rm_api, kb_88);
    MEMBER(rm_api, paragraphs);
    MEMBER(rm_api, hook);
    MEMBER(rm_api, pxe);
    MEMBER(rm_api, pxenv);
    PART(rm_api, sent, isr.sent);
    PART(rm_api, drained, isr.drained);
}
