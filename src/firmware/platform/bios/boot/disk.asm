; SPDX-License-Identifier: BSD-2-Clause
; Prefix of a .dsk: the first sector of a floppy (DL = 00h), or of a hard disk, a USB stick (DL = 80h) or one of their partitions. It
; finds out where on the disk it is, and reads the prefix, contiguous from there, to 1000:0000. That reads the rest and is entered.
bits 16
org 0

%include "layout.inc"

SECTOR          equ 0x7c00              ; where the BIOS puts this sector; DS = SS = 0 until the firmware is entered
LOAD_SEGMENT    equ 0x1000              ; memory is free there
RETRIES         equ 3
CHUNK           equ 64                  ; sectors of one call: no more than 127, and no 64 KiB boundary inside a track's DMA
SECTORS_MAX     equ 192                 ; 96 KiB
SCRATCH         equ 0xfe00              ; in the first segment, clear of this code
TABLE           equ 0x1be               ; of partitions; in the six bytes before it operating systems sign a disk

    jmp short start
    nop
drive           equ SECTOR + 4          ; some BIOSes write a BIOS parameter block here, so the image has nothing
    times 0x40 - ($ - $$) db 0
heads: dw 2
sectors: dw 18                          ; per track

efpx:
    db 'EFPX'
.identity equ $ - $$
    dd 0
.length equ $ - $$
    dd 0
.crc equ $ - $$
    dd 0

start:
    xor cx, cx
    mov ss, cx
    mov sp, SECTOR
    sti
    and si, byte -2                     ; no word may cross the end of a segment, and SI may be anything
    push word [si + 10]
    push word [si + 8]                  ; of a partition table's entry: perhaps our first sector
    mov ds, cx
    cld
    mov [drive], dl
    call get_geometry
    xor ebx, ebx
    call is_ours
    je found
    mov di, TABLE + 8
.entry:
    push dword [es:di]
    add di, byte 16
    cmp di, TABLE + 8 + 4 * 16
    jb .entry
.look:                                  ; where the table's partitions are, from the last on, then where DS:SI said
    pop ebx
    call is_ours
    je found
    cmp sp, SECTOR
    jb .look
unreadable:
    mov si, SECTOR + unreadable_text
.print:
    lodsb
    mov ah, 0x0e
    mov bx, 7
    int 0x10
    cmp byte [si], 0
    jne .print
    int 0x18

found:                                  ; we start at sector EBX
    mov al, PREFIX_SECTORS
    call read
    jc unreadable
    jmp LOAD_SEGMENT:read_all

is_ours:                                ; ZF when sector EBX of the disk, at ES:0 then, is this one. Keeps EBX.
    mov al, 1
    call read
    jc .done
    mov si, SECTOR + efpx
    mov di, efpx
    mov cx, (code_end - efpx) / 2
    repe cmpsw
.done:
    ret

; AL sectors from EBX on to [where]:0 = ES:0, by INT 13h extensions, else by cylinder, head and sector, at most a track at a time.
; -> carry on failure, ZF clear then. Keeps all but ES.
read:
    pushad
    mov bp, sp
NEXT            equ 20                  ; EDX as pushed: the next sector to read
LEFT            equ 28                  ; EAX as pushed, its low word
    mov ah, 0
    mov [bp + LEFT], ax
    mov [bp + NEXT], ebx
    push dword 0                        ; the extensions' disk address packet
    push ebx
    push word [SECTOR + where]
    pop es
    push es
    push byte 0
    push ax
    push byte 16
    mov ah, 0x41
    mov bx, 0x55aa
    call disk
    jc .by_chs
    cmp bx, 0xaa55
    jne .by_chs
    mov si, sp
    mov ah, 0x42
    call disk
    jnc .done
.by_chs:
    xor bx, bx
.track:
    mov eax, [bp + NEXT]
    xor edx, edx
    movzx ecx, word [SECTOR + sectors]
    div ecx                             ; EAX = track, DX = sector on it, from 0
    sub cx, dx                          ; sectors left on this track
    cmp cx, [bp + LEFT]
    jbe .count_known
    mov cx, [bp + LEFT]
.count_known:
    movzx edi, cx
    add [bp + NEXT], edi
    lea si, [edx + 1]
    cdq
    movzx ecx, word [SECTOR + heads]
    div ecx
    mov cx, si
    mov ch, al
    shl ah, 6
    or cl, ah
    mov dh, dl
    call read_sectors
    jc .done
    mov ax, di
    shl ax, 9
    add bx, ax
    sub [bp + LEFT], di
    ja .track
.done:
    mov sp, bp
    popad
    ret

read_sectors:                           ; DI sectors to ES:BX from CX, DX as INT 13h has them. -> carry, ZF clear then. Changes SI.
    mov si, RETRIES
.again:
    pusha
    mov ax, di
    mov ah, 2
    call disk
    jnc .out
    mov ah, 0
    call disk
    stc
.out:
    popa
    jnc .done
    dec si
    jns .again                          ; clears ZF at the end
    stc
.done:
    ret

get_geometry:                           ; what the BIOS says of the drive, else 1.44 MB
    mov ah, 8
    call disk
    jc .done
    and cx, byte 0x3f
    jz .done
    mov [SECTOR + sectors], cx
    movzx ax, dh
    inc ax
    mov [SECTOR + heads], ax
.done:
    ret

disk:
    mov dl, [drive]
    int 0x13
    ret

unreadable_text: db 'Etherforge: cannot be read from this disk', 13, 10, 0

    align 2, db 0
where:
    dw LOAD_SEGMENT
code_end:
    times TABLE - 6 - ($ - $$) db 0
    times TABLE - ($ - $$) db 0
    db 0x80, 0, 1, 0, 0xeb, 0xfe, 0xff, 0xff ; an active partition, so that a BIOS takes a stick for a hard disk
    dd 0, 0x0b40                        ; from this very sector, 1.44 MB long
    times 0x1fe - ($ - $$) db 0
    db 0x55, 0xaa

checked:
payload_image:
    dd 0                                ; this one
busdevfn:
    dw 0

read_all:                               ; EBX = our first sector, DS = 0
    call find_format
    mov ecx, [SECTOR + efpx.length]
    shr ecx, 9
    dec cx
    cmp cx, SECTORS_MAX - 1
    jbe .sane
    mov cx, SECTORS_MAX - 1             ; the CRC will tell
.sane:
    inc cx
.chunk:
    mov ax, CHUNK
    cmp ax, cx
    jb .read
    mov ax, cx
.read:
    call read
    jc .unreadable
    add ebx, byte CHUNK
    add word [SECTOR + where], CHUNK * 32
    sub cx, byte CHUNK
    ja .chunk
    mov dl, [drive]
    jmp enter_firmware
.unreadable:
    jmp unreadable

; What the BIOS says of a floppy may be what the drive can do, so read the last sector of a track: where there is none, the disk has
; shorter ones. Likewise for the second side.
find_format:
    cmp byte [drive], 0x80
    jae .done
    mov si, formats
    mov cl, [SECTOR + sectors]
.try:
    mov [SECTOR + sectors], cl
    mov dh, 0
    call try_sector
    jnc .length_known
    cs lodsb
    mov cl, al
    test cl, cl
    jnz .try
.length_known:
    mov cl, 1
    mov dh, cl
    call try_sector
    jnc .done
    mov [SECTOR + heads], cl
.done:
    ret

try_sector:                             ; CL on side DH of the first cylinder; -> carry. Keeps CX, BX, SI.
    push bx
    push si
    mov ch, 0
    mov bx, SCRATCH
    mov di, 1
    call read_sectors
    pop si
    pop bx
    ret

formats: db 18, 15, 9, 8, 0             ; sectors per track

firmware_came_back:
    int 0x18

undi_id equ 0
%include "enter.inc"

PREFIX_SECTORS  equ (identity_block + 511) / 512
