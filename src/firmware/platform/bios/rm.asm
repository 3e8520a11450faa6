; The 16-bit part that stays in base memory while the firmware runs: it enters real mode, calls or jumps, and comes back.
; Assembled flat; platform/bios/realmode.c copies it to a paragraph of its own and fills in the header. Code and what is written at run time never share
; a page: processors, and emulators far more so, pay for every write next to code they have cached.
bits 16
org 0

SEL_CODE32      equ 0x08
SEL_DATA32      equ 0x10
SEL_CODE16      equ 0x18
SEL_DATA16      equ 0x20

section .text
    dw header                           ; the data starts here: struct rm_header
    dw blob_end                         ; bytes to copy

section .data follows=.text align=16
; struct rm_header in platform/bios/realmode.c
header:
    dw enter_real                       ; offset to jump to through SEL_CODE16
    dw teletype                         ; far routine: print DS:SI up to NUL
    dw gdt - header                     ; GDT, and its register image at the null entry
    dw blob_end - header                ; length of the data
    dw api - header                     ; struct rm_api
resume:
    dd 0                                ; linear address to come back to in 32-bit mode
real_target:
    dw run_frame                  ; set before each way down: that, or where an API call goes on
    dw 0                                ; this blob's segment
leave_for_good:
    dw 0                                ; nonzero: jump instead of call

; struct rm_frame in platform/bios/realmode.c
frame:
.eax: dd 0
.ebx: dd 0
.ecx: dd 0
.edx: dd 0
.esi: dd 0
.edi: dd 0
.ebp: dd 0
.ds: dw 0
.es: dw 0
.flags: dd 0                            ; in: FLAGS for the callee; out: FLAGS it left
.entry: dd 0                            ; far pointer
.sp: dw 0
.ss: dw 0
.words: dw 0                            ; how many of .stack are pushed
.stack: times 16 dw 0

align 8
gdt:
    dw gdt_end - gdt - 1
    dd 0                                ; linear address of gdt, filled in
    dw 0
    dq 0x00cf9b000000ffff               ; code32, flat
    dq 0x00cf93000000ffff               ; data32, flat
    dq 0x00009b000000ffff               ; code16, base filled in
    dq 0x000093000000ffff               ; data16, base 0
gdt_end:

section .text
enter_real:                             ; 16-bit protected mode, CS base = here
    mov ax, SEL_DATA16
    mov ds, ax
    mov es, ax
    mov fs, ax
    mov gs, ax
    mov ss, ax
    mov eax, cr0
    and al, 0xfe
    mov cr0, eax
    jmp far [cs:real_target]

run_frame:                              ; real mode: call or jump to what the frame says
    mov ax, cs
    mov ds, ax
    xor cx, cx                          ; nothing of 32-bit mode is left in what 16-bit code may look at
    mov fs, cx
    mov gs, cx
    lss sp, [frame.sp]
    movzx esp, sp
    mov cx, [frame.words]
    mov si, cx
    add si, si
    jcxz .pushed
.push:
    dec si
    dec si
    push word [frame.stack + si]
    loop .push
.pushed:
    cmp byte [leave_for_good], 0
    jne .no_return
    push cs
    push word frame_done
.no_return:
    push dword [frame.entry]
    push word [frame.flags]
    mov eax, [frame.eax]
    mov ebx, [frame.ebx]
    mov ecx, [frame.ecx]
    mov edx, [frame.edx]
    mov esi, [frame.esi]
    mov edi, [frame.edi]
    mov ebp, [frame.ebp]
    mov es, [frame.es]
    mov ds, [frame.ds]
    popf
    retf

frame_done:                             ; the callee is back: keep what it left, return to 32-bit mode
    mov [cs:frame.eax], eax
    pushfd
    pop dword [cs:frame.flags]
    cli
    cld
    mov ax, ds
    mov [cs:frame.ds], ax
    mov ax, cs
    mov ds, ax
    mov [frame.ebx], ebx
    mov [frame.ecx], ecx
    mov [frame.edx], edx
    mov [frame.esi], esi
    mov [frame.edi], edi
    mov [frame.ebp], ebp
    mov [frame.es], es
    o32 lgdt [gdt]
    mov eax, cr0
    or al, 1
    mov cr0, eax
    push dword SEL_CODE32
    push dword [resume]
    o32 retf

teletype:
    lodsb
    mov ah, 0x0e
    mov bx, 7
    test al, al
    jz .end
    int 0x10
    jmp teletype
.end:
    retf


%include "entry.inc"

section .data
blob_end:
