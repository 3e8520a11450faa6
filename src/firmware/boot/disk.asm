; Prefix of a .dsk: the boot sector of a floppy (DL = 00h) and, written raw, of a hard disk or USB stick (DL = 80h). It reads the
; image, contiguous from sector 0, to 1000:0000 and enters it.
bits 16
org 0

LOAD_SEGMENT    equ 0x1000              ; 64 KiB free there, and no 64 KiB boundary inside a track's DMA
TRIES           equ 4

    jmp short start
    nop
    times 0x3e - ($ - $$) db 0          ; some BIOSes write a BIOS parameter block here

    align 4, db 0
efpx:
    db 'EFPX'
.identity equ $ - $$
    dd 0
.length equ $ - $$
    dd 0

payload_image:
    dd 0                                ; this one
busdevfn:
    dw 0

packet:                                 ; INT 13h extensions' disk address packet
    db 16, 0
    dw 0                                ; sectors
    dw 0, LOAD_SEGMENT
    dq 0
geometry:
.sectors: dw 18                         ; per track
.heads: dw 2
drive: db 0

start:
    cli
    xor ax, ax
    mov ss, ax
    mov sp, 0x7c00
    sti
    jmp 0x07c0:.here
.here:
    cld
    push cs
    pop ds
    mov [drive], dl
    mov eax, [efpx.length]
    shr eax, 9
    mov [packet + 2], ax
    mov ah, 0x41                        ; extensions?
    mov bx, 0x55aa
    int 0x13
    jc .by_chs
    cmp bx, 0xaa55
    jne .by_chs
    mov si, packet
    mov ah, 0x42
    mov dl, [drive]
    int 0x13
    jnc loaded
.by_chs:
    call get_geometry
    call read_tracks
loaded:
    mov dl, [drive]
    jmp LOAD_SEGMENT:enter_firmware

get_geometry:                           ; what the BIOS says of the drive, else 1.44 MB
    mov ah, 8
    mov dl, [drive]
    xor di, di
    int 0x13
    jc .done
    and cx, 0x3f
    jz .done
    mov [geometry.sectors], cx
    mov dl, dh
    mov dh, 0
    inc dx
    mov [geometry.heads], dx
.done:
    ret

read_tracks:                            ; the image by cylinder, head and sector, at most a track at a time
    mov ax, LOAD_SEGMENT
    mov es, ax
    xor bp, bp                          ; next sector to read
.next:
    mov ax, bp
    xor dx, dx
    div word [geometry.sectors]
    mov cx, dx                          ; sector within the track, from 0
    mov di, [geometry.sectors]
    sub di, cx                          ; sectors left on this track
    mov si, [packet + 2]
    sub si, bp                          ; sectors left of the image
    cmp di, si
    jbe .count_known
    mov di, si
.count_known:
    xor dx, dx
    div word [geometry.heads]
    mov ch, al
    shl ah, 6
    inc cx
    or cl, ah
    mov dh, dl
    mov dl, [drive]
    call read_sectors
    add bp, di
    shl di, 5                           ; sectors to paragraphs
    mov ax, es
    add ax, di
    mov es, ax
    cmp bp, [packet + 2]
    jb .next
    ret

read_sectors:                           ; DI sectors to ES:0 from CX, DX as INT 13h has them; floppies need tries
    mov byte [tries], TRIES
.again:
    mov ax, di
    mov ah, 2
    xor bx, bx
    push di
    int 0x13
    pop di
    jnc .done
    xor ax, ax
    int 0x13
    dec byte [tries]
    jnz .again
    mov si, failed
.print:
    lodsb
    mov ah, 0x0e
    mov bx, 7
    int 0x10
    cmp byte [si], 0
    jne .print
    int 0x18
.done:
    ret

tries: db 0
failed: db 'Etherforge: disk read error', 13, 10, 0

    times 0x1be - ($ - $$) db 0
    db 0x80, 0, 1, 0, 0xeb, 0xfe, 0xff, 0xff ; an active partition, so that a BIOS takes a stick for a hard disk
    dd 0, 0x0b40                        ; from this very sector, 1.44 MB long
    times 0x1fe - ($ - $$) db 0
    db 0x55, 0xaa

firmware_came_back:
    int 0x18

%include "enter.inc"
