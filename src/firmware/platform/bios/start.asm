; SPDX-License-Identifier: BSD-2-Clause
; First instruction of the unpacked firmware, at the address it is linked for. Makes its addresses right, runs the early set-up there,
; moves the whole image to where early_init() says, makes them right again, and goes on in the copy.
bits 32

extern _image_start, _image_end, _bss_start
extern _image_size, _loaded_size        ; absolute
extern early_init, firmware_main
global _start, stack_guard, stack_bottom, stack_top

%include "layout.inc"

section .start exec
_start:                                 ; int _start(struct boot_info *eax)
    push ebx
    push esi
    push edi
    push ebp
    mov ebx, eax
    mov edx, [eax + boot_info.identity]
    mov edx, [edx + identity.address_base] ; what the addresses are written for: nothing else looks like one (docs/formats.md)
    mov esi, PAYLOAD_BASE
    lea edi, [esi + _image_size]        ; where they are is noted behind the image, for the second time
.look:
    mov eax, [esi]
    sub eax, edx
    cmp eax, _image_size
    ja .other
    add eax, PAYLOAD_BASE
    mov [esi], eax
    xchg eax, esi
    stosd
    lea esi, [eax + 3]
.other:
    inc esi
    cmp esi, PAYLOAD_BASE + _loaded_size - 3
    jb .look
    xor eax, eax
    stosd
    mov edi, _bss_start
    mov ecx, _image_end
    sub ecx, edi
    shr ecx, 2                          ; the linker map rounds both ends
    rep stosd
    mov ebp, esp                        ; the prefix's stack, to go back to
    mov esp, stack_top
    mov eax, ebx
    call early_init                     ; uint32_t early_init(struct boot_info *): where the image is to live
    mov esi, _image_start
    mov edi, eax
    mov edx, eax
    sub edx, esi                        ; distance of the move
    mov ecx, _image_size
    shr ecx, 2
    rep movsd                           ; up to the notes
.next:
    lodsd
    add [eax + edx], edx
    cmp [esi], ecx
    jne .next
    lea ecx, [edx + in_copy]
    jmp ecx

in_copy:
    mov esp, stack_top
    push ebp
    mov eax, ebx
    mov ecx, firmware_main
    call ecx
    pop esp
    pop ebp
    pop edi
    pop esi
    pop ebx
    ret

section .bss align=16
stack_guard:
    resb 64                             ; nothing is written here: ci/pxe/nesting.py looks
stack_bottom:
    resb 32768                          ; how much of it can be in use: python3 -m ci.stack
stack_top:
    resd 1                              ; zero, see rm_stay()
