; SPDX-License-Identifier: BSD-2-Clause
; A network bootstrap program that calls PXE services as a script tells it, sane or not, and prints on port E9h what came back.
; ci/pxe/probe.py appends the script and judges the output. One record:
;   byte kind, byte flags, word id, words a b c d e, word length, then `length` bytes of data
BASE_KB         equ 0x413
TICKS           equ 0x46c
PATIENCE        equ 40                  ; ticks that a call is repeated for
DEBUG_PORT      equ 0xe9
EXIT_PORT       equ 0x501
RECORD          equ 16
BLOCK_SEGMENT   equ 0x2000              ; BLOCK in ci/pxe/probe.py

R_FLAGS         equ 1
R_ID            equ 2
R_A             equ 4                   ; opcode
R_B             equ 6                   ; far pointer: offset
R_C             equ 8                   ; segment
R_D             equ 10                  ; length; offset of a word that is awaited in the parameter block, FFFFh = none
R_E             equ 12                  ; the value it must get
R_LENGTH        equ 14

BY_PXENV        equ 1                   ; flags of a call: through PXENV+ instead of !PXE
NO_COPY         equ 2                   ; do not put the data where the pointer says, and do not look there afterwards

ASKED_BY_HANDLER equ 10                 ; how often the handler calls UNDI_ISR START

bits 16
org 0x7c00

    jmp 0:start

align 8
pxe:            dd 0                    ; 0000:7C08, where scripts look for it: far pointer to !PXE as we got it
pxenv:          dd 0                    ; 0000:7C0C: and to PXENV+

start:
    mov ax, sp                          ; before anything else: the far pointer to !PXE is above the return address
    mov cx, es
    xor dx, dx
    mov ds, dx
    mov [pxenv], bx
    mov [pxenv + 2], cx
    mov bp, ax
    mov eax, [bp + 4]
    mov [pxe], eax
    mov [return_sp], sp
    mov [return_ss], ss
    cld
    mov es, dx
    lgs bx, [pxe]
    mov eax, [gs:bx + 0x10]
    mov [pxe_entry], eax
    lgs bx, [pxenv]
    mov eax, [gs:bx + 0x0a]
    mov [pxenv_entry], eax
    mov si, hello
    call print
    mov bx, script
next_record:
    xor ax, ax
    mov ds, ax
    mov es, ax
    cld
    movzx si, byte [bx]
    add si, si
    push bx
    call [kinds + si]
    pop bx
    add bx, RECORD
    add bx, [bx - RECORD + R_LENGTH]
    jmp next_record

kinds:
    dw end_emulator, do_call, poke, dump, dump_via, memory, detect, leave, wait_ticks, irq_on, irq_off, next_device, \
       pci_read, set_a20, hook, copy_address

; --- kinds of records; BX = record
end_emulator:
    mov ax, [bx + R_A]
    mov dx, EXIT_PORT
    out dx, ax
    cli
    hlt

leave:                                  ; back to whoever called us, AX = a
    mov ax, [bx + R_A]
    mov ss, [return_ss]
    mov sp, [return_sp]
    retf

next_device:
    int 0x18

wait_ticks:
    mov cx, [bx + R_A]
.tick:
    mov eax, [TICKS]
.same:
    cmp eax, [TICKS]
    je .same
    loop .tick
    ret

poke:                                   ; the data to c:b
    mov cx, [bx + R_LENGTH]
    lea si, [bx + RECORD]
    les di, [bx + R_B]
    rep movsb
    push cs
    pop es
    ret

dump_via:                               ; d bytes at the far pointer that lies at c:b
    mov di, dump_text
    call print_id
    lgs si, [bx + R_B]
    lgs si, [gs:si]
    jmp dump_gs
dump:                                   ; d bytes at c:b
    mov di, dump_text
    call print_id
    lgs si, [bx + R_B]
dump_gs:
    mov cx, [bx + R_D]
    call print_bytes
    jmp print_end

detect:                                 ; INT 1Ah/5650h
    mov di, detect_text
    call print_id
    pushad
    xor edx, edx
    xor bx, bx
    mov ax, 0x5650
    int 0x1a
    mov [result], ax
    mov [result + 2], bx
    mov [result + 4], es
    mov [result + 6], edx
    setc [result + 10]
    popad
    xor ax, ax
    mov es, ax
    mov gs, ax
    mov si, result
    mov cx, 11
    call print_bytes
    jmp print_end

memory:                                 ; 40:13, INT 12h, 15h/88h, 15h/E801h (all four), vectors 1Ah and 15h, then the E820 map
    mov di, memory_text
    call print_id
    pushad
    mov ax, [BASE_KB]
    call print_word
    int 0x12
    call print_word
    mov ah, 0x88
    int 0x15
    call print_word
    mov ax, 0xe801
    xor cx, cx
    xor dx, dx
    int 0x15
    call print_word
    mov ax, bx
    call print_word
    mov ax, cx
    call print_word
    mov ax, dx
    call print_word
    mov ax, [0x1a * 4 + 2]
    call print_word
    mov ax, [0x15 * 4 + 2]
    call print_word
    call print_end
    xor ebx, ebx
.range:
    mov eax, 0xe820
    mov edx, 0x534d4150
    mov ecx, 20
    mov di, result
    int 0x15
    jc .end
    mov si, range_text
    call print
    xor ax, ax
    mov gs, ax
    mov si, result
    mov cx, 20
    call print_bytes
    call print_end
    test ebx, ebx
    jnz .range
.end:
    popad
    ret

do_call:
    xor ax, ax
    mov [tries], ax
    mov eax, [TICKS]
    add eax, PATIENCE
    mov [deadline], eax
.again:
    inc word [tries]
    test byte [bx + R_FLAGS], NO_COPY
    jnz .placed
    call poke
.placed:
    call one_call
    cmp word [bx + R_D], 0xffff
    je .done
    lgs si, [bx + R_B]
    add si, [bx + R_D]
    mov ax, [gs:si]
    cmp ax, [bx + R_E]
    je .done
    sti
    mov eax, [TICKS]
    cmp eax, [deadline]
    jb .again
.done:
    mov di, call_text
    call print_id
    mov ax, [exit_code]
    call print_word
    mov ax, [tries]
    call print_word
    mov ax, [changed]
    call print_word
    test byte [bx + R_FLAGS], NO_COPY
    jnz print_end
    lgs si, [bx + R_B]
    mov cx, [bx + R_LENGTH]
    call print_bytes
    jmp print_end

%include "pxe_probe.inc"

hello:          db "EFPROBE", 10, 0
call_text:      db "CALL ", 0
dump_text:      db "DUMP ", 0
detect_text:    db "DETECT ", 0
memory_text:    db "MEMORY ", 0
range_text:     db "RANGE ", 0
irq_text:       db "IRQ ", 0

align 4, db 0
pxe_entry:      dd 0
pxenv_entry:    dd 0
deadline:       dd 0
old_vector:     dd 0
result:         times 24 db 0
isr_block:      times 20 db 0
return_sp:      dw 0
return_ss:      dw 0
record:         dw 0
tries:          dw 0
exit_code:      dw 0
changed:        dw 0
own_sp:         dw 0
old_sp:         dw 0
sp_after:       dw 0
flags_after:    dw 0
ds_after:       dw 0
irq:            dw 0
below:          dd 0                    ; vector that we hooked
interrupts:     dw 0
old_masks:      dw 0

script:
