/* SPDX-License-Identifier: BSD-2-Clause */
/* DHCP client (RFC 2131, 2132; PXE 2.1 section 2). */
#ifndef NET_DHCP_H
#define NET_DHCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DHCP_NAME_MAX = 400, /* so that a TFTP request with options keeps to 512 bytes (RFC 2347) */
    DHCP_PACKET_MAX = 1472,
};

/* A BOOTP/DHCP message as it was sent or received: from `op` on, without UDP header. */
struct dhcp_packet {
    size_t len; /* 0 = none */
    uint8_t data[DHCP_PACKET_MAX];
};

/* Address, mask and routes are in `net`. */
struct dhcp_lease {
    uint32_t server_id;                    /* network byte order, like boot_server */
    uint32_t boot_server;                  /* where the boot file is, see dhcp_boot_target() */
    char boot_file[DHCP_NAME_MAX + 1];     /* "" = none */
    char kernel_args[DHCP_PACKET_MAX + 1]; /* option 129, when it is printable text */
    struct dhcp_packet discover, ack,
        proxy; /* proxy: the offer or reply that named the boot file, if it wasn't the ack */
    const struct dhcp_packet *menu; /* ack or proxy, when the user has to choose from its boot menu
                                       before there is a boot file; NULL = no need to */
};

/* What the client says of itself. */
struct dhcp_identity {
    bool have_uuid;
    uint8_t uuid_type, uuid[16]; /* SMBIOS system UUID, as option 97 has it: of type 0 */
    bool second_stage; /* loaded by a PXE stack: the user class says so, and a server can tell us
                          apart from a ROM */
    bool knows_file;   /* the user has named the boot file */
};

/* Configure `net` and fill *lease: DISCOVER, OFFER, REQUEST, ACK with retransmission (first
 * DISCOVER at once, then after about 1, 2, 4 and each further 8 s, randomised as RFC 2131 4.1 asks;
 * about 63 s in all). An offer that names a boot file or has a boot menu is acted on at once; if
 * none does, others are waited for: proxies and DHCP servers, 10 s from the first offer on (2 s
 * from a PXE server's, which can be asked on port 4011, or where me->knows_file; not at all where
 * its server is set, too). The setting `timeout` ends the DISCOVERs earlier or later. A plain BOOTP
 * reply is taken as offer and ack in one. Only the server that was chosen can acknowledge or
 * refuse. Returns 0, E_NO_DHCP, E_DHCP_NAK, E_NO_BOOT_FILE, E_CANCELLED or what the link returned.
 * With E_NO_BOOT_FILE the lease is filled and net configured. */
int dhcp_configure(const struct dhcp_identity *me, struct dhcp_lease *lease);

/* Fill *lease and configure `net` by what lease->ack says, apart from the boot file. */
void dhcp_bind(struct dhcp_lease *lease);

/* Configure by messages that a PXE stack got before us, where no server answers any more. Returns 0
 * or E_NO_BOOT_FILE. */
int dhcp_adopt(const struct dhcp_packet *ack, const struct dhcp_packet *reply,
               struct dhcp_lease *lease);

/* After dhcp_configure(), with *me still there, when there is a lease->menu: find a boot server of
 * a type that is not PXE_LOCAL_BOOT (net/pxe_menu.h), by the rules of that message: multicast,
 * broadcast and the servers listed, four times in about 8 s; up to 14 s more when some of those do
 * not answer ARP. Nobody else's answer counts. Fills boot_server, boot_file and proxy; what
 * lease->menu points to may have changed then. Returns 0, E_TIMEOUT or E_CANCELLED; at once
 * E_REFUSED or E_NO_ROUTE when the only host that may answer cannot be reached. */
int dhcp_find_boot_server(struct dhcp_lease *lease, uint16_t type);

/* Server and file that a message names. File (DHCP_NAME_MAX + 1 bytes, "" = none): BOOTP field
 * `file` unless option 52 puts options there, else option 67. Server: option 66 if it is a dotted
 * address; siaddr; option 150; `sname` if it is a dotted address; option 54. But 0 when option 66
 * holds a name and there is neither siaddr nor option 150, since that may be another host. */
void dhcp_boot_target(const struct dhcp_packet *packet, uint32_t *server, char *file);

#endif
