; 32-bit side of the way to real mode. The state that must survive it is on the stack and in saved_esp.
bits 32

extern rm_base
global rm_switch, rm_resume

SEL_DATA32      equ 0x10
SEL_CODE16      equ 0x18

section .text.rm_switch exec
rm_switch:                              ; void rm_switch(void): run what the frame at rm_base says
    pushad
    push dword [saved_esp]              ; a program we called may call us, and we the BIOS again
    mov [saved_esp], esp
    mov ebx, [rm_base]
    movzx eax, word [ebx + 4]           ; header: GDT
    lgdt [ebx + eax]
    movzx eax, word [ebx]               ; header: entry
    push dword SEL_CODE16
    push eax
    retf
rm_resume:                              ; 32-bit code segment, data segments still real-mode ones
    push byte SEL_DATA32
    pop eax
    mov ds, eax
    mov es, eax
    mov fs, eax
    mov gs, eax
    mov ss, eax
    mov esp, [saved_esp]
    pop dword [saved_esp]
    popad
    ret

section .bss align=16
saved_esp: resd 1
