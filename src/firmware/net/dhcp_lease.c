/* SPDX-License-Identifier: BSD-2-Clause */
/* What follows from the messages that a lease was made by. */
#include "lib/byteorder.h"
#include "lib/errors.h"
#include "lib/string.h"
#include "net/dhcp.h"
#include "net/dhcp_options.h"
#include "net/net.h"

_Static_assert((int)ROUTES_MAX >= DHCP_PACKET_MAX, "an option may be as long as its message");

/* Not every image looks up names. */
__attribute__((weak)) void dns_configure(const struct dhcp_packet *ack);

/* RFC 791 section 3.2, for servers that give no mask. */
static uint32_t class_mask(uint32_t ip)
{
    uint8_t first = (uint8_t)ip;

    return be32(first < 128 ? 0xff000000 : first < 192 ? 0xffff0000 : 0xffffff00);
}

void dhcp_bind(struct dhcp_lease *lease)
{
    const struct dhcp_packet *ack = &lease->ack;
    const struct dhcp_value *option;

    net.ip = dhcp_message(ack)->yiaddr;
    net.mask = dhcp_option_address(ack, OPTION_MASK);
    if (!net.mask)
        net.mask = class_mask(net.ip);
    net.gateway = dhcp_option_address(ack, OPTION_ROUTER);
    option = dhcp_option(ack, OPTION_ROUTES);
    net.routes_len = option->len;
    memcpy(net.routes, option->data, sizeof(net.routes));
    if (dns_configure)
        dns_configure(ack);
    lease->server_id = dhcp_server(ack);
    dhcp_option_string(ack, OPTION_KERNEL_ARGS, lease->kernel_args, DHCP_PACKET_MAX);
    for (const char *p = lease->kernel_args; *p; p++)
        if (*p < ' ' || *p > '~')
            lease->kernel_args[0] = '\0';
}

int dhcp_adopt(const struct dhcp_packet *ack, const struct dhcp_packet *reply,
               struct dhcp_lease *lease)
{
    lease->ack = *ack;
    lease->proxy = *reply;
    dhcp_bind(lease);
    if (!reply->len)
        return E_NO_BOOT_FILE;
    dhcp_boot_target(reply, &lease->boot_server, lease->boot_file);
    return lease->boot_file[0] ? 0 : E_NO_BOOT_FILE;
}
