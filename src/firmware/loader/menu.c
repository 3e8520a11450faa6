/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/menu.h"

#include "lib/print.h"
#include "loader/prompt.h"
#include "platform/bios/console.h"

enum {
    SECOND_MS = 1000,
    ASK_AT_ONCE = 255, /* instead of seconds */
    ESCAPE = 0x1b,
    DIGITS = 9, /* items further down have letters */
    ITEMS_MAX = DIGITS + 26,
};

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

static const struct pxe_record *item_of(const struct dhcp_packet *offer, unsigned n)
{
    return pxe_record(dhcp_option(offer, PXE_BOOT_MENU), PXE_MENU_UNIT, n);
}

static char key_of(unsigned n)
{
    return (char)(n < DIGITS ? '1' + n : 'a' + n - DIGITS);
}

static unsigned show_items(const struct dhcp_packet *offer)
{
    char text[PXE_TEXT_MAX + 1];
    const struct pxe_record *item;
    unsigned n;

    for (n = 0; n < ITEMS_MAX && (item = item_of(offer, n)); n++) {
        pxe_text(text, item->values, item->count);
        print("%c  %s\n", key_of(n), text);
    }
    return n;
}

/* Up, Down and Enter, or an item's own key. Returns the item's number, that behind the last for
 * Esc. */
static unsigned choose(unsigned count)
{
    unsigned at = 0;

    for (;;) {
        char key;

        print("\rItem %c (Enter; Esc: next device) ", key_of(at));
        key = prompt_key(PROMPT_PATIENCE_MS);
        if (!key || key == '\r')
            return at;
        if (key == ESCAPE)
            return count;
        if (key == KEY_UP && at)
            at--;
        if (key == KEY_DOWN && at + 1 < count)
            at++;
        for (unsigned n = 0; n < count; n++)
            if (key == key_of(n))
                return n;
    }
}

int menu_choose(const struct dhcp_packet *offer)
{
    char key = show_prompt(dhcp_option(offer, PXE_MENU_PROMPT));
    unsigned n = 0, count;

    if (key == ESCAPE)
        return MENU_NEXT_DEVICE;
    if (key) {
        count = show_items(offer);
        n = choose(count);
        print("\n");
        if (n == count)
            return MENU_NEXT_DEVICE;
    }
    n = item_of(offer, n)->type;
    if (n != PXE_LOCAL_BOOT)
        return (int)n;
    print("Local boot: next boot device\n");
    return MENU_NEXT_DEVICE;
}
