/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/history.h"

#include "lib/string.h"

enum { KEPT = 32 };

/* From the newest on, behind one that is still being typed. */
static char lines[1 + KEPT][HISTORY_LINE];
static unsigned at; /* the one on the screen */

void history_move(char *line, int step)
{
    unsigned to = at + (unsigned)step;

    if (to > KEPT || (to && !lines[to][0]))
        return;
    if (!at)
        memcpy(lines[0], line, HISTORY_LINE);
    at = to;
    memcpy(line, lines[to], HISTORY_LINE);
}

void history_add(const char *line)
{
    at = 0;
    if (!*line || !strcmp(line, lines[1]))
        return;
    memmove(lines[2], lines[1], sizeof(lines) - sizeof(lines[0]) * 2);
    memcpy(lines[1], line, HISTORY_LINE);
}
