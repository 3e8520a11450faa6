; SPDX-License-Identifier: BSD-2-Clause
; A floppy image for memdisk: the boot sector reads the sectors behind it through INT 13h and sums them, then reports as the smoke
; payloads do: `!` to port E9h, `EFPAYLOAD nonce=… sum=…` there and through INT 10h, 0 to port 501h.
;   -DNONCE="…" -DSECTORS=n (behind the boot sector)
DATA_SEGMENT    equ 0x1000
PER_TRACK       equ 18
HEADS           equ 2

bits 16
org 0x7c00

    mov al, '!'
    out DEBUG_PORT, al
    jmp 0:start

start:
    xor ax, ax
    mov ds, ax
    mov ss, ax
    mov sp, 0x7000
    cld
    mov [drive], dl
    mov ax, DATA_SEGMENT
    mov es, ax
    xor ebp, ebp                        ; the sum
    mov si, 1                           ; sector
.sector:
    mov ax, si
    call read
    jc failed
    xor di, di
.byte:
    rol ebp, 1
    movzx eax, byte [es:di]
    add ebp, eax
    inc di
    cmp di, 512
    jb .byte
    inc si
    cmp si, SECTORS
    jbe .sector
    mov edx, ebp
    call report_sum
    xor ax, ax
    jmp leave

failed:
    mov si, unreadable
    call print
    mov ax, 1
leave:
    mov dx, EXIT_PORT
    out dx, ax
    cli
    hlt

read:                                   ; AX = sector, ES:0 = where to
    mov bl, PER_TRACK
    div bl
    mov cl, ah
    inc cx                              ; sector on its track, from 1
    xor ah, ah
    mov bl, HEADS
    div bl
    mov ch, al
    mov dh, ah
    mov dl, [drive]
    xor bx, bx
    mov ax, 0x0201
    int 0x13
    ret

%include "sum.inc"

drive:      db 0
report:     db "EFPAYLOAD nonce=", NONCE, " sum=", 0
behind:     db " kind=floppy", 13, 10, 0
unreadable: db "EFERROR a sector cannot be read", 13, 10, 0

    times 510 - ($ - $$) db 0
    dw 0xaa55
