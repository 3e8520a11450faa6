; The boot sector of the next device: says what base memory it finds (40:13), who serves INT 15h, 18h and 1Ah, and what PXE's
; installation check answers; then it ends the emulator as ci.cases.NEXT_DEVICE does.
DEBUG_PORT      equ 0xe9
EXIT_PORT       equ 0x501

bits 16
org 0x7c00

    jmp 0:start
start:
    xor ax, ax
    mov ds, ax
    mov ss, ax
    mov sp, 0x7c00
    cld
    mov si, text
.text:
    lodsb
    test al, al
    jz .told
    out DEBUG_PORT, al
    jmp .text
.told:
    mov ax, [0x413]
    call word_out
    mov ax, [0x15 * 4 + 2]
    call word_out
    mov ax, [0x18 * 4 + 2]
    call word_out
    mov ax, [0x1a * 4 + 2]
    call word_out
    mov ax, 0x5650
    int 0x1a
    call word_out
    mov al, 10
    out DEBUG_PORT, al
    mov dx, EXIT_PORT
    mov al, 2
    out dx, al
    cli
    hlt

word_out:                               ; AX and a space
    mov cx, 4
.digit:
    rol ax, 4
    push ax
    and al, 15
    cmp al, 10
    sbb al, 0x69
    das
    out DEBUG_PORT, al
    pop ax
    loop .digit
    mov al, ' '
    out DEBUG_PORT, al
    ret

text:           db "NEXT ", 0

    times 510 - ($ - $$) db 0
    dw 0xaa55
