; SPDX-License-Identifier: BSD-2-Clause
; The boot sector of the next device: says what base memory it finds (40:13), who serves INT 15h, 18h and 1Ah, and what PXE's
; installation check answers; then it ends the emulator as ci.lab.case.NEXT_DEVICE does.

bits 16
org 0x7c00

    jmp 0:start
start:
    xor ax, ax
    mov ds, ax
    mov ss, ax
    mov sp, 0x7c00
    cld
    mov si, next_text
    call print
    mov ax, [0x413]
    call value
    mov ax, [0x15 * 4 + 2]
    call value
    mov ax, [0x18 * 4 + 2]
    call value
    mov ax, [0x1a * 4 + 2]
    call value
    mov ax, 0x5650
    int 0x1a
    call value
    call end_line
    jmp end_emulator

value:
    mov si, space
    call print_word
    jmp print

%include "report.inc"

next_text:      db "NEXT ", 0
space:          db " ", 0

    times 510 - ($ - $$) db 0
    dw 0xaa55
