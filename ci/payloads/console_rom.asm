; SPDX-License-Identifier: BSD-2-Clause
; A video BIOS for machines whose screen nobody looks at: it sends what INT 10h prints to COM1, at 115,200 baud. As option ROM of
; Bochs's PCI graphics card, which every BIOS runs; 32 KiB, because Bochs's own BIOS takes the next ROM for one of its own otherwise.
bits 16
org 0

SIZE    equ 32768
COM1    equ 0x3f8
TEXT_80 equ 0x5003                      ; what AH = 0Fh says: 80 columns, mode 3

    db 0x55, 0xaa, SIZE / 512
    jmp near init
checksum:
    db 0                                ; filled in by ci/lab/bochs.py
    times 0x18 - ($ - $$) db 0
    dw pcir, 0

pcir:
    db 'PCIR'
    dw 0x1234, 0x1111, 0, 0x18
    db 0, 0, 0, 3                       ; VGA compatible
    dw SIZE / 512, 1
    db 0, 0x80
    dw 0

init:
    push ds
    push byte 0
    pop ds
    mov word [0x10 * 4], int10
    mov [0x10 * 4 + 2], cs
    pop ds
    mov dx, COM1 + 3
    mov al, 0x83                        ; 8 bits, no parity, 1 stop bit; the divisor
    out dx, al
    mov dl, COM1 & 0xff
    mov ax, 1
    out dx, ax
    mov dl, (COM1 + 3) & 0xff
    mov al, 3
    out dx, al
    retf

int10:
    cmp ah, 0x0e
    je .print
    cmp ah, 0x0f
    jne .done
    mov ax, TEXT_80
    mov bh, 0
.done:
    iret
.print:
    push dx
    push ax
    mov dx, COM1
    out dx, al
    mov dl, (COM1 + 5) & 0xff
.busy:                                  ; until it is out: the next thing may end the emulator
    in al, dx
    test al, 0x40
    jz .busy
    pop ax
    pop dx
    iret

    times SIZE - ($ - $$) db 0
