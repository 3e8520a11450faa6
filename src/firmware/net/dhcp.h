/* DHCP client (RFC 2131, 2132; PXE 2.1 section 2). */
#ifndef NET_DHCP_H
#define NET_DHCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DHCP_NAME_MAX = 255, DHCP_PACKET_MAX = 1472 };

/* A BOOTP/DHCP message as it was sent or received: from `op` on, without UDP header. */
struct dhcp_packet {
    size_t len; /* 0 = none */
    uint8_t data[DHCP_PACKET_MAX];
};

struct dhcp_lease {
    uint32_t ip, mask, gateway, dns, server_id; /* network byte order; 0 = not given */
    uint32_t boot_server;                       /* where the boot file is: option 66 as an address, siaddr, option 150/54 fallbacks */
    char boot_file[DHCP_NAME_MAX + 1];          /* "" = none */
    char hostname[DHCP_NAME_MAX + 1];
    char root_path[DHCP_NAME_MAX + 1];
    char kernel_args[DHCP_NAME_MAX + 1];        /* option 129, when option 128 or our own request makes it one */
    struct dhcp_packet discover, ack, proxy;    /* proxy: the offer or reply that named the boot file, if it wasn't the ack */
};

/* What the client says of itself. */
struct dhcp_identity {
    uint16_t vendor, device; /* PCI IDs, 0 when unknown */
    uint8_t uuid[16];        /* SMBIOS system UUID */
    bool have_uuid;
};

/* Configure `net` and fill *lease: DISCOVER, OFFER, REQUEST, ACK with retransmission (first DISCOVER at once, then after about 1, 2, 4, 8 s,
 * randomised as RFC 2131 4.1 asks). An offer that names a boot file is acted on at once; if none does, one bounded wait for a proxyDHCP offer.
 * Returns 0, E_NO_DHCP, E_DHCP_NAK, E_NO_BOOT_FILE, E_CANCELLED or what the link returned. With E_NO_BOOT_FILE the lease is filled and net configured. */
int dhcp_configure(const struct dhcp_identity *me, struct dhcp_lease *lease);

#endif
