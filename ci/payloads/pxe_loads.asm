; SPDX-License-Identifier: BSD-2-Clause
; A floppy's boot sector that brings the PXE services in by a ROM's UNDI loader (PXE 2.1 section 3.1), as programs do that no PXE ROM has
; loaded: it looks for the UNDI ROM ID, sets base memory aside, calls the loader, and asks 10.0.2.2 for its MAC address over UNDI.
; As iPXE does, it lives at the end of base memory itself, with all that it hands over.
BASE_KB         equ 0x413
ENTRY_SP        equ 0x10
SECTORS         equ 4
LIVES_KB        equ 8
PATIENCE        equ 90                  ; ticks
FRAME           equ 0x8800              ; to be sent; BLOCK and DESCRIPTOR are parameters
BLOCK           equ 0x8a00
DESCRIPTOR      equ 0x8b00

bits 16
org 0x7c00

    jmp 0:start
start:
    xor ax, ax
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov sp, 0x7c00
    cld
    mov bx, 0x7e00
    mov ax, 0x0200 + SECTORS
    mov cx, 2
    xor dx, dx
    int 0x13
    jmp move_up

%include "report.inc"

    times 510 - ($ - $$) db 0
    dw 0xaa55

move_up:                                ; to the end of base memory, above what it sets aside
    mov ax, [BASE_KB]
    sub ax, LIVES_KB
    mov [BASE_KB], ax
    shl ax, 6
    sub ax, 0x7c00 / 16
    mov es, ax
    mov si, 0x7c00
    mov di, si
    mov cx, 512 * (SECTORS + 1) / 2
    rep movsw
    mov fs, cx                          ; BIOS data
    mov ds, ax
    mov ss, ax
    mov sp, 0x7c00 + LIVES_KB * 1024
    push ax
    push word find_rom
    retf

find_rom:
    mov bp, 0xc000
.look:
    mov es, bp
    cmp word [es:0], 0xaa55
    jne .further
    mov bx, [es:0x16]
    cmp dword [es:bx], 'UNDI'
    je .found
.further:
    add bp, 0x80
    cmp bp, 0xe000
    jb .look
    mov si, none_text
    jmp stop
.found:
    movzx cx, byte [es:bx + 4]
    mov si, bx
    mov al, 0
.sum:
    add al, [es:si]
    inc si
    loop .sum
    mov ah, 0
    mov si, sum_text
    call report
    mov ax, [es:bx + 0x12]          ; bus type, first half
    mov si, bus_text
    call report
    mov ax, [es:bx + 0x0a]
    mov [loader], ax
    mov [loader + 2], es

set_memory_aside:
    mov ax, [es:bx + 0x10]              ; code
    add ax, 15
    shr ax, 4
    mov dx, [es:bx + 0x0e]              ; data
    add dx, 15
    shr dx, 4
    mov cx, [fs:BASE_KB]
    shl cx, 6
    sub cx, ax
    mov [undi_cs], cx
    sub cx, dx
    mov [undi_ds], cx
    shr cx, 6
%if LOWERS
    mov [fs:BASE_KB], cx
%endif
    push cx
    mov di, [es:0x18]                   ; PCIR: which card
    mov dx, [es:di + 4]
    mov cx, [es:di + 6]
    xor si, si
    mov ax, 0xb102
    int 0x1a
    mov [undi_ax], bx
    push ds
    push word parameters
    call far [loader]
    add sp, 4
    mov si, loader_text
    call report
    mov ax, [parameters]
    mov si, status_text
    call report
    pop ax                              ; what the caller leaves free, whatever 40:13 says now
    mov [fs:BASE_KB], ax
    mov si, kb_text
    call report
    les bx, [undi_pxe]
    cmp dword [es:bx], '!PXE'
    mov si, nothing_text
    jne stop
    mov eax, [es:bx + ENTRY_SP]
    mov [entry], eax
    mov ax, [es:bx + 0x20]              ; where its memory begins: in what was set aside
    sub ax, [undi_cs]
    sbb ax, ax
    mov si, inside_text
    call report
    lgs bx, [undi_pxenv]
    mov ax, [gs:bx]
    mov si, pxenv_text
    call report

use_undi:
    mov si, calls
.call:
    lodsb
    movzx ax, al
    push si
    call pxe_call
    pop si
    cmp byte [si], 0xff
    jne .call
    mov cx, 6                           ; our MAC address: GET_INFORMATION was the last
    mov si, BLOCK + 12
    push cs
    pop es
    mov di, our_mac
    rep movsb
    mov si, our_mac
    mov di, frame_mac
    mov cx, 3
    rep movsw
    call open_and_ask
    mov eax, [fs:0x46c]
    add eax, PATIENCE
    mov [deadline], eax
.poll:
    mov word [BLOCK + 2], 1             ; UNDI_ISR START
    call isr
    cmp word [BLOCK + 2], 0
    mov ax, 2                           ; PROCESS
    je .process
    mov eax, [fs:0x46c]
    cmp eax, [deadline]
    jb .poll
    mov si, silent_text
    jmp stop
.process:
    mov [BLOCK + 2], ax
    call isr
    mov ax, 3
    cmp word [BLOCK + 2], 2             ; sent
    je .process
    cmp word [BLOCK + 2], 3
    jne .poll
    lgs bx, [BLOCK + 10]
    cmp word [gs:bx + 12], 0x0608       ; ARP
    mov ax, 3
    jne .process
    cmp dword [gs:bx + 28], 0x0202000a  ; of 10.0.2.2
    jne .process
    mov ax, [gs:bx + 20]
    mov si, arp_text
    call report

leave:
    mov al, 0x07                        ; UNDI_CLOSE
    call pxe_call
    mov al, 0x05                        ; SHUTDOWN
    call pxe_call
    mov al, 0x15                        ; STOP_UNDI
    call pxe_call
    mov ax, [fs:BASE_KB]
    mov si, kb_text
    call report
    mov ax, [fs:0x15 * 4 + 2]
    mov si, hook_text
    jmp stop

open_and_ask:
    mov word [BLOCK + 4], 3             ; directed and broadcast
    mov word [BLOCK + 6], 0
    mov al, 0x06
    call pxe_call
    mov word [BLOCK + 2], 0             ; a whole frame
    mov word [BLOCK + 8], DESCRIPTOR
    mov [BLOCK + 10], ds
    mov word [DESCRIPTOR], 60
    mov word [DESCRIPTOR + 2], frame
    mov [DESCRIPTOR + 4], ds
    mov word [DESCRIPTOR + 6], 0
    mov al, 0x08
    call pxe_call
    ret

pxe_call:                               ; AL = opcode, BLOCK
    mov ah, 0
    push ax
    push ds
    push word BLOCK
    push ax
    call far [entry]
    add sp, 6
    pop ax
    mov ah, [BLOCK]
    mov si, call_text
    jmp report

isr:
    push ds
    push word BLOCK
    push word 0x14
    call far [entry]
    add sp, 6
    ret

calls:          db 0x00, 0x01, 0x03, 0x0c, 0xff ; START_UNDI, STARTUP, INITIALIZE, GET_INFORMATION
none_text:      db "NONE ", 0
sum_text:       db "SUM ", 0
bus_text:       db "BUS ", 0
loader_text:    db "LOADER ", 0
status_text:    db "STATUS ", 0
kb_text:        db "KB ", 0
nothing_text:   db "NOTHING ", 0
inside_text:    db "OUTSIDE ", 0
pxenv_text:     db "PXENV ", 0
call_text:      db "CALL ", 0
silent_text:    db "SILENT ", 0
arp_text:       db "ARP ", 0
hook_text:      db "HOOK ", 0
align 4
loader:         dd 0
entry:          dd 0
deadline:       dd 0
parameters:     dw 0xffff
undi_ax:        dw 0
                dw 0, 0, 0, 0
undi_ds:        dw 0
undi_cs:        dw 0
undi_pxe:       dd 0
undi_pxenv:     dd 0
frame:          db 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
our_mac:        times 6 db 0
                db 8, 6, 0, 1, 8, 0, 6, 4, 0, 1
frame_mac:      times 6 db 0
                db 10, 0, 2, 15
                times 6 db 0
                db 10, 0, 2, 2
                times 18 db 0
    times 512 * (SECTORS + 1) - ($ - $$) db 0
