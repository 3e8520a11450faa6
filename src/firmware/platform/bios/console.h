/* SPDX-License-Identifier: BSD-2-Clause */
/* The console: INT 10h and INT 16h, and a serial port beside them where one is set. Output is
 * print() of lib/print.h. */
#ifndef PLATFORM_BIOS_CONSOLE_H
#define PLATFORM_BIOS_CONSOLE_H

#include <stdbool.h>

#include "lib/keys.h"

/* Next key, 0 when none waits. */
char console_key(void);

/* Where the next character goes: characters since the last carriage return. */
extern unsigned console_column;

/* Move the cursor by so many rows, which are not 0; down within the screen only. */
void console_move(int rows);

/* A program runs, with our PXE services: the keys are its, and so are the interrupts. */
extern bool program_runs;

/* True once the user asked to stop (Esc or Ctrl-C); never while a program runs. */
bool cancel_requested(void);

/* A Shift key is held. */
bool console_shift_held(void);

#endif
