; SPDX-License-Identifier: BSD-2-Clause
; Prefix of a .zpxe: a network bootstrap program (PXE 2.1 section 2.6), far-called at 0000:7C00 with ES:BX -> PXENV+ and !PXE on the stack.
; The firmware finds those in struct boot_info.
bits 16
org 0

%include "layout.inc"

    jmp 0x07c0:enter_firmware

align 4
efpx:
    db 'EFPX'
.identity equ $ - $$
    dd 0
.length equ $ - $$
    dd 0
.crc equ $ - $$
    dd 0

checked:
payload_image:
    dd 0                                ; this one
busdevfn:
    dw 0                                ; the PXE stack knows

firmware_came_back:
    test ax, ax
    jz .next_device
    retf                                ; the PXE stack is still there: it goes on, with a failure status in AX
.next_device:
    int 0x18

undi_id equ 0
%include "enter.inc"
