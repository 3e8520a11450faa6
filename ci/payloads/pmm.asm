; SPDX-License-Identifier: BSD-2-Clause
; A BIOS of another maker, as far as an option ROM sees it: reads the ROM from the floppy behind this sector, initialises it with a POST
; memory manager that always gives ADDRESS, says whether the ROM left its option ROM area ("copied") or not ("kept"), and boots from it.
; On a 440FX, whose option ROM area can be written to.
bits 16
org 0x7c00

ROM             equ 0x6000              ; segment
SECTORS         equ 64
CARD            equ 2 << 3              ; the first slot that is free on QEMU's PC

start:
    xor ax, ax
    mov ds, ax
    mov ss, ax
    mov sp, 0x7c00
    sti
    cld
    call read_rom
    call install_manager
    mov ax, ROM
    mov fs, ax
    push word [fs:2]
    push ds
    pop es
    mov di, pnp
    mov ax, CARD
    call ROM:3
    pop ax
    mov si, kept
    cmp al, [fs:2]
    je .print
    mov si, copied
.print:
    lodsb
    mov ah, 0x0e
    mov bx, 7
    int 0x10
    cmp byte [si], 0
    jne .print
    mov bx, [fs:0x1a]
    push word [fs:bx + 0x1a]
    pop word [entry]
    call far [entry]
    int 0x18

read_rom:
    mov ax, ROM
    mov es, ax
    mov si, 1
.read:
    mov ax, si
    mov bl, 18
    div bl
    mov cl, ah                          ; sector on the track
    inc cx
    mov dh, al
    and dh, 1
    shr al, 1
    mov ch, al
    mov dl, 0
    xor bx, bx
    mov ax, 0x201
    int 0x13
    mov ax, es
    add ax, 32
    mov es, ax
    inc si
    cmp si, SECTORS
    jbe .read
    ret

install_manager:
    mov eax, 0x8000005c                 ; PAM 3 to 6: D0000 to EFFFF is RAM
    mov dx, 0xcf8
    out dx, eax
    mov dl, 0xfc
    mov eax, 0x33333333
    out dx, eax
    mov ax, 0xe000
    mov es, ax
    xor di, di
    mov si, manager
    mov cx, 16
    rep movsb
    mov cx, 16
    mov al, 0
.sum:
    dec di
    sub al, [es:di]
    loop .sum
    mov [es:6], al
    ret

allocate:
    mov ax, ADDRESS & 0xffff
    mov dx, ADDRESS >> 16
    retf

entry: dw 0, ROM
pnp: db '$PnP'
manager: db '$PMM', 1, 16, 0
    dw allocate, 0
    times 5 db 0
kept: db 'ROM kept', 13, 10, 0
copied: db 'ROM copied', 13, 10, 0
