/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/menu.h"

#include "lib/errors.h"
#include "lib/print.h"
#include "lib/string.h"
#include "loader/prompt.h"
#include "platform/bios/console.h"

enum {
    SECOND_MS = 1000,
    PAGE = 20, /* rows; title and position are beside them */
    ALL = MENU_ITEMS_MAX,
};
enum { KEY = 2, TEXT = 5 }; /* columns; a row begins with its mark */

static struct menu_item items[MENU_ITEMS_MAX];
static unsigned item_count;

/* Of the menu that runs: so many rows from `top` on are on the screen, the cursor right below. */
const struct menu_item *menu_rows[MENU_ITEMS_MAX];
static unsigned row_count, top, visible, width;

static const struct {
    char key;
    int8_t direction;
    uint16_t steps;
} moves[] = {
    {KEY_UP, -1, 1},          {KEY_DOWN, 1, 1},    {KEY_PAGE_UP, -1, PAGE},
    {KEY_PAGE_DOWN, 1, PAGE}, {KEY_HOME, -1, ALL}, {KEY_END, 1, ALL},
};

void menu_clear(const char *menu)
{
    unsigned kept = 0;

    for (unsigned n = 0; n < item_count; n++)
        if (strcmp(items[n].menu, menu))
            items[kept++] = items[n];
    item_count = kept;
}

struct menu_item *menu_add(const char *menu, const char *label, const char *text)
{
    struct menu_item *item = &items[item_count];

    if (item_count == MENU_ITEMS_MAX ||
        print_format(item->menu, sizeof(item->menu), "%S", menu) > MENU_NAME_MAX ||
        print_format(item->label, sizeof(item->label), "%S", label) > MENU_LABEL_MAX)
        return NULL;
    print_format(item->text, sizeof(item->text), "%S", text);
    item->key = 0;
    item->is_title = item->is_default = false;
    item_count++;
    return item;
}

/* Collect the rows of a menu, and print its title. Returns the row to begin with. */
static unsigned collect(const char *menu, const char *wanted)
{
    unsigned at = 0;

    row_count = width = 0;
    for (const struct menu_item *item = items; item < items + item_count; item++) {
        unsigned length = (unsigned)strlen(item->text);

        if (strcmp(item->menu, menu))
            continue;
        if (item->is_title) {
            print("%s\n", item->text);
            continue;
        }
        if (width < length)
            width = length;
        if (wanted ? !strcmp(item->label, wanted) : item->is_default)
            at = row_count;
        menu_rows[row_count++] = item;
    }
    return at;
}

/* The row that is so many steps on in a direction, over those that cannot be chosen; `at` when
 * there is none. */
static unsigned step(unsigned at, int direction, unsigned steps)
{
    unsigned n = at;

    while (steps && (n += (unsigned)direction) < row_count) {
        if (menu_rows[n]->label[0]) {
            at = n;
            steps--;
        }
    }
    return at;
}

/* Print the rows of the page that has a row, which is marked. */
static void draw(unsigned at)
{
    top = at - at % PAGE;
    if (top + visible > row_count)
        top = row_count - visible;
    for (unsigned n = top; n < top + visible; n++) {
        const struct menu_item *item = menu_rows[n];
        char row[TEXT + MENU_TEXT_MAX + 1];

        memset(row, ' ', sizeof(row));
        if (n == at)
            row[0] = '>';
        if (item->key > ' ')
            row[KEY] = item->key;
        memcpy(row + TEXT, item->text, strlen(item->text));
        row[TEXT + width] = 0;
        print("%s\n", row);
    }
}

static void mark(unsigned row, char with)
{
    int rows = (int)(top + visible - row);

    console_move(-rows);
    print("\r%c", with);
    console_move(rows);
}

static void go(unsigned from, unsigned to)
{
    if (to - top < visible) {
        mark(from, ' ');
        mark(to, '>');
    } else {
        console_move(-(int)visible);
        print("\r");
        draw(to);
    }
}

/* Show where it stands, and wait for a key; the end of the time counts as Enter. */
static char ask(unsigned at, unsigned *left)
{
    for (;;) {
        char key;

        print("\rItem %u of %u (Enter; Esc: leave) ", at + 1, row_count);
        print(*left ? "%3u " : "    ", *left);
        key = prompt_key(*left ? SECOND_MS : PROMPT_PATIENCE_MS);
        if (key)
            return key;
        if (*left && !--*left)
            return '\r';
    }
}

int menu_run(const char *menu, const char *wanted, unsigned first, unsigned later)
{
    unsigned at = collect(menu, wanted), to;
    int error;
    char key;

    if (at >= row_count || !menu_rows[at]->label[0])
        at = step(UINT32_MAX, 1, 1);
    if (at >= row_count)
        return E_LABEL;
    visible = row_count < PAGE ? row_count : PAGE;
    draw(at);
    do {
        key = ask(at, &first);
        first = later;
        to = at;
        for (unsigned n = 0; n < sizeof(moves) / sizeof(moves[0]); n++)
            if (key == moves[n].key)
                to = step(at, moves[n].direction, moves[n].steps);
        for (unsigned n = 0; n < row_count; n++) {
            if (key == menu_rows[n]->key && menu_rows[n]->label[0]) {
                to = n;
                key = '\r';
            }
        }
        if (to != at)
            go(at, to);
        at = to;
        error = prompt_error(key);
    } while (key != '\r' && key != '\n' && !error);
    print("\n");
    return error ? error : (int)at;
}

char menu_countdown(const char *text, unsigned seconds)
{
    char key = 0;

    for (; seconds && !key; seconds--) {
        print("\r%s %3u ", text, seconds);
        key = prompt_key(SECOND_MS);
    }
    print("\n");
    return key;
}
