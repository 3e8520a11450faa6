/* SPDX-License-Identifier: BSD-2-Clause */
/* PXE boot rules: what a PXE server puts into option 43 (PXE 2.1 section 2.4 and table 2-1). Every
 * function takes messages of any content. */
#ifndef NET_PXE_MENU_H
#define NET_PXE_MENU_H

#include <stdbool.h>
#include <stdint.h>

#include "net/dhcp_options.h"

enum { /* tags for dhcp_option() */
       PXE_DISCOVERY_CONTROL = DHCP_INNER(OPTION_VENDOR, 6),
       PXE_DISCOVERY_MULTICAST = DHCP_INNER(OPTION_VENDOR, 7),
       PXE_BOOT_SERVERS = DHCP_INNER(OPTION_VENDOR, 8),
       PXE_BOOT_MENU = DHCP_INNER(OPTION_VENDOR, 9),
       PXE_MENU_PROMPT = DHCP_INNER(OPTION_VENDOR, 10),
       PXE_BOOT_ITEM = DHCP_INNER(OPTION_VENDOR, 71),
};
enum { /* bits of PXE_DISCOVERY_CONTROL */
       PXE_NO_BROADCAST = 1,
       PXE_NO_MULTICAST = 2,
       PXE_LISTED_ONLY = 4,
       PXE_USE_BOOT_FILE = 8,
};
enum { PXE_LOCAL_BOOT = 0, PXE_TEXT_MAX = 70 };

/* What a boot menu and a list of boot servers consist of. */
struct pxe_record {
    uint16_t type;    /* of boot server, in network byte order */
    uint8_t count;    /* of what follows */
    uint8_t values[]; /* menu: characters; list: addresses */
} __attribute__((packed));
enum { PXE_MENU_UNIT = 1, PXE_SERVER_UNIT = 4 }; /* size of one value */

/* Record `n` of an option, NULL when it has not as many. A record that runs over the end does not
 * count, nor what follows it. */
const struct pxe_record *pxe_record(const struct dhcp_value *option, unsigned unit, unsigned n);

/* Record of the boot servers of a type, NULL when the message lists none. */
const struct pxe_record *pxe_boot_servers(const struct dhcp_packet *offer, uint16_t type);

/* Discovery control, 0 when there is none. */
uint8_t pxe_discovery_control(const struct dhcp_packet *offer);

/* True when the client has to go by the message's boot menu: it is a PXE server's, not empty, and
 * there is no boot file that goes before it. */
bool pxe_has_menu(const struct dhcp_packet *offer);

/* True when the message answers a request for a boot server of the type: it is a PXE server's,
 * speaks of no other type, and names a boot file. */
bool pxe_is_boot_server(const struct dhcp_packet *reply, uint16_t type);

/* At most PXE_TEXT_MAX characters as a string. */
void pxe_text(char to[PXE_TEXT_MAX + 1], const uint8_t *from, unsigned len);

#endif
