; SPDX-License-Identifier: BSD-2-Clause
; A network bootstrap program that starts the .zpxe behind it on a PXE stack of its own: the real one with faults put in, or none but faults.
; ci/pxe/broken.py appends the .zpxe at BODY and sets:
;   -DBODY_SIZE=bytes -DMODE=one of the modes below -DFLAGS=sum of the flags below
; It writes to port E9h: a line "STACK op" for each new opcode called, "GROUPS n" when groups are set, "BACK ax" when the .zpxe returns, "NEXT" at INT 18h.
SEGMENT_HERE    equ 0x6000              ; this program moves there, out of the way
BODY            equ 0x800
STACK_TOP       equ 0xfff0
BASE_KB         equ 0x413
DEBUG_PORT      equ 0xe9

; modes
FORWARD         equ 0                   ; the real stack answers
FAIL            equ 1                   ; every call fails
FORWARD_AX      equ 2                   ; the real stack answers; exit code 1 with status 0 wherever it succeeded
FORWARD_STATUS  equ 3                   ; exit code 0 with status 1 there, for UNDI_ISR and UNDI_TRANSMIT
SUCCEED         equ 4                   ; every call succeeds, nothing is filled in
DEAF            equ 5                   ; a card that sends into nowhere and never receives
NO_OPEN         equ 6                   ; the same, but UNDI_OPEN fails
NO_TRANSMIT     equ 7                   ; the same, but UNDI_TRANSMIT fails
ENDLESS         equ 8                   ; a frame that comes in pieces of no bytes, for ever
GARBAGE         equ 9                   ; frames of 65535 bytes that lie nowhere
TRASH           equ 10                  ; the real stack answers, then no register is what it was
NO_CACHE        equ 11                  ; the real stack answers, but knows no cached packet
NULL_CACHE      equ 12                  ; ... gives 0:0 as the cached packet
NO_FIELD        equ 13                  ; ... gives cached packets whose file field is empty
NOT_OURS        equ 14                  ; ... denies every interrupt: UNDI_ISR START says it is another card's

SMALL_MTU       equ 15                  ; ... says its MTU is 1000 bytes
NO_BROADCAST    equ 16                  ; ... has no filter for broadcasts, only one for everything

; flags
BAD_PXE         equ 1                   ; !PXE has a wrong checksum
BAD_PXENV       equ 2                   ; PXENV+ has a wrong checksum
ONLY_PXENV      equ 4                   ; PXENV+ is of version 2.0 and there is no !PXE
NOWHERE         equ 8                   ; not on the stack or in registers: INT 1Ah only
NO_INT1A        equ 16                  ; not by INT 1Ah

UNDI_SHUTDOWN   equ 0x05
UNDI_OPEN       equ 0x06
UNDI_TRANSMIT   equ 0x08
UNDI_SET_MCAST  equ 0x09
UNDI_INFORMATION equ 0x0c
UNDI_NIC_TYPE   equ 0x12
UNDI_INTERFACE  equ 0x13
UNDI_ISR        equ 0x14
GET_CACHED_INFO equ 0x71

bits 16
org 0

entry:
    mov ax, sp
    mov cx, es
    mov dx, SEGMENT_HERE
    mov es, dx
    mov si, 0x7c0                       ; this and its body may go beyond 0:ffff
    mov ds, si
    xor si, si
    xor di, di
    push cx
    mov cx, BODY + BODY_SIZE
    cld
    rep movsb
    pop cx
    jmp SEGMENT_HERE:moved

moved:
    mov ds, dx
    mov [old_sp], ax
    mov [old_ss], ss
    mov [real_pxenv], bx
    mov [real_pxenv + 2], cx
    mov bp, ax
    mov eax, [bp + 4]
    les bx, [bp + 4]
    mov eax, [es:bx + 0x10]
    mov [real_entry], eax
    les bx, [real_pxenv]
    mov eax, [es:bx + 0x0a]
    mov [real_pxenv_entry], eax
    call make_structures
    call hook
    cli
    mov ax, ds
    mov ss, ax
    mov sp, STACK_TOP
    sti
    push ds                             ; the body to where programs start
    xor ax, ax
    mov es, ax
    mov di, 0x7c00
    mov si, BODY
    mov cx, BODY_SIZE
    rep movsb
    call place_pointers
    call 0:0x7c00
    mov bx, SEGMENT_HERE
    mov ds, bx
    mov si, back_text
    call print
    call print_hex_word
    call print_line
    call unhook
    mov ss, [old_ss]
    mov sp, [old_sp]
    mov ax, 1
    retf

place_pointers:                         ; as a PXE stack hands itself over: !PXE on the stack, PXENV+ in ES:BX
    pop dx
    push ds
    pop es
%if FLAGS & NOWHERE
    push dword 0
    mov bx, nothing
%else
%if FLAGS & ONLY_PXENV
    push dword 0
%else
    push ds
    push word pxe
%endif
    mov bx, pxenv
%endif
    push dx
    ret

make_structures:
    mov si, pxe
    mov cx, pxe_end - pxe
    call checksum
    sub [pxe + 5], al
    mov si, pxenv
    mov cx, pxenv_end - pxenv
    call checksum
    sub [pxenv + 9], al
%if FLAGS & BAD_PXE
    inc byte [pxe + 5]
%endif
%if FLAGS & BAD_PXENV
    inc byte [pxenv + 9]
%endif
    ret

checksum:
    xor al, al
.byte:
    add al, [si]
    inc si
    loop .byte
    ret

hook:                                   ; INT 1Ah and 18h, and the memory we are in
    xor ax, ax
    mov es, ax
    mov ax, [es:BASE_KB]
    mov [old_base], ax
    mov word [es:BASE_KB], SEGMENT_HERE / 64
    mov eax, [es:0x1a * 4]
    mov [old_1a], eax
    mov eax, [es:0x18 * 4]
    mov [old_18], eax
    mov word [es:0x1a * 4], int1a
    mov [es:0x1a * 4 + 2], ds
    mov word [es:0x18 * 4], int18
    mov [es:0x18 * 4 + 2], ds
    ret

unhook:
    xor bx, bx
    mov es, bx
    mov bx, [old_base]
    mov [es:BASE_KB], bx
    mov ebx, [old_1a]
    mov [es:0x1a * 4], ebx
    mov ebx, [old_18]
    mov [es:0x18 * 4], ebx
    ret

int1a:
    cmp ax, 0x5650
    je .pxe
    jmp far [cs:old_1a]
.pxe:
%if FLAGS & NO_INT1A
    iret
%else
    push bp
    mov bp, sp
    and byte [bp + 6], 0xfe
    pop bp
    push cs
    pop es
    mov bx, pxenv
    mov ax, 0x564e
    iret
%endif

int18:
    mov ax, cs
    mov ds, ax
    mov si, next_text
    call print
    call print_line
    call unhook
    jmp far [old_18]

%include "pxe_broken.inc"

; --- output
note:                                   ; BX = opcode: tell it when it is new
%if MODE == NOT_OURS
    push ax
    mov al, [es:di + 2]
    mov [cs:isr_function], al
    pop ax
%endif
    push ds
    push si
    push ax
    push cs
    pop ds
    cmp bx, UNDI_SET_MCAST
    jne .seen
    mov si, groups_text
    call print
    mov ax, [es:di + 2]
    call print_hex_word
    call print_line
.seen:
    cmp bx, 256
    jae .end
    cmp byte [seen + bx], 0
    jne .end
    inc byte [seen + bx]
    mov si, stack_text
    call print
    mov ax, bx
    call print_hex_word
    call print_line
.end:
    pop ax
    pop si
    pop ds
    ret

print_hex_word:
    xchg al, ah
    call .byte
    mov al, ah
.byte:
    push ax
    shr al, 4
    call .digit
    pop ax
    push ax
    call .digit
    pop ax
    ret
.digit:
    and al, 15
    cmp al, 10
    sbb al, 0x69
    das
    or al, 0x20
    out DEBUG_PORT, al
    ret

print:                                  ; AX survives
    push ax
.char:
    lodsb
    test al, al
    jz .end
    out DEBUG_PORT, al
    jmp .char
.end:
    pop ax
    ret

print_line:
    push ax
    mov al, 10
    out DEBUG_PORT, al
    pop ax
    ret

back_text:  db "BACK ", 0
next_text:  db "NEXT", 0
stack_text: db "STACK ", 0
groups_text: db "GROUPS ", 0

align 16, db 0
pxe:
    db "!PXE", pxe_end - pxe, 0, 0, 0
    dd 0, 0
    dw by_pxe, SEGMENT_HERE
    dd 0, -1
    db 0, 0
    dw 0
    times 7 * 8 db 0
pxe_end:

align 16, db 0
pxenv:
    db "PXENV+"
%if FLAGS & ONLY_PXENV
    dw 0x0200
    db pxenv_end - pxenv, 0
%else
    dw 0x0201
    db pxenv_end - pxenv, 0
%endif
    dw by_pxenv, SEGMENT_HERE
    times 0x28 - 0x0e db 0
%if (FLAGS & ONLY_PXENV) == 0
    dw pxe, SEGMENT_HERE
%endif
pxenv_end:
nothing:    times 16 db 0

align 4, db 0
real_entry:         dd 0
real_pxenv_entry:   dd 0
real_pxenv:         dd 0
old_1a:             dd 0
old_18:             dd 0
old_sp:             dw 0
old_ss:             dw 0
old_base:           dw 0
isr_function:       db 0
seen:               times 256 db 0

    times BODY - ($ - $$) db 0
