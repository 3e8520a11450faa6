; SPDX-License-Identifier: BSD-2-Clause
; Runs platform/bios/boot/unpack.inc as a Linux program. Standard input is the header below, then an image; the unpacked payload goes to standard
; output. Exit code 1 when the image is refused, with nothing written.
; With bits to flip, each of them alone and each with each of the others must be refused: exit code 0 then, 2 when one is not.
bits 32

%include "layout.inc"
%define PAYLOAD_BASE output

efpx.length     equ 4 + 8               ; as in the .zpxe prefix of ci/host/romtool_fixtures.py
efpx.crc        equ 4 + 12
checked         equ 4 + 16
identity_block  equ 32

global _start

section .text exec
_start:
    mov esi, header
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
    mov esi, [flips]
    cmp esi, [flips_end]
    jb flip
    call run
    mov ebx, 1
    test eax, eax
    js exit
    mov edx, [input + identity_block + identity.unpacked_length]
    mov ecx, output
.write:
    mov eax, 4                          ; write
    int 0x80
    add ecx, eax
    sub edx, eax
    ja .write
    xor ebx, ebx
exit:
    mov eax, 1                          ; exit
    int 0x80

flip:
    btc [input], esi
    call refused
    mov edi, [others]
.other:
    cmp edi, [others_end]
    jae .next
    cmp edi, esi
    je .same
    btc [input], edi
    call refused
    btc [input], edi
.same:
    inc edi
    jmp .other
.next:
    btc [input], esi
    inc esi
    cmp esi, [flips_end]
    jb flip
    xor ebx, ebx
    jmp exit

refused:
    pusha
    call run
    test eax, eax
    popa
    js .good
    mov ebx, 2
    jmp exit
.good:
    ret

run:
    mov ebp, 0x5a5a5a5a
    mov edi, input
    lea edx, [edi + identity_block]
    mov eax, edi
    add eax, [copy]
    call unpack
    cmp ebp, 0x5a5a5a5a                 ; the prefix needs it
    je .kept
    mov ebx, 3
    jmp exit
.kept:
    ret

%macro tables_touched 0                 ; about QEMU's TLB, and privileged
%endmacro
%include "unpack.inc"

section .bss
header:
copy: resd 1                            ; where the whole image is, from the start of the first; 0: it is the same
flips: resd 1                           ; bits from there on
flips_end: resd 1
others: resd 1
others_end: resd 1
input:
    resb 0x100000
input_end:
    resb 16                             ; the byte before the output is written, too
output:
    resb 0x100000 + EXPAND_MEMORY
