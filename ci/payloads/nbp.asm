; SPDX-License-Identifier: BSD-2-Clause
; Smoke payload as a PXE network bootstrap program (PXE 2.1 section 4.4.5): flat code at 0000:7C00, far-called on the PXE ROM's stack,
; ES:BX = PXENV+.
BASE            equ 0
PARAGRAPH       equ 0
VERSION         equ 6                   ; in PXENV+

bits 16
org 0x7c00

    mov al, '!'
    out 0xe9, al
    jmp 0:start

%include "payload.inc"

entry_text: db "EFENTRY pxenv=", 0

start:
    pushad
    push ds
    push es
    xor eax, eax
    cmp dword [es:bx], "PXEN"
    jne .unknown
    mov ax, [es:bx + VERSION]
.unknown:
    xor bx, bx
    mov ds, bx
    mov es, bx
    cld
    push eax
    mov si, entry_text
    call print
    pop eax
    call print_hex
    mov si, new_line
    call print
    call a20_on
    call finish
    pop es
    pop ds
    popad
    xor ax, ax
    retf
