/* SPDX-License-Identifier: BSD-2-Clause */
/* What a screen of 25 rows and 80 columns shows after a text, written independently of the code
 * under test: printable ASCII, CR, LF, BS, and "ESC [ n A" and "B". Anything else fails the test,
 * and so does a row that is too long, or a cursor that leaves the screen. */
#ifndef FAKE_SCREEN_H
#define FAKE_SCREEN_H

#include "check.h"

enum { SCREEN_ROWS = 25, SCREEN_COLUMNS = 80 };

extern struct fake_screen {
    char row[SCREEN_ROWS][SCREEN_COLUMNS + 1]; /* without trailing blanks */
    unsigned x, y;                             /* the cursor */
    unsigned end;                              /* column in which the last row but one was left */
    unsigned scrolled;                         /* rows that have left it at the top */
} fake_screen;

/* Clear it, and write a text on it. */
void fake_screen_show(const char *text);

#endif
