; SPDX-License-Identifier: BSD-2-Clause
; The code segments of NBIs made by factory/mknbi.py, one for each kind; mknbi.py takes the one it needs.
;
; Linux (below): turns what a Network Boot Image loader has loaded into a running Linux.
; It completes the kernel's command line from the loader's BOOTP record, moves the initrd to the highest memory it may have, and
; enters the kernel's setup code (Documentation/x86/boot.rst). mknbi.py fills in `fields` and appends the command line.
;
; The loader has put this at STUB, the setup code at SETUP with its header filled in except for the initrd, and the kernel and the
; initrd above 1 MiB, where the initrd is clear of what the kernel needs to unpack itself.
bits 16
org 0

STUB_SEGMENT    equ 0x2000
SETUP_SEGMENT   equ 0x1000
SETUP_STACK     equ 0xe000              ; end of its stack and heap; the command line is there
RAMDISK_IMAGE   equ 0x218               ; setup header, followed by the size
STACK           equ 0xfff0
MAP             equ 0x8000              ; records of start, end, type; up to MAP_END
MAP_RECORD      equ 12
MAP_END         equ 0xc000
ENTRY_BUFFER    equ MAP_END             ; one entry of INT 15h E820
RECORD          equ 0xd000              ; copy of the BOOTP record
PAGE_MASK       equ 0xfffff000          ; also the highest end of memory that is used

ADD_BOOTIF      equ 1                   ; flags
ADD_IP          equ 2

; BOOTP record (RFC 951 section 3) and options (RFC 2132)
BOOTP_OP        equ 0
BOOTP_HTYPE     equ 1
BOOTP_HLEN      equ 2
BOOTP_YIADDR    equ 16
BOOTP_SIADDR    equ 20
BOOTP_CHADDR    equ 28
BOOTP_COOKIE    equ 236
BOOTP_OPTIONS   equ 240
BOOTP_LIMIT     equ 548                 ; every loader hands over that much
BOOTREPLY       equ 2
COOKIE          equ 0x63538263
OPTION_MASK     equ 1
OPTION_ROUTER   equ 3
OPTION_HOSTNAME equ 12
OPTION_END      equ 255

; The 32-bit entry of the format: some loaders keep the BOOTP record above 1 MiB, where a far pointer does not reach.
bits 32
entry:                                  ; stack: return address, physical addresses of loader's information, header, BOOTP record
    cld
    cli
    mov esi, [esp + 12]
    mov edi, STUB_SEGMENT * 16 + RECORD
    mov ecx, BOOTP_LIMIT / 4
    test esi, esi
    jz .no_record                       ; the loader has cleared our copy
    rep movsd
.no_record:
    lgdt [STUB_SEGMENT * 16 + gdt]
    lidt [STUB_SEGMENT * 16 + vectors]
    jmp 0x18:.sixteen
bits 16
.sixteen:
    mov ax, 0x20
    mov ds, ax
    mov es, ax
    mov fs, ax
    mov gs, ax
    mov ss, ax
    mov eax, cr0
    and al, 0xfe
    mov cr0, eax
    jmp STUB_SEGMENT:.real
.real:
    mov ax, cs
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov sp, STACK
    sti
    mov gs, ax                          ; GS:BX = BOOTP record from here on
    mov bx, RECORD
    call command_line
    call read_map
    call check_memory
    call place_initrd
    mov ax, SETUP_SEGMENT
    cli
    mov ds, ax
    mov es, ax
    mov fs, ax
    mov gs, ax
    mov ss, ax
    mov sp, SETUP_STACK
    jmp SETUP_SEGMENT + 0x20:0

align 4
fields:         db "EFMKNBI", 0
flags:          dw 0
args_end:       dw 0                    ; where the command line must have ended, in SETUP_SEGMENT
initrd:         dd 0                    ; its address
initrd_length:  dd 0
initrd_limit:   dd 0                    ; its last byte is below
needed:         dd 0                    ; end of the memory that the kernel needs
args:           dw 0                    ; NUL-terminated text
no_memory_text: dw 0                    ; text to show when there is less memory

gdt:
    dw gdt_end - gdt - 1
    dd STUB_SEGMENT * 16 + gdt
    dw 0
    dq 0x00cf9b000000ffff | (STUB_SEGMENT << 20) ; 08 code, 32-bit
    dq 0x00cf93000000ffff               ; 10 data, all memory
    dq 0x00009b000000ffff | (STUB_SEGMENT << 20) ; 18 code, 16-bit
    dq 0x000093000000ffff               ; 20 data, real-mode limits
gdt_end:
vectors:                                ; those of real mode, whatever the loader's 32-bit code had
    dw 0x3ff
    dd 0

bootif_text:    db " BOOTIF=", 0
ip_text:        db " ip=", 0
ip_end_text:    db "::off", 0
no_record_text: db "the loader hands over no BOOTP reply to take ip= from", 0
too_long_text:  db "command line is too long with what is added to it", 0
stop_text:      db 13, 10, "Press a key to restart.", 0
name_text:      db 13, 10, "mknbi: ", 0

%include "cmdline.inc"
%include "initrd.inc"

; Say what is wrong (text at DS:SI), and restart once a key is pressed. Does not return.
fail:
    push si
    mov si, name_text
    call print
    pop si
    call print
    mov si, stop_text
    call print
    xor ax, ax
    int 0x16
    mov ax, 0x40
    mov ds, ax
    mov word [0x72], 0x1234             ; no memory test
    jmp 0xffff:0

print:                                  ; the text at DS:SI
    lodsb
    test al, al
    jz .end
    mov ah, 0x0e
    mov bx, 7
    int 0x10
    jmp print
.end:
    ret

align 16
stub_end:

%include "flat.inc"
%include "multiboot.inc"
%include "menu.inc"

section lengths follows=menu
    dd stub_end - entry, multiboot_end - multiboot_start, menu_end - menu_start
    db "EFST"
