/* SPDX-License-Identifier: BSD-2-Clause */
/* A line of text that the user types, on the screen and on a serial line alike. */
#ifndef LOADER_EDITOR_H
#define LOADER_EDITOR_H

#include <stddef.h>

enum {
    EDIT_HIDDEN = 1,  /* show a star for each character */
    EDIT_HISTORY = 2, /* Up and Down bring lines typed earlier; cap is HISTORY_LINE */
    EDIT_LIMITED = 4, /* nobody touching a key for a minute ends it */
};

/* Let the user change `line`, behind what stands in this row of the screen. A line that is longer
 * than the rest of the row moves sideways. Keys are those of shells: arrows, Home, End, Delete,
 * Ctrl-A, E, K, U, D. Returns 0 on Enter, E_UNTRUE on Esc, E_CANCELLED on Ctrl-C, E_TIMEOUT;
 * with `line` as it then is, and the cursor in the next row. */
int edit_line(char *line, size_t cap, unsigned flags);

#endif
