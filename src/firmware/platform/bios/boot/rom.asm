; SPDX-License-Identifier: BSD-2-Clause
; Prefix of a PCI option ROM: PCI firmware 3.0 section 5.1 headers, PnP expansion header with a boot entry vector, and an INT 19h
; hook for BIOSes without boot specification support. romtool fills the fields that depend on the image.
bits 16
org 0

%include "layout.inc"

    db 0x55, 0xaa
    db 0                                ; length in 512-byte units
    jmp near init
checksum:
    db 0                                ; whole-image compensation
    times 0x16 - ($ - $$) db 0
    dw undi_id
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

; UNDI ROM ID (PXE 2.1 section 3.1)
%define low(x) ((x) & 0xff)
%define high(x) ((x) >> 8)
undi_id:
istruc s_UNDI_ROM_ID
    at s_UNDI_ROM_ID.Signature, db 'UNDI'
    at s_UNDI_ROM_ID.StructLength, db s_UNDI_ROM_ID_size
    at s_UNDI_ROM_ID.StructCksum, db -('U' + 'N' + 'D' + 'I' + s_UNDI_ROM_ID_size + 1 + 2 + \
        low(undi_loader - $$) + high(undi_loader - $$) + low(UNDI_LOADER_MEMORY) + high(UNDI_LOADER_MEMORY) + \
        'P' + 'C' + 'I' + 'R') & 0xff
    at s_UNDI_ROM_ID.UNDIRev, db 0, 1, 2 ; 2.1.0
    at s_UNDI_ROM_ID.UNDILoader, dw undi_loader
    at s_UNDI_ROM_ID.CodeSize, dw UNDI_LOADER_MEMORY ; all that stays in base memory: no stack, no data
    at s_UNDI_ROM_ID.BusType, db 'PCIR'
iend

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

busdevfn:                               ; which of several equal cards this ROM was initialised for
    dw 0
payload_image:                          ; physical address of the whole image's copy in extended memory, 0 = none
    dd 0
old_int19:
    dd 0

align 4, db 0
efpx:
    db 'EFPX'
.identity equ $ - $$
    dd 0
.length equ $ - $$
    dd 0
.crc equ $ - $$
    dd 0

checked:
manufacturer:
    db 'Etherforge', 0

; AX = bus and devfn, ES:DI -> $PnP: with a BIOS that keeps to the specification. Others leave there what they had, and the
; firmware looks for its card itself. The image is writable during POST, also only where the BIOS saw to that.
init:
    pushad
    push ds
    push es
    push cs
    pop ds
    cld
    mov [busdevfn], ax
    cmp di, -4                          ; a word behind the segment's end would be a fault
    ja .no_bbs
    cmp dword [es:di], '$PnP'
    je .has_bbs
.no_bbs:
    xor ax, ax
    mov es, ax
    mov bx, 0x19 * 4
    mov eax, [es:bx]
    mov [old_int19], eax
    mov word [es:bx], int19_entry
    mov [es:bx + 2], cs
.has_bbs:
    call move_to_pmm
    mov ch, [2]                         ; length in 512-byte units
    mov cl, 0
    shl cx, 1
    xor si, si
    mov ah, 0
.add:
    lodsb
    add ah, al
    loop .add
    sub [checksum], ah
    pop es
    pop ds
    popad
    mov ax, 0x20                        ; IPL device attached
    retf

; Copy the image to extended memory and shrink what stays in the option ROM area to prefix and identity block
; (POST Memory Manager specification 1.01). Nothing is changed when any step fails. The CRC is checked before the copy is used.
move_to_pmm:
    call find_pmm
    jc .none
    mov eax, [efpx.length]
    shr eax, 4
    test ah, 0xf0
    jnz .none                           ; INT 15h/87h copies within 64 KiB
    push word 2                         ; extended memory
    push dword -1                       ; no handle
    push eax
    push word 0                         ; allocate
    call far [es:7]
    add sp, 12
    push dx
    push ax
    pop ebx
    inc dx                              ; 0 = failed, FFFFFFFF = not supported; and what unpacking writes to is no place either
    cmp dx, (STACK32 >> 16) + 2
    jb .none
    call copy_image
    jc .none
    mov [payload_image], ebx
    mov ax, [identity_block + identity.payload] ; nothing has checked it yet
    add ax, 511
    shr ax, 9
    cmp al, (identity_block + identity_size + 511) / 512
    jb .none
    cmp al, [2]
    ja .none
    mov [2], al
.none:
    ret

find_pmm:                               ; ES:0 -> $PMM structure, carry when there is none
    mov dx, 0xe000
.look:
    mov es, dx
    xor bx, bx
    cmp dword [es:bx], '$PMM'
    je .check
.further:
    inc dx
    jnz .look
    stc
    ret
.check:
    movzx cx, byte [es:bx + 5]
    mov al, 0
.sum:
    add al, [es:bx]
    inc bx
    loop .sum
    test al, al                         ; clears carry
    jnz .further
    ret

copy_image:                             ; this image to physical address EBX, by INT 15h/87h; carry on failure
    mov cx, 24                          ; its descriptor table: all zero but
.zero:
    push word 0
    loop .zero
    mov bp, sp
    xor eax, eax
    mov ax, cs
    shl eax, 4
    call .descriptor                    ; the source
    mov eax, ebx
    call .descriptor                    ; and the destination
    lea si, [bp - 16]
    push ss
    pop es
    mov cx, [efpx.length]
    shr cx, 1
    mov ah, 0x87
    int 0x15
    lea sp, [bp + 32]                   ; keeps carry
    ret
.descriptor:                            ; at BP + 16, which goes 8 further: data, base EAX, 64 KiB
    or word [bp + 16], byte -1
    mov [bp + 18], eax
    mov byte [bp + 21], 0x93
    rol eax, 8
    mov [bp + 23], al
    add bp, byte 8
    ret

int19_entry:
    push cs
    call enter_firmware
    cmp dword [cs:old_int19], byte 0    ; the ROM could not be written to
    jne .next
    int 0x18
.next:
    jmp far [cs:old_int19]

firmware_came_back:
    retf                                ; the BIOS tries its next device

undi_loader:                            ; far-called with a far pointer to its parameters (pxe/loader.h); AX = exit code
    mov eax, UNDI_LOADER_ENTRY          ; tells the firmware
boot_entry:                             ; far-called by the BIOS to boot from this card. Goes on in enter.inc.
%include "enter.inc"
