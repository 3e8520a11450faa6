; SPDX-License-Identifier: BSD-2-Clause
; A network bootstrap program that takes the PXE stack down as second stages of old did, UNLOAD_STACK, STOP_UNDI, UNDI_CLEANUP, and may
; then free base memory: it raises 40:13 by a count that it takes to be above zero, clearing each kilobyte.
; -D CALLS=<number of these calls>, FREES=<0 or 1>, BY_INT18=<0: returns, 1: INT 18h, as after freeing>, HOOKS=<0, or an interrupt it hooks before>.
BASE_KB         equ 0x413
ENTRY_SP        equ 0x10
DESCRIPTORS     equ 0x20
COUNT           equ 7

bits 16
org 0x7c00

    jmp 0:start

start:
    mov bp, sp
    mov [cs:stack], sp
    mov [cs:stack + 2], ss
    les bx, [bp + 4]                    ; !PXE
    xor ax, ax
    mov ds, ax
    cld
    mov eax, [es:bx + ENTRY_SP]
    mov [entry], eax
    lea si, [bx + DESCRIPTORS]          ; the end of the highest segment, in kilobytes
    mov cx, COUNT
.segment:
    es movzx eax, word [si]
    shl eax, 4
    es movzx edx, word [si + 6]
    test dx, dx
    jz .next
    add eax, edx
    shr eax, 10
    cmp ax, [top]
    jbe .next
    mov [top], ax
.next:
    add si, 8
    loop .segment
%if HOOKS
    mov eax, [HOOKS * 4]
    mov [below], eax
    mov word [HOOKS * 4], handler
    mov [HOOKS * 4 + 2], ds
%endif
    mov si, before_text
    mov ax, [BASE_KB]
    call report

leave:
    mov di, calls
    mov cx, CALLS
    jcxz .called
.call:
    movzx ax, byte [di]
    inc di
    push cx
    push di
    mov word [block], 0xffff
    push ds
    push word block
    push ax
    call far [entry]
    add sp, 6
    mov si, status_text
    mov ax, [block]
    call report
    pop di
    pop cx
    loop .call
.called:
    mov si, stopped_text
    mov ax, [BASE_KB]
    call report
    mov si, top_text
    mov ax, [top]
    call report

last:
%if FREES
    xor ax, ax                          ; the stack so far goes with the rest
    mov ss, ax
    mov sp, 0x7c00
    mov cx, [top]
    sub cx, [BASE_KB]
    jbe nothing_to_free                 ; the loaders themselves do not look
    movzx eax, word [top]
    shl eax, 6
.free:
    sub ax, 64                          ; downwards: 40:13 follows at the end
    mov es, ax
    push cx
    push ax
    xor di, di
    xor ax, ax
    mov cx, 512
    rep stosw
    pop ax
    pop cx
    dec cx
    jnz .free
    mov ax, [top]
    mov [BASE_KB], ax
    mov si, freed_text
    call report
%endif
%if BY_INT18 || FREES
    int 0x18
%else
    lss sp, [stack]
    mov ax, 1
    retf
%endif

nothing_to_free:
    mov si, nothing_text
    jmp stop

handler:
    jmp far [cs:below]

%include "report.inc"

calls:          db 0x70, 0x15, 0x02
before_text:    db "BEFORE ", 0
status_text:    db "STATUS ", 0
stopped_text:   db "STOPPED ", 0
top_text:       db "TOP ", 0
freed_text:     db "FREED ", 0
nothing_text:   db "NOTHING ", 0
align 4
entry:          dd 0
stack:          dd 0
below:          dd 0
top:            dw 0
block:          times 16 dw 0
