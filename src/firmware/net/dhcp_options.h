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
    OPTION_HOSTNAME = 12,
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
    OPTION_KERNEL_ARGS = 129,
    OPTION_TFTP_ADDRESS = 150,
    OPTION_END = 255,
};
/* Tag of an option inside another one. */
#define DHCP_INNER(outer, inner) ((outer) | (inner) << 8)

static inline const struct dhcp_message *dhcp_message(const struct dhcp_packet *packet)
{
    return (const struct dhcp_message *)packet->data;
}

/* The option's length byte, its value right behind it; NULL when the message has no such option.
 * Looks into `file` and `sname` where option 52 says so. An option that runs over the end of its
 * field, and what follows it, do not count. For DHCP_INNER() the first `outer` counts that has an
 * `inner`: servers split what does not fit in one. */
const uint8_t *dhcp_option(const struct dhcp_packet *packet, unsigned tag);

/* First address of an option, 0 when there is none. */
uint32_t dhcp_option_address(const struct dhcp_packet *packet, unsigned tag);

/* Copy an option as a string of at most DHCP_NAME_MAX characters; "" when there is none. */
void dhcp_option_string(const struct dhcp_packet *packet, unsigned tag, char *to);

/* DHCPOFFER …, DHCP_BOOTP when it is no DHCP message. */
uint8_t dhcp_type(const struct dhcp_packet *packet);

/* Option 60 says that the server speaks PXE. */
bool dhcp_is_pxe(const struct dhcp_packet *packet);

/* Server identifier, or siaddr where there is none. */
uint32_t dhcp_server(const struct dhcp_packet *packet);

/* True when the field `file` holds options. */
bool dhcp_file_is_options(const struct dhcp_packet *packet);

/* True when the message names a boot file. */
bool dhcp_names_file(const struct dhcp_packet *packet);

#endif
