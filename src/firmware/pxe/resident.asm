; SPDX-License-Identifier: BSD-2-Clause
; The 16-bit part that stays in base memory while the firmware runs, assembled flat: calls to real mode, and the calls of programs.
bits 16
org 0

%include "layout.inc"
%include "rm.inc"
%include "entry.inc"

section .data
blob_end:
