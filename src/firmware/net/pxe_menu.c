/* PXE boot rules (PXE 2.1 section 2.4). */
#include "net/pxe_menu.h"

#include "core/string.h"

const struct pxe_record *pxe_record(const uint8_t *option, unsigned unit, unsigned n)
{
    const uint8_t *p, *end;

    if (!option)
        return NULL;
    p = option + 1;
    end = p + option[0];
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
    const uint8_t *list = dhcp_option(offer, PXE_BOOT_SERVERS);
    const struct pxe_record *record;

    for (unsigned n = 0; (record = pxe_record(list, PXE_SERVER_UNIT, n)); n++)
        if (record->type == type)
            break;
    return record;
}

uint8_t pxe_discovery_control(const struct dhcp_packet *offer)
{
    const uint8_t *control = dhcp_option(offer, PXE_DISCOVERY_CONTROL);

    return control && control[0] ? control[1] : 0;
}

bool pxe_has_menu(const struct dhcp_packet *offer)
{
    return dhcp_is_pxe(offer) && pxe_record(dhcp_option(offer, PXE_BOOT_MENU), PXE_MENU_UNIT, 0) &&
           !((pxe_discovery_control(offer) & PXE_USE_BOOT_FILE) && dhcp_names_file(offer));
}

bool pxe_is_boot_server(const struct dhcp_packet *reply, uint16_t type)
{
    const uint8_t *item = dhcp_option(reply, PXE_BOOT_ITEM);

    /* Not every boot server repeats the item. But who sends a menu has not understood the question:
     * to a DHCP server it looks like a renewal. */
    if (item ? item[0] < sizeof(type) || memcmp(item + 1, &type, sizeof(type))
             : !!dhcp_option(reply, PXE_BOOT_MENU))
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
