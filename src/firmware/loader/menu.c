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

static struct menu_item items[MENU_ITEMS_MAX], *items_end = items;

/* Of the menu that runs: so many rows from `top` on are on the screen, the cursor right below. */
const struct menu_item *menu_rows[MENU_ITEMS_MAX];
static int row_count, top, visible, width;

static const struct {
    char key;
    int16_t steps;
} moves[] = {
    {KEY_UP, -1},          {KEY_DOWN, 1},    {KEY_PAGE_UP, -PAGE},
    {KEY_PAGE_DOWN, PAGE}, {KEY_HOME, -ALL}, {KEY_END, ALL},
};

void menu_clear(const char *menu)
{
    struct menu_item *kept = items;

    for (const struct menu_item *item = items; item < items_end; item++)
        if (strcmp(item->menu, menu))
            *kept++ = *item;
    items_end = kept;
}

struct menu_item *menu_add(const char *menu, const char *label, const char *text)
{
    struct menu_item *item = items_end;

    if (item == items + MENU_ITEMS_MAX ||
        print_format(item->menu, sizeof(item->menu), "%S", menu) > MENU_NAME_MAX ||
        print_format(item->label, sizeof(item->label), "%S", label) > MENU_LABEL_MAX)
        return NULL;
    print_format(item->text, sizeof(item->text), "%s", text);
    item->key = 0;
    item->is_title = item->is_default = false;
    return items_end++;
}

/* Collect the rows of a menu, and print its title. Returns the row to begin with. */
static int collect(const char *menu, const char *wanted)
{
    int at = 0;

    row_count = width = 0;
    for (const struct menu_item *item = items; item < items_end; item++) {
        int length = (int)strlen(item->text);

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

/* The row that is so many steps on, over those that cannot be chosen, or as many as there are;
 * `at` when there is none. */
static int step(int at, int steps)
{
    int way = steps < 0 ? -1 : 1;

    for (int n = at + way; steps && n >= 0 && n < row_count; n += way) {
        if (menu_rows[n]->label[0]) {
            at = n;
            steps -= way;
        }
    }
    return at;
}

/* Print the rows of the page that has a row, which is marked; only the marks where the page is on
 * the screen. */
static void draw(int at)
{
    int before = top;

    if (at < top || at >= top + visible)
        top = at - at % PAGE;
    if (top + visible > row_count)
        top = row_count - visible;
    for (int n = top; n < top + visible; n++) {
        const struct menu_item *item = menu_rows[n];
        char row[TEXT + MENU_TEXT_MAX + 1];

        memset(row, ' ', sizeof(row));
        if (n == at)
            row[0] = '>';
        if (item->key > ' ')
            row[KEY] = item->key;
        memcpy(row + TEXT, item->text, strlen(item->text));
        row[top == before ? 1 : TEXT + width] = 0;
        print("%s\n", row);
    }
}

int menu_run(const char *menu, const char *wanted, unsigned first, unsigned later)
{
    int at = collect(menu, wanted), error = 0, to;
    char key;

    if (at >= row_count || !menu_rows[at]->label[0])
        at = step(-1, 1);
    if (at < 0)
        return E_LABEL;
    visible = row_count < PAGE ? row_count : PAGE;
    top = -PAGE;
    draw(at);
    do {
        print("\rItem %u of %u (Enter; Esc: leave) ", at + 1, row_count);
        print(first ? "%3u " : "    ", first);
        key = prompt_key(first ? SECOND_MS : PROMPT_PATIENCE_MS);
        if (!key) { /* the end of the time counts as Enter */
            if (first && !--first)
                key = '\r';
            continue;
        }
        first = later;
        to = at;
        for (unsigned n = 0; n < sizeof(moves) / sizeof(moves[0]); n++)
            if (key == moves[n].key)
                to = step(at, moves[n].steps);
        for (int n = 0; n < row_count; n++) {
            if (key == menu_rows[n]->key && menu_rows[n]->label[0]) {
                to = n;
                key = '\r';
            }
        }
        if (to != at) {
            console_up((unsigned)visible);
            draw(at = to);
        }
        error = prompt_error(key);
    } while (key != '\r' && key != '\n' && !error);
    print("\n");
    return error ? error : at;
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
