/* SPDX-License-Identifier: BSD-2-Clause */
/* The messages of the DHCP client (RFC 2131 table 5, PXE 2.1 table 2-1). */
#include "lib/byteorder.h"
#include "lib/features.h"
#include "lib/settings.h"
#include "lib/string.h"
#include "net/dhcp_client.h"
#include "net/dhcp_options.h"
#include "net/net.h"
#include "net/pxe_menu.h"

enum { MESSAGE_MIN = 300 }; /* RFC 1542 section 2.1 */

/* Options that every message carries (PXE 2.1 table 2-1). */
static const char common_options[] =
    "\x39\x02\x04\xec"                         /* 57: answers of up to 1260 bytes */
    "\x5d\x02\0\0"                             /* 93: x86 BIOS */
    "\x5e\x03\x01\x02\x01"                     /* 94: UNDI 2.1 */
    "\x3c\x20PXEClient:Arch:00000:UNDI:002001" /* 60 */
    "\x37\x19" /* 55: what the answer should have, 25 options; 121 before 3 (RFC 3442) */
    "\x01\x77\x79\x03\x06\x0c\x0f\x11\x2b\x36\x3c\x42\x43\x80\x81\x82\x83\x84\x85\x86\x87\x96\xaf"
    "\xd1\xd2";

/* Inlined, it would take more room. */
static __attribute__((noinline)) uint8_t *add_option(uint8_t *p, uint8_t tag, const void *value,
                                                     uint8_t len)
{
    *p++ = tag;
    *p++ = len;
    memcpy(p, value, len);
    return p + len;
}

void dhcp_build(uint8_t type, const struct dhcp_packet *from)
{
    struct dhcp_packet *out = memset(&dhcp_client.out, 0, sizeof(*out));
    struct dhcp_message *m = (struct dhcp_message *)out->data;
    const char *user_class = (const char *)settings[SETTING_USER_CLASS];
    uint8_t *p = m->options;

    m->op = BOOTREQUEST;
    m->htype = 1;
    m->hlen = sizeof(net.mac);
    m->xid = dhcp_client.xid;
    if (!from) /* a REQUEST repeats what its DISCOVER said */
        dhcp_client.secs = be16((uint16_t)((net_now() - dhcp_client.started) / 1000));
    m->secs = dhcp_client.secs;
    m->flags = be16(DHCP_FLAG_BROADCAST);
    m->ciaddr = net.ip;
    memcpy(m->chaddr, net.mac, sizeof(net.mac));
    m->cookie = be32(DHCP_COOKIE);

    p = add_option(p, OPTION_TYPE, &type, 1);
    if (dhcp_client.item != NO_ITEM) {
        static struct {
            uint8_t tag, len;
            uint16_t type, layer;
            uint8_t end;
        } __attribute__((packed)) item = {PXE_BOOT_ITEM >> 8, 4, 0, 0, OPTION_END}; /* layer 0 */

        item.type = (uint16_t)dhcp_client.item;
        p = add_option(p, OPTION_VENDOR, &item, sizeof(item));
    } else if (from && !net.ip) {
        uint32_t server = dhcp_server(from);
        p = add_option(p, OPTION_SERVER_ID, &server, sizeof(server));
        p = add_option(p, OPTION_REQUESTED_IP, &dhcp_message(from)->yiaddr, sizeof(uint32_t));
    }
    memcpy(p, common_options, sizeof(common_options) - 1);
    p += sizeof(common_options) - 1;
    if (!user_class)
        user_class = dhcp_client.me->second_stage ? "Etherforge.zpxe" : "Etherforge";
    p = add_option(p, OPTION_USER_CLASS, user_class, (uint8_t)strlen(user_class));
    p = add_option(p, OPTION_FEATURES, __start_features,
                   (uint8_t)(__stop_features - __start_features));
    if (dhcp_client.me->have_uuid)
        p = add_option(p, OPTION_UUID, &dhcp_client.me->uuid_type,
                       1 + sizeof(dhcp_client.me->uuid));
    *p++ = OPTION_END;
    out->len = (size_t)(p - out->data);
    if (out->len < MESSAGE_MIN)
        out->len = MESSAGE_MIN;
}
