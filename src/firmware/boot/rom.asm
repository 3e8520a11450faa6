; Prefix of a PCI option ROM: PCI firmware 3.0 section 5.1 headers, PnP expansion header with a boot entry vector, and an INT 19h
; hook for BIOSes without boot specification support. romtool fills the fields that depend on the image.
bits 16
org 0

    db 0x55, 0xaa
    db 0                                ; length in 512-byte units
    jmp near init
checksum:
    db 0                                ; whole-image compensation
    times 0x16 - ($ - $$) db 0
    dw 0                                ; UNDI ROM ID
    dw pcir
    dw pnp

pcir:
    db 'PCIR'
    dw 0, 0                             ; vendor, device
    dw 0                                ; device list
    dw pcir_end - pcir
    db 3                                ; structure revision: PCI 3.0
    db 0x00, 0x00, 0x02                 ; Ethernet controller: interface, subclass, base class
    dw 0                                ; image length / 512
    dw 1                                ; code revision
    db 0                                ; x86
    db 0x80                             ; last image
    dw 0                                ; maximum run-time length / 512
    dw 0, 0                             ; no configuration utility, no CLP
pcir_end:

efpx:
    db 'EFPX'
.identity equ $ - $$
    dd 0
    dd 0

busdevfn:                               ; which of several equal cards this ROM was initialised for
    dw 0
old_int19:
    dd 0

align 16
pnp:
    db '$PnP'
    db 1, 2                             ; revision, length / 16
    dw 0
    db 0
    db 0                                ; checksum
    dd 0
    dw manufacturer
    dw 0                                ; product name, in the identity block
    db 0x02, 0x00, 0x00                 ; network, Ethernet
    db 0x54                             ; shareable, only needed to boot, IPL device
    dw 0                                ; no boot connection vector
    dw 0
    dw boot_entry
    dw 0
    dw 0

manufacturer:
    db 'Etherforge', 0

init:                                   ; AX = bus and devfn, ES:DI -> $PnP; the image is writable during POST
    push ds
    push bx
    push cs
    pop ds
    mov [busdevfn], ax
    cmp dword [es:di], '$PnP'
    je .has_bbs
    xor bx, bx
    mov ds, bx
    mov ebx, [0x19 * 4]
    mov [cs:old_int19], ebx
    mov word [0x19 * 4], int19_entry
    mov [0x19 * 4 + 2], cs
    push cs
    pop ds
.has_bbs:
    call fix_checksum
    pop bx
    pop ds
    mov ax, 0x20                        ; IPL device attached
    retf

fix_checksum:                           ; DS = image
    push ax
    push cx
    push si
    xor ax, ax
    mov ch, [2]
    mov cl, 0
    shl cx, 1                           ; 512-byte units to bytes
    xor si, si
.add:
    add ah, [si]
    inc si
    loop .add
    sub [checksum], ah
    pop si
    pop cx
    pop ax
    ret

int19_entry:
    push cs
    call boot_entry
    jmp far [cs:old_int19]

boot_entry:                             ; far-called by the BIOS to boot from this card
    jmp enter_firmware

firmware_came_back:
    retf                                ; the BIOS tries its next device

%include "enter.inc"
