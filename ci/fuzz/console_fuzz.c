/* SPDX-License-Identifier: BSD-2-Clause */
/* What a user may type and a script may show: the line editor and menus, on a screen that fails
 * when a cursor leaves its place. Input: what to run, how, then texts and keys. */
#include "fake_boot.h"
#include "fake_screen.h"
#include "fuzz.h"
#include "lib/errors.h"
#include "lib/print.h"
#include "loader/editor.h"
#include "loader/history.h"
#include "loader/menu.h"

enum { ROWS = 60, TEXT = 100, STEP = 16 };

static void edit(struct input *in, char *keys)
{
    unsigned flags = take(in) & EDIT_HIDDEN, column = take(in) % 80;
    size_t cap = 1 + take16(in) % HISTORY_LINE, length = take(in) % cap;
    char *line = malloc(HISTORY_LINE); /* nothing is written behind it */
    int error;

    if (take(in) & 1) {
        cap = HISTORY_LINE;
        flags |= EDIT_HISTORY;
    }
    memset(line, 0, HISTORY_LINE);
    take_bytes(in, line, length);
    while (column--)
        print("-");
    take_bytes(in, keys, in->left);
    fake.keys = keys;
    error = edit_line(line, cap, flags | EDIT_LIMITED);
    CHECK(!error || error == E_UNTRUE || error == E_CANCELLED || error == E_TIMEOUT);
    CHECK(strlen(line) < cap);
    free(line);
}

static void choose(struct input *in, char *keys)
{
    unsigned rows = take(in) % ROWS, gaps = take(in);
    char label[2] = "";
    int row;

    menu_clear("");
    for (unsigned n = 0; n < rows; n++) {
        char text[TEXT + 1] = "";
        struct menu_item *item;

        take_bytes(in, text, take(in) % TEXT);
        label[0] = n % STEP < 8 && gaps >> n % 8 & 1 ? 0 : (char)(1 + n);
        item = menu_add("", label, text);
        if (CHECK(item))
            item->key = (char)take(in);
    }
    take_bytes(in, keys, in->left);
    fake.keys = keys;
    row = menu_run("", NULL, 60, 60);
    CHECK(row < (int)rows && (row >= 0 || row == E_UNTRUE || row == E_CANCELLED || row == E_LABEL));
    CHECK(row < 0 || menu_rows[row]->label[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    char *keys = calloc(size + 1, 1);

    fake_boot_case("keys");
    if (size > 4096)
        in.left = 4096;
    if (take(&in) & 1)
        choose(&in, keys);
    else
        edit(&in, keys);
    fake_screen_show(fake.shown);
    free(keys);
    return 0;
}
