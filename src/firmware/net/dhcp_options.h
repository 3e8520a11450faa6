/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading DHCP messages (RFC 2131 section 2, RFC 2132). Every function takes messages of any
 * content. */
#ifndef NET_DHCP_OPTIONS_H
#define NET_DHCP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "net/dhcp.h"

/* The fixed part (RFC 951). */
struct dhcp_message {
    uint8_t op, htype, hlen, hops;
    uint32_t xid;
    uint16_t secs, flags;
    uint32_t ciaddr, yiaddr, siaddr, giaddr;
    uint8_t chaddr[16];
    char sname[64];
    char file[128];
    uint32_t cookie;
    uint8_t options[];
} __attribute__((packed));

enum { BOOTREQUEST = 1, BOOTREPLY = 2, BOOTP_FIXED = 236, DHCP_COOKIE = 0x63825363 };
enum { DHCP_FLAG_BROADCAST = 0x8000 };
enum {
    DHCP_BOOTP = 0, /* no option 53 */
    DHCPDISCOVER = 1,
    DHCPOFFER = 2,
    DHCPREQUEST = 3,
    DHCPACK = 5,
    DHCPNAK = 6,
};
enum {
    OPTION_PAD = 0,
    OPTION_MASK = 1,
    OPTION_ROUTER = 3,
    OPTION_DNS = 6,
    OPTION_HOST_NAME = 12,
    OPTION_DOMAIN = 15,
    OPTION_ROOT_PATH = 17,
    OPTION_VENDOR = 43,
    OPTION_REQUESTED_IP = 50,
    OPTION_OVERLOAD = 52,
    OPTION_TYPE = 53,
    OPTION_SERVER_ID = 54,
    OPTION_CLASS = 60,
    OPTION_TFTP_SERVER = 66,
    OPTION_BOOT_FILE = 67,
    OPTION_USER_CLASS = 77,
    OPTION_UUID = 97,
    OPTION_SEARCH = 119, /* domains (RFC 3397) */
    OPTION_ROUTES = 121, /* classless static routes (RFC 3442) */
    OPTION_KERNEL_ARGS = 129,
    OPTION_TFTP_ADDRESS = 150,
    OPTION_FEATURES = 175, /* lib/features.h */
    OPTION_END = 255,
};
/* Tag of an option inside another one. */
#define DHCP_INNER(outer, inner) ((outer) | (inner) << 8)

static inline const struct dhcp_message *dhcp_message(const struct dhcp_packet *packet)
{
    return (const struct dhcp_message *)packet->data;
}

struct dhcp_value {
    size_t len;
    uint8_t data[DHCP_PACKET_MAX];
};

/* An option's value, valid until the next call of any function here; len 0 when the message has no
 * such option, then data[0] is 0, too. Pieces of a split option are joined in their order: those in
 * the field `options`, then in `file` and `sname` where option 52 says so (RFC 3396). An option
 * that runs over the end of its field, and what follows it there, do not count. DHCP_INNER() looks
 * into `outer` as a whole, and when that has no `inner`, into each piece by itself: some servers
 * end every piece with option 255. */
const struct dhcp_value *dhcp_option(const struct dhcp_packet *packet, unsigned tag);

/* First address of an option, 0 when there is none. */
uint32_t dhcp_option_address(const struct dhcp_packet *packet, unsigned tag);

/* Copy an option as a string; "" when there is none, or one of more than `max` bytes. */
void dhcp_option_string(const struct dhcp_packet *packet, unsigned tag, char *to, size_t max);

/* DHCPOFFER …, DHCP_BOOTP when it is no DHCP message. */
uint8_t dhcp_type(const struct dhcp_packet *packet);

/* Option 60 says that the server speaks PXE, or that it names files for UEFI's HTTP boot. */
bool dhcp_is_pxe(const struct dhcp_packet *packet);

/* Server identifier, or siaddr where there is none. */
uint32_t dhcp_server(const struct dhcp_packet *packet);

/* True when the field `file` holds options. */
bool dhcp_file_is_options(const struct dhcp_packet *packet);

/* True when the message names a boot file. */
bool dhcp_names_file(const struct dhcp_packet *packet);

#endif
