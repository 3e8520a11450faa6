/* SPDX-License-Identifier: BSD-2-Clause */
/* The readers of DHCP messages, on one that ends where memory ends. Input: sname, file, then the
 * message from the cookie on. */
#include <sanitizer/asan_interface.h>

#include "fake_link.h"
#include "fuzz.h"
#include "net/pxe_menu.h"

static struct dhcp_packet packet;

static void read_option(unsigned tag)
{
    char text[DHCP_NAME_MAX + 1];
    size_t len = dhcp_option(&packet, tag)->len;

    CHECK(len < packet.len);
    CHECK(len || !dhcp_option(&packet, tag)->data[0]);
    dhcp_option_string(&packet, tag, text, DHCP_NAME_MAX);
    CHECK(strlen(text) <= len && (!text[0] || len <= DHCP_NAME_MAX));
    CHECK(!dhcp_option_address(&packet, tag) || len >= 4);
    if (tag < 256)
        CHECK(dhcp_option(&packet, DHCP_INNER(tag, 8))->len <= len);
}

/* A list of records, each of which lies within the option. */
static void read_records(unsigned tag, unsigned unit)
{
    struct dhcp_value option = *dhcp_option(&packet, tag);
    const struct pxe_record *record;
    char text[PXE_TEXT_MAX + 1];

    for (unsigned n = 0; (record = pxe_record(&option, unit, n)); n++) {
        const uint8_t *end = record->values + record->count * unit;

        CHECK((const uint8_t *)record >= option.data && end <= option.data + option.len);
        pxe_text(text, record->values, unit == PXE_MENU_UNIT ? record->count : 0);
        CHECK(strlen(text) <= record->count);
        pxe_boot_servers(&packet, record->type);
        pxe_is_boot_server(&packet, record->type);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dhcp_lease lease;
    struct input in = {data, size};
    char name[DHCP_NAME_MAX + 1];
    uint32_t server;

    memset(packet.data, 0, BOOTP_FIXED);
    take_bytes(&in, packet.data + 44, 64 + 128);
    packet.len =
        BOOTP_FIXED + take_bytes(&in, packet.data + BOOTP_FIXED, sizeof(packet.data) - BOOTP_FIXED);
    ASAN_POISON_MEMORY_REGION(packet.data + packet.len, sizeof(packet.data) - packet.len);
    for (unsigned tag = 0; tag < 256; tag++)
        if (tag != OPTION_PAD && tag != OPTION_END)
            read_option(tag);
    read_option(PXE_MENU_PROMPT);
    read_records(PXE_BOOT_MENU, PXE_MENU_UNIT);
    read_records(PXE_BOOT_SERVERS, PXE_SERVER_UNIT);
    dhcp_boot_target(&packet, &server, name);
    CHECK(memchr(name, 0, sizeof(name)) && dhcp_names_file(&packet) == (name[0] != 0));
    if (pxe_has_menu(&packet))
        CHECK(pxe_record(dhcp_option(&packet, PXE_BOOT_MENU), PXE_MENU_UNIT, 0) != NULL);
    ASAN_UNPOISON_MEMORY_REGION(packet.data, sizeof(packet.data));
    lease.ack = packet;
    dhcp_bind(&lease);
    CHECK(net.routes_len <= sizeof(net.routes));
    return 0;
}
