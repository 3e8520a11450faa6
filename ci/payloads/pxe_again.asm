; SPDX-License-Identifier: BSD-2-Clause
; A network bootstrap program that asks for itself, by RESTART_TFTP or FILE_EXEC, TIMES times; then it reports how much of the firmware's
; 32-bit stack was ever used, which was zeroed before, and what stands right below it.
; -D OPCODE=0x73 or 0xe5, TIMES, STACK=<distance of the guard below the stack from nic_poll(), whose address stands behind !PXE>,
; GUARD, SIZE=<bytes of guard and stack>.
ENTRY_SP        equ 0x10
DIRECT_POLL     equ 0x58 + 4
RESTART         equ 0x73
COUNTER         equ 0x600
COPY_SEGMENT    equ 0x3000
MAGIC           equ 0x4e49              ; beside the counter

bits 16
org 0x7c00

    jmp 0:start

start:
    mov bp, sp
    les bx, [bp + 4]                    ; !PXE
    xor ax, ax
    mov ds, ax
    mov eax, [es:bx + DIRECT_POLL]
    add eax, STACK
    mov [source + 2], eax               ; base bits 0 to 23, and the access byte again
    mov byte [source + 5], 0x93
    shr eax, 24
    mov [source + 7], al
    mov eax, [es:bx + ENTRY_SP]
    mov [entry], eax
    cmp word [COUNTER], MAGIC
    je .counts
    mov dword [COUNTER], MAGIC
.counts:
    inc word [COUNTER + 2]
    cmp word [COUNTER + 2], TIMES
    ja .enough
    push ds
    push word block
    push word OPCODE
    call far [entry]
    add sp, 6
    mov si, status_text
    mov ax, [block]
    call report
.enough:
    mov sp, 0x7c00

look_at_stack:
    mov si, count_text
    mov ax, [COUNTER + 2]
    call report
    push ds
    pop es
    mov si, table
    mov cx, (GUARD + SIZE) / 2
    mov ah, 0x87
    int 0x15
    mov si, copy_text
    sbb ax, ax
    call report
    mov ax, COPY_SEGMENT
    mov es, ax
    xor di, di
    xor ax, ax
    cld
    mov cx, GUARD
    repe scasb
    je .guarded
    inc cx
.guarded:
    mov si, guard_text
    mov ax, cx
    call report
    mov di, GUARD
    xor ax, ax
    mov cx, SIZE
    repe scasb
    inc cx
    mov si, used_text
    mov ax, cx
    jmp stop

%include "report.inc"

status_text:    db "STATUS ", 0
count_text:     db "COUNT ", 0
copy_text:      db "COPY ", 0
guard_text:     db "GUARD ", 0
used_text:      db "USED ", 0
command:        db "chain again", 0
align 4
entry:          dd 0
table:          times 16 db 0           ; for INT 15h/87h
source:         dw 0xffff
                times 6 db 0
                dw 0xffff
                db COPY_SEGMENT * 16 & 0xff, COPY_SEGMENT >> 4 & 0xff, COPY_SEGMENT >> 12, 0x93
                dw 0
                times 16 db 0
block:
                dw 0
%if OPCODE == RESTART
                db "again", 0
%else
                dw command, 0
%endif
                times 180 db 0
