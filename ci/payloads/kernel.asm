; SPDX-License-Identifier: BSD-2-Clause
; Smoke payload as a kernel that is entered in 32-bit mode. CONTRACT says what it asks for and is told: 1 Multiboot, 2 Multiboot2,
; 0 the boot notes of Etherboot. It sums itself and its modules, and prints what it was told, all of which is in base memory.
BASE            equ 0x20000
PARAGRAPH       equ BASE >> 4
STACK           equ 0xfff0
BLOCKS          equ 0xe000              ; its list of what is summed, behind all that was loaded

bits 32
org 0
    times 0x100 db 0                    ; for an ELF header, filled in by payload.py

align 8
header:
%if CONTRACT == 1
MAGIC           equ 0x2badb002
    dd 0x1badb002, 0x10007              ; pages, memory, video; addresses
    dd -(0x1badb002 + 0x10007)
    dd BASE + header, BASE, 0, 0        ; load_end_addr: with the file; bss_end_addr, filled in by payload.py
    dd BASE + entry_32
    dd 1, 80, 25, 0                     ; text
%elif CONTRACT == 2
MAGIC           equ 0x36d76289
    dd 0xe85250d6, 0, header_end - header, -(0xe85250d6 + header_end - header)
    dd 1, 8 + 5 * 4, 1, 2, 3, 4, 6      ; information that it must have: texts, modules, memory
    align 8, db 0
    dw 4, 0
    dd 12, 3, 0                         ; console: needs one, text will do
    dw 5, 0
    dd 20, 640, 480, 32, 0              ; a screen it would like
    dw 6, 0
    dd 8                                ; modules from pages on
    dw 9, 1
    dd 12, 1, 0                         ; where EFI would enter it: optional
    dw 99, 1
    dd 8                                ; unknown and optional
    dd 0, 8
header_end:
%else
MAGIC           equ 0x0e1fb007
%endif

align 16
entry_32:
    mov ecx, eax
    mov al, '!'
    out 0xe9, al
    mov eax, ecx
    cli
    cld
    mov edx, [esp + 4]                  ; notes
    o32 lgdt [BASE + gdt_register]
    o32 lidt [BASE + real_idt]
    jmp SEL_CODE16:.sixteen
bits 16
.sixteen:
    mov cx, SEL_DATA16
    mov ds, cx
    mov es, cx
    mov fs, cx
    mov gs, cx
    mov ss, cx
    mov ecx, cr0
    and cl, 0xfe
    mov cr0, ecx
    jmp PARAGRAPH:start

%define BLOCK_LIST BLOCKS
%include "payload.inc"

real_idt:
    dw 0x3ff
    dd 0
entry_text: db "EFENTRY magic=", 0
lower_text: db " lower=", 0
upper_text: db " upper=", 0
ram_text:   db " ram=", 0
loader_text: db ' loader="', 0
args_text:  db ' cmdline="', 0
module_text: db ' module="', 0
quote:      db '"', 0
ip_text:    db ' ip=', 0

start:                                  ; EAX = what it was entered with, EBX = address of what it is told, EDX = on the stack
    mov cx, cs
    mov ds, cx
    mov ss, cx
    mov sp, STACK
    sti
    push eax
    mov es, cx
    mov si, blocks
    mov di, BLOCKS
    mov cx, 8 * 2 * 2
    rep movsw
    mov di, BLOCKS
.last:                                  ; DI = the first that is free
    cmp dword [di + 4], byte 0
    je .found
    add di, byte 8
    jmp .last
.found:
    mov si, entry_text
    call print
    pop eax
    call print_hex
    shr ebx, 4                          ; 16-byte aligned
    mov es, bx
    call told
    mov si, new_line
    call print
    call a20_on
    jmp finish

; Print the text at SI, then the NUL-terminated one at the linear address EAX.
print_both:
    push eax
    call print
    pop eax
    push ds
    push si
    mov si, ax
    and si, byte 15
    shr eax, 4
    mov ds, ax
    call print
    pop si
    pop ds
    mov si, quote
    jmp print

; Print the text at SI, then EAX.
print_number:
    push eax
    call print
    pop eax
    jmp print_hex

; Sum what lies at EAX up to EDX, too.
add_block:
    mov [di], eax
    sub edx, eax
    mov [di + 4], edx
    mov dword [di + 12], 0
    add di, byte 8
    ret

; Print how many KiB the CX ranges of RAM at BX have, which are BP bytes apart.
print_ram:
    xor edx, edx
.range:
    cmp dword [es:bx + 16], byte 1
    jne .next
    mov eax, [es:bx + 8]
    shr eax, 10
    add edx, eax
    mov eax, [es:bx + 12]
    shl eax, 22
    add edx, eax
.next:
    add bx, bp
    loop .range
    mov eax, edx
    mov si, ram_text
    jmp print_number

; Print what it is told, which is at ES:0.
%if CONTRACT == 1
told:
    mov eax, [es:4]
    mov si, lower_text
    call print_number
    mov eax, [es:8]
    mov si, upper_text
    call print_number
    mov eax, [es:48]                    ; the map is in the same segment
    mov bx, es
    movzx ebx, bx
    shl ebx, 4
    sub eax, ebx
    lea bx, [eax + 4]
    mov eax, [es:44]
    xor edx, edx
    mov ecx, 24
    div ecx
    mov cx, ax
    mov bp, 24
    call print_ram
    mov eax, [es:64]
    mov si, loader_text
    call print_both
    mov eax, [es:16]
    mov si, args_text
    call print_both
    mov ecx, [es:20]
    mov eax, [es:24]
    shr eax, 4                          ; with what is told being aligned to 16, and 112 bytes long
    jcxz .end
    mov gs, ax
    xor bx, bx
.module:
    mov eax, [gs:bx]
    mov edx, [gs:bx + 4]
    call add_block
    mov eax, [gs:bx + 8]
    mov si, module_text
    push cx
    call print_both
    pop cx
    add bx, byte 16
    loop .module
.end:
    ret
%elif CONTRACT == 2
told:
    mov bx, 8
.tag:
    mov eax, [es:bx]
    mov bp, ax
    push bx
    cmp bp, 9
    jae .next
    add bp, bp
    mov bp, [tag_kinds + bp]
    test bp, bp
    jz .next
    call bp
.next:
    pop bx
    mov eax, [es:bx + 4]
    add ax, 7
    and al, 0xf8
    add bx, ax
    cmp dword [es:bx], byte 0
    jne .tag
    ret
tag_kinds: dw 0, tag_args, tag_loader, tag_module, tag_sizes, 0, tag_map, 0, 0
tag_loader:
    mov si, loader_text
    jmp tag_text
tag_args:
    mov si, args_text
tag_text:
    lea eax, [bx + 8]
tag_linear:
    movzx eax, ax
    mov cx, es
    movzx ecx, cx
    shl ecx, 4
    add eax, ecx
    jmp print_both
tag_module:
    mov eax, [es:bx + 8]
    mov edx, [es:bx + 12]
    call add_block
    lea eax, [bx + 16]
    mov si, module_text
    jmp tag_linear
tag_sizes:
    mov eax, [es:bx + 8]
    mov si, lower_text
    call print_number
    mov eax, [es:bx + 12]
    mov si, upper_text
    jmp print_number
tag_map:
    mov eax, [es:bx + 4]
    sub eax, byte 16
    xor edx, edx
    mov ecx, [es:bx + 8]
    mov bp, cx
    div ecx
    mov cx, ax
    add bx, byte 16
    jmp print_ram
%else
told:
    mov ax, es                          ; the argument on the stack says the same as EBX
    movzx eax, ax
    shl eax, 4
    cmp eax, edx
    jne .end
    mov ebx, [es:12 + 24]               ; of the first note: the BOOTP record
    push ebx
    mov eax, [es:40 + 24]               ; of the second: KiB, KiB, number of ranges, and they
    mov si, lower_text
    call print_number
    mov eax, [es:40 + 28]
    mov si, upper_text
    call print_number
    mov cx, [es:40 + 32]
    mov bx, 40 + 36
    mov bp, 20
    call print_ram
    mov si, ip_text
    call print
    pop eax
    mov bx, ax
    and bx, byte 15
    shr eax, 4
    mov es, ax
    mov cx, 4
.byte:
    mov al, [es:bx + 16]
    inc bx
    push cx
    call print_byte
    mov al, '.'
    call print_char
    pop cx
    loop .byte
.end:
    ret
%endif
