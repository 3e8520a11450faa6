/* SPDX-License-Identifier: BSD-2-Clause */
#include "fake_screen.h"

#include <stdio.h>
#include <string.h>

struct fake_screen fake_screen;

static void line_feed(void)
{
    struct fake_screen *s = &fake_screen;

    s->end = s->x;
    s->x = 0;
    if (s->y + 1 < SCREEN_ROWS) {
        s->y++;
        return;
    }
    s->scrolled++;
    memmove(s->row[0], s->row[1], sizeof(s->row) - sizeof(s->row[0]));
    memset(s->row[s->y], ' ', SCREEN_COLUMNS);
}

/* Returns what stands behind a sequence. */
static const char *cursor_move(const char *text)
{
    int rows, length = 0;
    char way;

    if (!CHECK(sscanf(text, "\x1b[%d%c%n", &rows, &way, &length) == 2) ||
        !CHECK(way == 'A' || way == 'B') || !CHECK(rows > 0))
        return text + 1;
    rows = way == 'A' ? -rows : rows;
    if (CHECK((int)fake_screen.y + rows >= 0 && (int)fake_screen.y + rows < SCREEN_ROWS))
        fake_screen.y += (unsigned)rows;
    return text + length;
}

static void put(char c)
{
    struct fake_screen *s = &fake_screen;

    if (c == '\n') {
        line_feed();
    } else if (c == '\r') {
        s->x = 0;
    } else if (c == '\b') {
        if (CHECK(s->x > 0))
            s->x--;
    } else if (CHECK(c >= ' ' && c <= '~') && CHECK(s->x < SCREEN_COLUMNS)) {
        s->row[s->y][s->x++] = c;
    }
}

void fake_screen_show(const char *text)
{
    struct fake_screen *s = &fake_screen;

    memset(s, 0, sizeof(*s));
    for (unsigned y = 0; y < SCREEN_ROWS; y++)
        memset(s->row[y], ' ', SCREEN_COLUMNS);
    while (*text) {
        if (*text == '\x1b')
            text = cursor_move(text);
        else
            put(*text++);
    }
    for (unsigned y = 0; y < SCREEN_ROWS; y++)
        for (int x = SCREEN_COLUMNS - 1; x >= 0 && s->row[y][x] == ' '; x--)
            s->row[y][x] = 0;
}
