; SPDX-License-Identifier: BSD-2-Clause
; Smoke payload as the code segment of a Network Boot Image: a 16-bit entry at its start, a 32-bit one at +10h.
BASE            equ 0x20000
PARAGRAPH       equ BASE >> 4
STACK           equ 0xfff0
BOOTP_YIADDR    equ 16
BOOTP_SIADDR    equ 20

bits 16
org 0

entry_16:                               ; stack: return address, far pointers to header and BOOTP record; A20 off
    mov al, '!'
    out 0xe9, al
    jmp start_16
    times 16 - ($ - $$) db 0

bits 32
entry_32:                               ; stack: return address, addresses of loader information, header, BOOTP record
    mov al, '!'
    out 0xe9, al
    cli
    cld
    mov ecx, [esp + 8]
    mov edx, [esp + 12]
    o32 lgdt [BASE + gdt_register]
    o32 lidt [BASE + real_idt]
    jmp SEL_CODE16:.sixteen
bits 16
.sixteen:
    mov ax, SEL_DATA16
    mov ds, ax
    mov es, ax
    mov fs, ax
    mov gs, ax
    mov ss, ax
    mov eax, cr0
    and al, 0xfe
    mov cr0, eax
    jmp PARAGRAPH:start_32

%include "payload.inc"

real_idt:
    dw 0x3ff
    dd 0
entry_text: db "EFENTRY a20=", 0
header_text: db " header=", 0
ip_text:    db " ip=", 0
server_text: db " server=", 0

start_32:                               ; ECX, EDX = addresses of header and BOOTP record
    mov ax, cs
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov sp, STACK
    sti
    push dword 0                        ; no way back
    mov eax, ecx
    call far_pointer
    mov ecx, eax
    mov eax, edx
    call far_pointer
    mov edx, eax
    jmp main

; EAX: linear address to far pointer.
far_pointer:
    mov esi, eax
    and eax, 15
    shl esi, 12
    xor si, si
    or eax, esi
    ret

start_16:
    mov bp, sp
    mov ecx, [bp + 4]
    mov edx, [bp + 8]
    mov bx, ss
    cli
    mov ax, cs
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov sp, STACK
    sti
    cld
    push bx
    push bp

main:                                   ; ECX, EDX = far pointers to header and BOOTP record; caller's SS:SP pushed
    push edx
    push ecx
    mov si, entry_text
    call print
    call a20_state
    call print_char
    mov si, header_text
    call print
    pop eax
    call print_hex
    call a20_on
    pop ebx
    mov si, ip_text
    mov di, BOOTP_YIADDR
    call print_address
    mov si, server_text
    mov di, BOOTP_SIADDR
    call print_address
    mov si, new_line
    call print
    call finish
    pop bp
    pop ss
    mov sp, bp
    retf

; Print the text at SI and the IP address at offset DI of the record at the far pointer EBX.
print_address:
    call print
    push es
    push ebx
    pop si
    pop es
    add di, si
    mov cx, 4
.byte:
    mov al, [es:di]
    inc di
    call print_byte
    mov al, '.'
    dec cx
    jz .end
    call print_char
    jmp .byte
.end:
    pop es
    ret

; Out: AL = '1' when A20 is on, '0' when memory wraps at 1 MiB.
a20_state:
    push ds
    push es
    xor ax, ax
    mov ds, ax
    dec ax
    mov es, ax
    mov bx, [es:0x510]
    not word [0x500]
    cmp bx, [es:0x510]
    mov al, '1'
    je .on
    mov al, '0'
.on:
    not word [0x500]
    pop es
    pop ds
    ret
