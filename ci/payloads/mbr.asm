; SPDX-License-Identifier: BSD-2-Clause
; A boot manager in the first sector of a hard disk: loads the first sector of the active partition to 0000:7C00 and enters it as the BIOS
; would, DL = drive and DS:SI -> the partition's entry. With GPT, the first partition is that of a table that only the boot manager knows, so it
; makes the entry up. With OLD_BIOS, DS:SI says nothing, and INT 13h has no extensions.
bits 16
org 0x600

start:
    xor ax, ax
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov sp, 0x7c00
    sti
    cld
    mov si, sp
    mov di, start
    mov cx, 256
    rep movsw
    jmp 0:.here
.here:
    mov si, 0x7be
.look:
    cmp byte [si], 0x80
    je .found
    add si, 16
    cmp si, 0x7fe
    jb .look
    mov si, entry
.found:
    mov eax, [si + 8]
    mov [packet.first], eax
    push si
    mov si, packet
    mov ah, 0x42
    int 0x13
    pop si
%ifdef OLD_BIOS
    mov eax, [0x13 * 4]
    mov [old_int13], eax
    mov dword [0x13 * 4], int13
    xor si, si
%endif
    jmp 0:0x7c00

entry: db 0x80, 0, 0, 0, 0xed, 0xfe, 0xff, 0xff
    dd FIRST, 0x0b40
packet:
    db 16, 0
    dw 1
    dw 0x7c00, 0
.first:
    dq 0

%ifdef OLD_BIOS
int13:
    cmp ah, 0x41
    jb .pass
    cmp ah, 0x48
    ja .pass
    mov ah, 1
    push bp
    mov bp, sp
    or byte [bp + 6], 1                 ; carry
    pop bp
    iret
.pass:
    jmp far [cs:old_int13]
old_int13:
    dd 0
%endif
