; SPDX-License-Identifier: BSD-2-Clause
; Smoke payload as a boot sector: sums itself where the BIOS would have loaded it from its first disk. NONCE is filled in by nasm.
SECTOR          equ 512

bits 16
org 0x7c00

    mov al, '!'
    out DEBUG_PORT, al
    cld
    mov ax, cs                          ; CS:IP = 0000:7C00, DL = 80h, DS = ES = SS
    or ax, ax
    jnz refuse
    cmp dl, 0x80
    jne refuse
    mov ax, ds
    mov bx, ss
    or ax, bx
    jnz refuse
    call .here
.here:
    pop ax
    cmp ax, .here
    jne refuse
    mov si, 0x7c00
    mov cx, SECTOR
    xor edx, edx
.byte:
    lodsb
    movzx eax, al
    rol edx, 1
    add edx, eax
    loop .byte
    call report_sum
    xor al, al
    jmp end
refuse:
    mov al, 1
end:
    mov dx, EXIT_PORT
    out dx, al
    cli
    hlt

%include "sum.inc"

report: db "EFPAYLOAD nonce=", NONCE, " sum=", 0
behind: db " kind=sector size=512", 13, 10, 0

    times SECTOR - 2 - ($ - $$) db 0x5a
    dw 0xaa55
