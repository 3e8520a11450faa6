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
    uint32_t ip, mask, gateway, dns,
        server_id; /* network byte order; 0 = not given (mask: then that of the address class) */
    uint32_t boot_server;              /* where the boot file is, see dhcp_boot_target() */
    char boot_file[DHCP_NAME_MAX + 1]; /* "" = none */
    char hostname[DHCP_NAME_MAX + 1];
    char root_path[DHCP_NAME_MAX + 1];
    char kernel_args[DHCP_NAME_MAX +
                     1]; /* option 129, which we ask for; only when it is printable text */
    struct dhcp_packet discover, ack,
        proxy; /* proxy: the offer or reply that named the boot file, if it wasn't the ack */
    const struct dhcp_packet *menu; /* ack or proxy, when the user has to choose from its boot menu
                                       before there is a boot file; NULL = no need to */
};

/* What the client says of itself. */
struct dhcp_identity {
    uint16_t vendor, device; /* PCI IDs, 0 when unknown */
    uint8_t uuid[16];        /* SMBIOS system UUID */
    bool have_uuid;
    bool second_stage; /* loaded by a PXE stack: the user class says so, and a server can tell us
                          apart from a ROM */
};

/* Configure `net` and fill *lease: DISCOVER, OFFER, REQUEST, ACK with retransmission (first
 * DISCOVER at once, then after about 1, 2, 4, 8 s, randomised as RFC 2131 4.1 asks; about 31 s in
 * all). An offer that names a boot file or has a boot menu is acted on at once; if none does, one
 * bounded wait for a proxyDHCP offer. A plain BOOTP reply is taken as offer and ack in one. Returns
 * 0, E_NO_DHCP, E_DHCP_NAK, E_NO_BOOT_FILE, E_CANCELLED or what the link returned. With
 * E_NO_BOOT_FILE the lease is filled and net configured. */
int dhcp_configure(const struct dhcp_identity *me, struct dhcp_lease *lease);

/* Fill *lease and configure `net` by what lease->ack says, apart from the boot file. */
void dhcp_bind(struct dhcp_lease *lease);

/* Configure by messages that a PXE stack got before us, where no server answers any more. Returns 0
 * or E_NO_BOOT_FILE. */
int dhcp_adopt(const struct dhcp_packet *ack, const struct dhcp_packet *reply,
               struct dhcp_lease *lease);

/* After dhcp_configure(), with *me still there, when there is a lease->menu: find a boot server for
 * an item of it whose type is not PXE_LOCAL_BOOT (net/pxe_menu.h), by the rules of that message:
 * multicast, broadcast and the servers listed, three times in about 4 s; up to 14 s more when some
 * of those do not answer ARP. Fills boot_server, boot_file and proxy; what lease->menu points to
 * may have changed then. Returns 0, E_TIMEOUT or E_CANCELLED. */
struct pxe_record;
int dhcp_find_boot_server(struct dhcp_lease *lease, const struct pxe_record *item);

/* Server and file that a message names. File (DHCP_NAME_MAX + 1 bytes, "" = none): BOOTP field
 * `file` unless option 52 puts options there, else option 67. Server (0 = none): option 66 if it is
 * a dotted address, siaddr, option 150, `sname` if it is a dotted address, option 54. */
void dhcp_boot_target(const struct dhcp_packet *packet, uint32_t *server, char *file);

#endif
