/* What follows from the messages that a lease was made by. */
#include "core/errors.h"
#include "net/byteorder.h"
#include "net/dhcp.h"
#include "net/dhcp_options.h"
#include "net/net.h"

/* RFC 791 section 3.2, for servers that give no mask. */
static uint32_t class_mask(uint32_t ip)
{
    uint8_t first = (uint8_t)ip;

    return be32(first < 128 ? 0xff000000 : first < 192 ? 0xffff0000 : 0xffffff00);
}

void dhcp_bind(struct dhcp_lease *lease)
{
    const struct dhcp_packet *ack = &lease->ack;

    lease->ip = dhcp_message(ack)->yiaddr;
    lease->mask = dhcp_option_address(ack, OPTION_MASK);
    if (!lease->mask)
        lease->mask = class_mask(lease->ip);
    lease->gateway = dhcp_option_address(ack, OPTION_ROUTER);
    lease->dns = dhcp_option_address(ack, OPTION_DNS);
    lease->server_id = dhcp_server(ack);
    dhcp_option_string(ack, OPTION_HOSTNAME, lease->hostname);
    dhcp_option_string(ack, OPTION_ROOT_PATH, lease->root_path);
    dhcp_option_string(ack, OPTION_KERNEL_ARGS, lease->kernel_args);
    for (const char *p = lease->kernel_args; *p; p++)
        if (*p < ' ' || *p > '~')
            lease->kernel_args[0] = '\0';
    net.ip = lease->ip;
    net.mask = lease->mask;
    net.gateway = lease->gateway;
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
