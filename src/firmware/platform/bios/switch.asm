; SPDX-License-Identifier: BSD-2-Clause
; 32-bit side of the way to real mode. The state that must survive it is on the stack and in saved_esp.
bits 32

extern rm_base, pxe_api_call, stack_top
global rm_stay, rm_switch, rm_replace, rm_resume, pxe_resume, flat_call

%include "layout.inc"

section .text.rm_switch exec
rm_replace:                             ; void rm_replace(void): as rm_switch, for the first call that has not come back
    mov eax, [saved_esp]
    test eax, eax
    jz rm_switch
.next:
    mov esp, eax
    mov eax, [esp]
    test eax, eax
    jnz .next
    jmp called

rm_switch:                              ; void rm_switch(void): run what the frame at rm_base says
    pushad
    push dword [saved_esp]              ; a program we called may call us, and we the BIOS again
called:
    mov [saved_esp], esp
    mov ebx, [rm_base]
enter_real_mode:
    movzx eax, word [ebx + rm_header.gdt]
    lgdt [ebx + eax]
    movzx eax, word [ebx + rm_header.enter_real]
    push dword SEL_CODE16
    push eax
    retf

%macro load_segments 0
    push byte SEL_DATA32
    pop eax
    mov ds, eax
    mov es, eax
    mov fs, eax
    mov gs, eax
    mov ss, eax
    mov esp, [saved_esp]
%endmacro

rm_stay:                                ; void rm_stay(void): as if a program had been called with nothing on the stack
    mov dword [saved_esp], stack_top
    ret

rm_resume:                              ; 32-bit code segment, data and stack segments still real-mode ones
    load_segments
    pop dword [saved_esp]
    popad
    ret

pxe_resume:                             ; a program we called calls us: go on above what we left on our stack
    load_segments
    mov eax, [esp]                      ; what saved_esp was before: 0 when we called a program that calls us
    call pxe_api_call                   ; void pxe_api_call(uint32_t): the call is described in struct rm_api
    mov ebx, [rm_base]
    movzx eax, word [ebx + rm_header.api]
    mov ax, [ebx + eax + rm_api.back]
    mov [ebx + rm_header.real_offset], ax
    jmp enter_real_mode

section .text.flat_call exec
flat_call:                              ; void flat_call(uint32_t entry, uint32_t eax, const uintptr_t argument[3])
    pushad
    push dword [ecx + 8]
    push dword [ecx + 4]
    mov ebx, [ecx]
    push ebx
    xchg eax, edx
    call edx
    cld
    add esp, byte 12
    popad
    ret

section .bss align=16
saved_esp: resd 1
