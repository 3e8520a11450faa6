/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot menu of a PXE server on the console. */
#ifndef LOADER_MENU_H
#define LOADER_MENU_H

#include "net/pxe_menu.h"

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
