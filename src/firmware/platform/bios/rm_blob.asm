; SPDX-License-Identifier: BSD-2-Clause
; The assembled 16-bit part, as data of the 32-bit firmware.
global rm_blob
section .rodata.rm_blob
rm_blob:
    incbin "rm.bin"
