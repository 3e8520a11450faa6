; SPDX-License-Identifier: BSD-2-Clause
; Smoke payload as the setup code of a bzImage (boot protocol 2.12): sums the protected-mode part and the initrd where the loader
; says they are, without ever entering the former.
BASE            equ 0                   ; both set at run time
PARAGRAPH       equ 0
BLOCK_SIZE      equ 8

bits 16
org 0

    times 0x1f1 - ($ - $$) db 0
    db (setup_end - $$) / 512 - 1       ; setup_sects
    dw 0                                ; root_flags
    dd 0                                ; syssize, filled in by payload.py
    dw 0, 0xffff, 0                     ; ram_size, vid_mode, root_dev
    dw 0xaa55
entry:                                  ; DS = segment of the setup code, CS 20h higher
    jmp short announce
    db "HdrS"
    dw 0x020c                           ; version
    dd 0                                ; realmode_swtch
    dw 0x1000, 0                        ; start_sys_seg, kernel_version
    db 0, 1                             ; type_of_loader, loadflags: loaded high
    dw 0                                ; setup_move_size
code32_start:
    dd 0x100000
ramdisk_image:
    dd 0
    dd 0                                ; ramdisk_size
    dd 0                                ; bootsect_kludge
    dw 0                                ; heap_end_ptr
    db 0, 0                             ; ext_loader_ver, ext_loader_type
cmd_line_ptr:
    dd 0
    dd 0x7fffffff                       ; initrd_addr_max
    dd 0x200000                         ; kernel_alignment
    db 1, 21                            ; relocatable_kernel, min_alignment
    dw 0                                ; xloadflags
    dd 2047                             ; cmdline_size
    dd 0, 0, 0                          ; hardware_subarch, its data
    dd 0, 0                             ; payload
    dd 0, 0                             ; setup_data
    dd 0x1000000, 0                     ; pref_address
    dd 0                                ; init_size, filled in by payload.py
    dd 0                                ; handover_offset
announce:
    mov al, '!'
    out 0xe9, al
    push ds
    push start
    retf

%include "payload.inc"

entry_text: db 'EFENTRY initrd=', 0
args_text:  db ' cmdline="', 0
args_end:   db '"', 13, 10, 0

start:                                  ; CS = DS
    cld
    mov ax, cs
    mov es, ax
    mov [real_entry + 2], ax
    movzx eax, ax
    shl eax, 4
    add [gdt_register + 2], eax
    or [code32 + 2], eax
    or [code16 + 2], eax
    mov eax, [code32_start]
    mov [blocks], eax
    mov eax, [ramdisk_image]
    mov [blocks + BLOCK_SIZE], eax
    mov eax, [ramdisk_image + 4]
    mov [blocks + BLOCK_SIZE + 4], eax
    mov si, entry_text
    call print
    mov eax, [ramdisk_image]
    call print_hex
    mov al, '+'
    call print_char
    mov eax, [ramdisk_image + 4]
    call print_hex
    mov si, args_text
    call print
    mov eax, [cmd_line_ptr]
    mov si, ax
    and si, 15
    shr eax, 4
    mov ds, ax
    call print
    push cs
    pop ds
    mov si, args_end
    call print
    call a20_on
    jmp finish

    times 3072 - ($ - $$) db 0
setup_end:
