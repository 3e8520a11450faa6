/* SPDX-License-Identifier: BSD-2-Clause */
/* The console: INT 10h and INT 16h, and a serial port beside them where one is set. Output is
 * print() of lib/print.h. */
#ifndef PLATFORM_BIOS_CONSOLE_H
#define PLATFORM_BIOS_CONSOLE_H

#include <stdbool.h>

/* Next key as ASCII; one that has no ASCII code as 80h + scan code, so negative; 0 when none waits.
 */
char console_key(void);
enum {
    KEY_HOME = (char)0xc7,
    KEY_UP = (char)0xc8,
    KEY_PAGE_UP = (char)0xc9,
    KEY_LEFT = (char)0xcb,
    KEY_RIGHT = (char)0xcd,
    KEY_END = (char)0xcf,
    KEY_DOWN = (char)0xd0,
    KEY_PAGE_DOWN = (char)0xd1,
    KEY_DELETE = (char)0xd3,
    KEY_CTRL_C = 3,
    KEY_ESCAPE = 0x1b,
};

/* Where the next character goes: characters since the last carriage return. */
extern unsigned console_column;

/* Move the cursor up by so many rows, which are not 0. */
void console_up(unsigned rows);

/* A program runs, with our PXE services: the keys are its, and so are the interrupts. */
extern bool program_runs;

/* True once the user asked to stop (Esc or Ctrl-C); never while a program runs. */
bool cancel_requested(void);

/* A Shift key is held. */
bool console_shift_held(void);

#endif
