/* SPDX-License-Identifier: BSD-2-Clause */
/* The console: INT 10h and INT 16h, and a serial port beside them where one is set. Output is
 * print() of lib/print.h. */
#ifndef PLATFORM_BIOS_CONSOLE_H
#define PLATFORM_BIOS_CONSOLE_H

#include <stdbool.h>

#include "lib/keys.h"

/* Next key, 0 when none waits. */
char console_key(void);

/* Leave a key for console_key(). */
void console_keep(char key);

/* Where the next character goes: characters since the last carriage return. */
extern unsigned console_column;

/* Move the cursor to the beginning of the row that is so many above. */
void console_up(unsigned rows);

/* A program runs, with our PXE services: the keys are its, and so are the interrupts. */
extern bool program_runs;

/* True once the user asked to stop (Esc or Ctrl-C), which drops what was typed ahead; never while a
 * program runs. Other keys stay for console_key(). */
bool cancel_requested(void);

/* A Shift key is held. */
bool console_shift_held(void);

#endif
