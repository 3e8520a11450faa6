/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot over the opened network card: DHCP, TFTP, the boot file. */
#ifndef LOADER_BOOT_H
#define LOADER_BOOT_H

#include "image/image.h"
#include "lib/identity.h"
#include "net/dhcp.h"
#include "pxe/api.h"

/* What a PXE stack loaded us as, so that we do not load ourselves again; file "" when it did not
 * say. */
struct first_stage {
    const struct identity *self; /* NULL: it was no PXE stack */
    uint32_t server;             /* network byte order */
    char file[DHCP_NAME_MAX + 1];
    struct dhcp_packet ack, reply; /* what configured it; reply names the file */
};

/* All that a boot knows, over all cards. */
struct boot {
    struct pxe_loader loader; /* first: the way back from the PXE services */
    struct dhcp_lease lease;
    struct memory_map ram;    /* as the BIOS has it, but for page 0 */
    struct memory_map memory; /* RAM free for boot files */
    struct memory_map left;   /* less the files fetched so far */
    struct first_stage first_stage;
    char typed[DHCP_NAME_MAX + 1]; /* boot file that was typed, or set, for every card; "" = none */
};

/* Print "step: error"; returns the error. */
int failed(const char *step, int error);

/* Boot over the opened card. Returns only when that failed, with the reason, after saying it on the
 * console. */
int boot_from_network(struct boot *boot);

#endif
