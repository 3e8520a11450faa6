/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/editor.h"

#include <stdbool.h>
#include <stdint.h>

#include "lib/errors.h"
#include "lib/print.h"
#include "lib/string.h"
#include "loader/history.h"
#include "loader/prompt.h"
#include "platform/bios/console.h"

__attribute__((weak)) void history_move(char *line, int step);
__attribute__((weak)) void history_add(const char *line);

enum { STEP = 16 }; /* a line moves by so much */
enum {
    SCREEN_WIDTH = 80,
    ROOM_MIN = 2 * STEP,
    CTRL = 0x40,
    BACKSPACE = 8,
    DEL = 0x7f,
    ALL = VALUE_MAX
};

/* Where a key goes to from the cursor, within the line; and whether it deletes what is between. */
static const struct {
    char key;
    bool cuts;
    int16_t steps;
} moves[] = {
    {KEY_HOME, false, -ALL}, {'A' - CTRL, false, -ALL}, {'U' - CTRL, true, -ALL},
    {KEY_END, false, ALL},   {'E' - CTRL, false, ALL},  {'K' - CTRL, true, ALL},
    {KEY_LEFT, false, -1},   {BACKSPACE, true, -1},     {DEL, true, -1},
    {KEY_RIGHT, false, 1},   {'D' - CTRL, true, 1},     {KEY_DELETE, true, 1},
};

/* What is in the row: so many cells, the cursor in one of them. */
static char shown[SCREEN_WIDTH];
static int room, cursor;

/* Backspaces, or what stands there, take the cursor to a cell; they go out together. */
static char text[SCREEN_WIDTH * 3], *end;

static void move_cursor(int to)
{
    while (cursor > to) {
        *end++ = '\b';
        cursor--;
    }
    while (cursor < to)
        *end++ = shown[cursor++];
}

/* Write the cells that are not as they should be. */
static void show(const char *line, int at, bool hidden)
{
    int first = at < room ? 0 : (at & -STEP) - STEP;

    line += first;
    end = text;
    for (int n = 0; n < room; n++) {
        char cell = *line ? *line++ : 0;

        if (!cell)
            cell = ' ';
        else if (hidden)
            cell = '*';
        else if (cell < ' ' || cell > '~')
            cell = '?';
        if (cell == shown[n])
            continue;
        move_cursor(n);
        shown[n] = cell;
        move_cursor(n + 1);
    }
    move_cursor(at - first);
    *end = 0;
    print("%S", text);
}

/* Carry out one key: what is behind the cursor moves away from it for a character, or over what is
 * deleted. Returns where the cursor then is. */
static int edit(char *line, size_t cap, int at, char key)
{
    int length = (int)strlen(line), from = at, to = at;

    if (key >= ' ' && key <= '~' && length + 1 < (int)cap)
        to++;
    for (unsigned n = 0; n < sizeof(moves) / sizeof(moves[0]); n++) {
        int target = at + moves[n].steps;

        if (moves[n].key != key)
            continue;
        if (target < 0)
            target = 0;
        if (target > length)
            target = length;
        if (!moves[n].cuts)
            return target;
        if (target < at)
            to = target;
        else
            from = target;
    }
    memmove(line + to, line + from, (size_t)(length - from + 1));
    if (to > at)
        line[at] = key;
    return to;
}

int edit_line(char *line, size_t cap, unsigned flags)
{
    int at = (int)strlen(line), error;
    char key;

    room = SCREEN_WIDTH - 1 - (int)(console_column % SCREEN_WIDTH);
    if (room < ROOM_MIN) {
        print("\n");
        room = SCREEN_WIDTH - 1;
    }
    cursor = 0;
    memset(shown, ' ', sizeof(shown));
    do {
        show(line, at, flags & EDIT_HIDDEN);
        key = prompt_key(PROMPT_PATIENCE_MS);
        error = prompt_error(key);
        if (!key && flags & EDIT_LIMITED)
            error = E_TIMEOUT;
        if (history_move && flags & EDIT_HISTORY && (key == KEY_UP || key == KEY_DOWN)) {
            history_move(line, key == KEY_UP ? 1 : -1);
            at = (int)strlen(line);
        }
        at = edit(line, cap, at, key);
    } while (!error && key != '\r' && key != '\n');
    print("\n");
    if (history_add && flags & EDIT_HISTORY)
        history_add(line);
    return error;
}
