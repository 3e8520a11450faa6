; First instruction of the unpacked firmware, at the address it is linked for. Runs the early set-up there, moves the
; whole image to where early_init() says, applies the relocation table to the copy, and goes on in the copy.
bits 32

extern _image_start, _data_end, _bss_start, _image_end
extern early_init, firmware_main
global _start

section .start exec
_start:                                 ; int _start(struct boot_info *eax)
    push ebx
    push esi
    push edi
    push ebp
    mov ebx, eax
    mov edi, _bss_start
    mov ecx, _image_end
    sub ecx, edi
    shr ecx, 2                          ; the linker map rounds both ends
    xor eax, eax
    rep stosd
    mov ebp, esp                        ; the prefix's stack, to go back to
    mov esp, stack_top
    mov eax, ebx
    call early_init                     ; uint32_t early_init(struct boot_info *): where the image is to live
    mov edx, eax
    sub edx, _image_start               ; distance of the move
    mov esi, _image_start
    mov edi, eax
    mov ecx, _image_end
    sub ecx, esi
    shr ecx, 2
    rep movsd
    mov edi, eax                        ; apply the table (docs/formats.md) to the copy
    mov esi, _data_end
    xor eax, eax
.next:
    lodsb
    cmp al, 0xff
    jne .distance
    lodsw
.distance:
    test eax, eax
    jz .relocated
    add edi, eax
    add [edi], edx
    xor eax, eax
    jmp .next
.relocated:
    lea ecx, [edx + .moved]
    jmp ecx
.moved:                                 ; in the copy: its absolute words are the new addresses
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
    resb 16384
stack_top:
