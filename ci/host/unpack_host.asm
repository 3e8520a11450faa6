; Runs boot/unpack.inc as a Linux program: standard input is the offset of the identity block as a dword, then an image; the
; unpacked payload goes to standard output. Exit code 1 when the image is refused, with nothing written.
bits 32

%define PAYLOAD_BASE output

global _start

section .text exec
_start:
    mov esi, input
.read:
    mov eax, 3                          ; read
    xor ebx, ebx
    mov ecx, esi
    mov edx, input_end
    sub edx, esi
    int 0x80
    add esi, eax
    test eax, eax
    jg .read
    mov eax, input + 4
    mov edx, [input]
    add edx, eax
    push edx
    mov ebp, 0x5a5a5a5a
    call unpack
    pop edx
    mov ebx, 1
    test eax, eax
    js .exit
    mov edx, [edx + identity.unpacked]
    mov ecx, output
.write:
    mov eax, 4                          ; write
    int 0x80
    add ecx, eax
    sub edx, eax
    ja .write
    cmp ebp, 0x5a5a5a5a                 ; the prefix needs it
    setne bl
    movzx ebx, bl
.exit:
    mov eax, 1                          ; exit
    int 0x80

%include "unpack.inc"

section .bss
input:
    resb 0x100000
input_end:
    resb 16                             ; the byte before the output is written, too
output:
    resb 0x100000 + EXPAND_MEMORY
