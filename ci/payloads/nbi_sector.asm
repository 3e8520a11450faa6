; Boot sector with a loader for Network Boot Images, to test what they carry without our own loader. The emulator has put the image at
; FILE and a BOOTP record at RECORD (none when its first byte is 0). Knows only absolute segments and the 16-bit entry.
FILE            equ 0x3000000
RECORD          equ 0x2f00000
RECORD_LENGTH   equ 548
RECORD_SEGMENT  equ 0x800               ; where the entry finds it
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
    mov esi, RECORD
    mov edi, RECORD_SEGMENT * 16
    mov ecx, RECORD_LENGTH
    rep movsb
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
    mov ecx, [ebx + 12]
    mov edx, [ebx + 8]
    mov bl, [RECORD_SEGMENT * 16]
    mov ax, 0x20
    mov ds, ax
    mov es, ax
    jmp 0x18:real

skip:                                   ; EDX += the lengths in AL
    movzx eax, al
    mov ah, al
    shr ah, 4
    and al, 15
    add al, ah
    movzx eax, al
    lea edx, [edx + eax * 4]
    ret

bits 16
real:
    mov eax, cr0
    and al, 0xfe
    mov cr0, eax
    jmp 0:.real
.real:
    xor ax, ax
    mov ds, ax
    mov es, ax
    sti
    mov [entry], ecx
    cmp bl, 0
    je .push
    mov ax, RECORD_SEGMENT
.push:
    push ax
    push word 0
    push edx
    call far [entry]
.halt:
    hlt
    jmp .halt

align 4
gdt:
    dw gdt_end - gdt - 1
    dd gdt
    dw 0
    dq 0x00cf9b000000ffff
    dq 0x00cf93000000ffff
    dq 0x00009b000000ffff
    dq 0x000093000000ffff
gdt_end:
entry:
    dd 0
    times 510 - ($ - $$) db 0
    dw 0xaa55
