/* SPDX-License-Identifier: BSD-2-Clause */
/* Menus on the console: those of scripts and of PXE servers. */
#ifndef LOADER_MENU_H
#define LOADER_MENU_H

#include <stdbool.h>
#include <stdint.h>

#include "net/pxe_menu.h"

enum { MENU_NAME_MAX = 31, MENU_LABEL_MAX = 127, MENU_TEXT_MAX = 74, MENU_ITEMS_MAX = 256 };

/* One row of a menu, or its title. */
struct menu_item {
    char key; /* chooses it at once, 0 = none */
    bool is_title, is_default;
    char menu[MENU_NAME_MAX + 1];   /* which menu, "" = the one without a name */
    char label[MENU_LABEL_MAX + 1]; /* what `choose` gives; "" = cannot be chosen */
    char text[MENU_TEXT_MAX + 1];
};

/* Add a row to a menu's end; texts are cut to what fits on a screen. NULL when there are too many,
 * or a name or label is too long. */
struct menu_item *menu_add(const char *menu, const char *label, const char *text);

/* Forget a menu. */
void menu_clear(const char *menu);

/* Let the user choose, beginning with the item with the label `wanted` (NULL: the default). Nobody
 * touching a key for `first` seconds at first, or for `later` seconds after one, counts as Enter; 0
 * = no end. Returns the row's number in menu_rows; E_UNTRUE on Esc, E_CANCELLED on Ctrl-C, E_LABEL
 * when no row can be chosen. */
int menu_run(const char *menu, const char *wanted, unsigned first, unsigned later);
extern const struct menu_item *menu_rows[MENU_ITEMS_MAX];

/* Let the user choose from the menu in `offer` (pxe_has_menu()), as its prompt says (PXE 2.1 table
 * 2-1, tag 10): the first item at once; or the prompt for some seconds, then the first item unless
 * a key asks for the menu; or the menu at once. Nobody touching the menu for a minute counts as
 * Enter. Returns the item's type, MENU_NEXT_DEVICE when Esc was pressed or the item is local boot
 * (which it says). */
enum { MENU_NEXT_DEVICE = -1 };
int menu_choose(const struct dhcp_packet *offer);

/* Show a text with the seconds that are left, until they have passed or a key comes, which is
 * returned; else 0. */
char menu_countdown(const char *text, unsigned seconds);

#endif
