; A network bootstrap program that asks for an exit hook (E7h of gPXE's extensions) and returns. The hook reports as the smoke payloads
; do, and what is left of the PXE stack: base memory in KiB, and AX of INT 1Ah/5650h.
;   -DNONCE="..."
DEBUG_PORT      equ 0xe9
EXIT_PORT       equ 0x501
BASE_KB         equ 0x413
EXIT_HOOK       equ 0xe7

bits 16
org 0x7c00

    mov al, '!'
    out DEBUG_PORT, al
    jmp 0:start

start:
    mov bp, sp
    les bx, [bp + 4]                    ; !PXE
    mov eax, [es:bx + 0x10]
    push cs
    pop ds
    push cs
    push word parameters
    push word EXIT_HOOK
    mov [entry], eax
    call far [entry]
    add sp, 6
    xor ax, [parameters]                ; both 0, or the report is not what is expected
    mov [failed], ax
    xor ax, ax
    retf

hook:
    xor ax, ax
    mov ds, ax
    cld
    mov si, report
    call print
    mov ax, [failed]
    call print_hex
    mov si, memory
    call print
    mov ax, [BASE_KB]
    call print_hex
    mov si, check
    call print
    mov ax, 0x5650
    int 0x1a
    call print_hex
    mov al, 10
    out DEBUG_PORT, al
    mov dx, EXIT_PORT
    xor ax, ax
    out dx, ax
    cli
    hlt

print_hex:
    mov cx, 4
.digit:
    rol ax, 4
    push ax
    and al, 15
    cmp al, 10
    sbb al, 0x69
    das
    or al, 0x20
    out DEBUG_PORT, al
    pop ax
    loop .digit
    ret

print:
    lodsb
    test al, al
    jz .end
    out DEBUG_PORT, al
    jmp print
.end:
    ret

parameters: dw -1, hook, 0
entry:      dd 0
failed:     dw -1
report:     db 10, "EFHOOK nonce=", NONCE, " failed=", 0
memory:     db " base=", 0
check:      db " int1a=", 0
