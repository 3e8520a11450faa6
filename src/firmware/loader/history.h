/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines that were typed at the prompt, for Up and Down. An image may be without. */
#ifndef LOADER_HISTORY_H
#define LOADER_HISTORY_H

enum { HISTORY_LINE = 1024 }; /* size of a line's buffer, its NUL included */

/* Put the line that was typed before (step 1) or after (-1) the one in `line` in its place. The
 * first one that is left this way comes back below the newest. Nothing happens at either end. */
void history_move(char *line, int step);

/* Add a line, unless it is empty or the same as the last one. The oldest may go for it. */
void history_add(const char *line);

#endif
