/* SPDX-License-Identifier: BSD-2-Clause */
/* PXE boot rules (PXE 2.1 section 2.4). */
#include "net/pxe_menu.h"

#include "lib/string.h"

const struct pxe_record *pxe_record(const struct dhcp_value *option, unsigned unit, unsigned n)
{
    const uint8_t *p = option->data, *end = p + option->len;

    while ((size_t)(end - p) >= sizeof(struct pxe_record)) {
        const struct pxe_record *record = (const struct pxe_record *)p;
        p = record->values;
        if (record->count * unit > (size_t)(end - p))
            break;
        if (!n--)
            return record;
        p += record->count * unit;
    }
    return NULL;
}

const struct pxe_record *pxe_boot_servers(const struct dhcp_packet *offer, uint16_t type)
{
    const struct dhcp_value *list = dhcp_option(offer, PXE_BOOT_SERVERS);
    const struct pxe_record *record;

    for (unsigned n = 0; (record = pxe_record(list, PXE_SERVER_UNIT, n)); n++)
        if (record->type == type)
            break;
    return record;
}

uint8_t pxe_discovery_control(const struct dhcp_packet *offer)
{
    return dhcp_option(offer, PXE_DISCOVERY_CONTROL)->data[0];
}

bool pxe_has_menu(const struct dhcp_packet *offer)
{
    return dhcp_is_pxe(offer) && pxe_record(dhcp_option(offer, PXE_BOOT_MENU), PXE_MENU_UNIT, 0) &&
           !((pxe_discovery_control(offer) & PXE_USE_BOOT_FILE) && dhcp_names_file(offer));
}

bool pxe_is_boot_server(const struct dhcp_packet *reply, uint16_t type)
{
    const struct dhcp_value *item = dhcp_option(reply, PXE_BOOT_ITEM);

    /* Not every boot server repeats the item. But who sends a menu has not understood the question:
     * to a DHCP server it looks like a renewal. */
    if (item->len ? item->len < sizeof(type) || *(const uint16_t *)item->data != type
                  : dhcp_option(reply, PXE_BOOT_MENU)->len)
        return false;
    return dhcp_is_pxe(reply) && dhcp_names_file(reply);
}

void pxe_text(char to[PXE_TEXT_MAX + 1], const uint8_t *from, unsigned len)
{
    if (len > PXE_TEXT_MAX)
        len = PXE_TEXT_MAX;
    memcpy(to, from, len);
    to[len] = '\0';
}
