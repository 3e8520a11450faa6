; SPDX-License-Identifier: BSD-2-Clause
; Boot sector with a loader for Network Boot Images, to test what they carry without our own loader. The emulator has put the image at
; FILE and a BOOTP record at RECORD (none when its first byte is 0), where a far pointer does not reach. Knows only absolute segments
; and the 32-bit entry, with descriptors and interrupts of its own as other loaders have them.
FILE            equ 0x3000000
RECORD          equ 0x2f00000
HEADER_LENGTH   equ 512
LAST            equ 4

bits 16
org 0x7c00

    xor ax, ax
    mov ds, ax
    mov ss, ax
    mov sp, 0x7000
    mov ax, 0x2401
    int 0x15
    cli
    o32 lgdt [gdt]
    mov eax, cr0
    or al, 1
    mov cr0, eax
    jmp 0x08:flat

bits 32
flat:
    mov ax, 0x10
    mov ds, ax
    mov es, ax
    cld
    mov ss, ax
    lidt [gdt]
    mov ebx, FILE
    movzx edi, word [ebx + 10]          ; the header's copy
    shl edi, 4
    movzx eax, word [ebx + 8]
    add edi, eax
    mov esi, ebx
    mov ecx, HEADER_LENGTH
    rep movsb
    mov edx, ebx                        ; segment record, behind the header's own bytes and vendor data
    mov al, [ebx + 4]
.segment:
    call skip
    mov edi, [edx + 4]
    mov ecx, [edx + 8]
    mov ebp, [edx + 12]
    sub ebp, ecx
    rep movsb
    mov ecx, ebp
    mov al, 0
    rep stosb
    mov al, [edx]
    test byte [edx + 3], LAST
    jz .segment
    mov eax, RECORD
    cmp byte [eax], 0
    jne .record
    xor eax, eax
.record:
    mov esp, 0x7000
    push eax
    movzx eax, word [ebx + 10]
    shl eax, 4
    push eax
    push dword 0x7c00                   ; the loader's information: nothing that anybody looks at
    call [ebx + 12]
.halt:
    hlt
    jmp .halt

skip:                                   ; EDX += the lengths in AL
    movzx eax, al
    mov ah, al
    shr ah, 4
    and al, 15
    add al, ah
    movzx eax, al
    lea edx, [edx + eax * 4]
    ret

align 4
gdt:
    dw gdt_end - gdt - 1
    dd gdt
    dw 0
    dq 0x00cf9b000000ffff
    dq 0x00cf93000000ffff
gdt_end:
    times 510 - ($ - $$) db 0
    dw 0xaa55
