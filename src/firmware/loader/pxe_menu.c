/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot menu of a PXE server. */
#include "lib/print.h"
#include "loader/menu.h"
#include "loader/prompt.h"
#include "platform/bios/console.h"

enum {
    ASK_AT_ONCE = 255, /* instead of seconds */
    PATIENCE = PROMPT_PATIENCE_MS / 1000,
    DIGITS = 9, /* items further down have letters */
    KEYS = DIGITS + 26,
};
static const char name[] = "PXE";

/* Returns the key that asks for the menu, 0 when the first item is to be taken. */
static char show_prompt(const struct dhcp_value *prompt)
{
    char text[PXE_TEXT_MAX + 1];
    unsigned seconds = prompt->data[0];

    if (!prompt->len)
        return ' ';
    pxe_text(text, prompt->data + 1, prompt->len - 1);
    if (seconds == ASK_AT_ONCE) {
        print("%s\n", text);
        return ' ';
    }
    return menu_countdown(text, seconds);
}

static const struct pxe_record *item_of(const struct dhcp_packet *offer, int n)
{
    return pxe_record(dhcp_option(offer, PXE_BOOT_MENU), PXE_MENU_UNIT, (unsigned)n);
}

static void collect_items(const struct dhcp_packet *offer)
{
    char text[PXE_TEXT_MAX + 1];
    const struct pxe_record *record;
    struct menu_item *item;

    menu_clear(name);
    for (int n = 0; (record = item_of(offer, n)); n++) {
        pxe_text(text, record->values, record->count);
        item = menu_add(name, name, text);
        if (!item)
            break;
        if (n < KEYS)
            item->key = (char)(n < DIGITS ? '1' + n : 'a' + n - DIGITS);
    }
}

int menu_choose(const struct dhcp_packet *offer)
{
    char key = show_prompt(dhcp_option(offer, PXE_MENU_PROMPT));
    int n = 0;

    if (key == KEY_ESCAPE)
        return MENU_NEXT_DEVICE;
    if (key) {
        collect_items(offer);
        n = menu_run(name, NULL, PATIENCE, PATIENCE);
        menu_clear(name);
        if (n < 0)
            return MENU_NEXT_DEVICE;
    }
    n = item_of(offer, n)->type;
    if (n != PXE_LOCAL_BOOT)
        return n;
    print("Local boot: next boot device\n");
    return MENU_NEXT_DEVICE;
}
