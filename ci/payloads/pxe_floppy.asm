; SPDX-License-Identifier: BSD-2-Clause
; A floppy image for memdisk: the boot sector reads the sectors behind it through INT 13h and sums them, then reports as the smoke
; payloads do: `!` to port E9h, `EFPAYLOAD nonce=… sum=…` there and through INT 10h, 0 to port 501h.
;   -DNONCE="…" -DSECTORS=n (behind the boot sector)
DEBUG_PORT      equ 0xe9
EXIT_PORT       equ 0x501
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
    mov si, report
    call print
    mov cx, 8
.digit:
    rol ebp, 4
    mov ax, bp
    and al, 15
    cmp al, 10
    sbb al, 0x69
    das
    or al, 0x20
    call print_char
    loop .digit
    mov si, behind
    call print
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

print:
    lodsb
    test al, al
    jz .end
    call print_char
    jmp print
.end:
    ret

print_char:
    push ebp
    out DEBUG_PORT, al
    mov ah, 0x0e
    mov bx, 7
    int 0x10
    pop ebp
    ret

drive:      db 0
report:     db "EFPAYLOAD nonce=", NONCE, " sum=", 0
behind:     db " kind=floppy", 13, 10, 0
unreadable: db "EFERROR a sector cannot be read", 13, 10, 0

    times 510 - ($ - $$) db 0
    dw 0xaa55
