; SPDX-License-Identifier: BSD-2-Clause
; A disk that plays an old BIOS to the option ROM behind this sector: without $PnP, so that the ROM has to hook INT 19h, and with
; nothing of use in the registers at its init. ci/smoke/in_bochs.py fills in the fields.
bits 16
org 0x7c00

ROM_SEGMENT equ 0x2000
EXIT_PORT   equ 0x501

    jmp 0:start

align 4, db 0
    db 'EFOLDBIO'
registers:                              ; at the ROM's init
    dw 0                                ; AX
    dw 0                                ; ES
    dw 0                                ; DI
read_only:
    dw 0                                ; 1: what the ROM writes to itself at its init is lost

packet:
    db 16, 0
    dw 0x40                             ; sectors
    dw 0, ROM_SEGMENT
    dq 1

start:
    xor ax, ax
    mov ds, ax
    mov ss, ax
    mov sp, 0x7c00
    mov word [0x18 * 4], int18
    mov [0x18 * 4 + 2], ax
    mov word [0x19 * 4], int19
    mov [0x19 * 4 + 2], ax
    mov [drive], dl
    call load
    mov ax, [registers]
    mov es, [registers + 2]
    mov di, [registers + 4]
    mov bx, ax
    mov cx, ax
    mov dx, ax
    call ROM_SEGMENT:3
    push word 0
    pop ds
    cmp ax, 0x20
    mov si, no_device
    jne give_up
    cmp word [read_only], 0
    je .boot
    call load
.boot:
    int 0x19

load:
    mov si, packet
    mov ah, 0x42
    mov dl, [drive]
    int 0x13
    ret

int18:
    mov si, text18
    jmp give_up
int19:
    mov si, text19
give_up:
    push cs
    pop ds
.print:
    lodsb
    mov ah, 0x0e
    mov bx, 7
    int 0x10
    cmp byte [si], 0
    jne .print
    mov dx, EXIT_PORT                   ; where there is one
    mov al, 2
    out dx, al
    sti
    hlt
    jmp $

text18:     db 'INT 18h', 0
text19:     db 'INT 19h', 0
no_device:  db 'Init failed', 0
drive:      db 0

    times 0x1fe - ($ - $$) db 0
    db 0x55, 0xaa
