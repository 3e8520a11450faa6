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

enum { SCREEN_WIDTH = 80, ROOM_MIN = 20, CTRL = 0x40, BACKSPACE = 8, DEL = 0x7f };

/* Where a key goes to in the line; with CUT, all up to there is deleted. */
enum { START, END, BACK, FORWARD, WORD, CUT = 8 };
static const struct {
    char key;
    uint8_t to;
} keys[] = {
    {KEY_HOME, START},
    {'A' - CTRL, START},
    {KEY_END, END},
    {'E' - CTRL, END},
    {KEY_LEFT, BACK},
    {KEY_RIGHT, FORWARD},
    {KEY_DELETE, FORWARD | CUT},
    {'D' - CTRL, FORWARD | CUT},
    {BACKSPACE, BACK | CUT},
    {DEL, BACK | CUT},
    {'K' - CTRL, END | CUT},
    {'U' - CTRL, START | CUT},
    {'W' - CTRL, WORD | CUT},
};

/* What is in the row: so many cells, the cursor in one of them; and which character of the line is
 * in the first. */
static char shown[SCREEN_WIDTH + 1];
static size_t room, cursor, first;

static void move_cursor(size_t to)
{
    char behind = shown[to];

    for (; cursor > to; cursor--)
        print("\b");
    if (cursor == to)
        return;
    shown[to] = 0;
    print("%s", shown + cursor);
    shown[to] = behind;
    cursor = to;
}

/* Write the cells that are not as they should be. */
static void show(const char *line, size_t at, bool hidden)
{
    size_t length = strlen(line), from = room, end = 0;

    if (at < first || at - first >= room)
        first = at < room / 2 ? 0 : at - room / 2;
    for (size_t n = 0; n < room; n++) {
        char cell = first + n >= length ? ' ' : hidden ? '*' : line[first + n];

        if (cell == shown[n])
            continue;
        shown[n] = cell;
        if (from > n)
            from = n;
        end = n + 1;
    }
    if (end) {
        move_cursor(from);
        move_cursor(end);
    }
    move_cursor(at - first);
}

static size_t target(const char *line, size_t at, uint8_t where)
{
    size_t length = strlen(line);

    switch (where) {
    case START:
        return 0;
    case END:
        return length;
    case BACK:
        return at - (at > 0);
    case FORWARD:
        return at + (at < length);
    }
    while (at && line[at - 1] == ' ')
        at--;
    while (at && line[at - 1] != ' ')
        at--;
    return at;
}

/* Carry out one key; returns where the cursor then is. */
static size_t edit(char *line, size_t cap, size_t at, char key)
{
    size_t length = strlen(line), to, low, high;

    if (key >= ' ' && key <= '~' && length + 1 < cap) {
        memmove(line + at + 1, line + at, length - at + 1);
        line[at] = key;
        return at + 1;
    }
    for (unsigned n = 0; n < sizeof(keys) / sizeof(keys[0]); n++) {
        if (keys[n].key != key)
            continue;
        to = target(line, at, keys[n].to & (CUT - 1));
        if (!(keys[n].to & CUT))
            return to;
        low = to < at ? to : at;
        high = to < at ? at : to;
        memmove(line + low, line + high, length - high + 1);
        return low;
    }
    return at;
}

int edit_line(char *line, size_t cap, unsigned flags)
{
    size_t at = strlen(line);
    int error = 0;
    char key;

    room = SCREEN_WIDTH - 1 - console_column % SCREEN_WIDTH;
    if (room < ROOM_MIN) {
        print("\n");
        room = SCREEN_WIDTH - 1;
    }
    cursor = first = 0;
    memset(shown, ' ', sizeof(shown));
    do {
        show(line, at, flags & EDIT_HIDDEN);
        key = prompt_key(PROMPT_PATIENCE_MS);
        error = prompt_error(key);
        if (!key && flags & EDIT_LIMITED)
            error = E_TIMEOUT;
        if (history_move && flags & EDIT_HISTORY && (key == KEY_UP || key == KEY_DOWN)) {
            history_move(line, key == KEY_UP ? 1 : -1);
            at = strlen(line);
        }
        at = edit(line, cap, at, key);
    } while (!error && key != '\r' && key != '\n');
    print("\n");
    if (history_add && flags & EDIT_HISTORY)
        history_add(line);
    return error;
}
