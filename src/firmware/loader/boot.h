/* Boot over the opened network card: DHCP, TFTP, the boot file. */
#ifndef LOADER_BOOT_H
#define LOADER_BOOT_H

#include "lib/identity.h"
#include "image/image.h"
#include "net/dhcp.h"
#include "net/uri.h"

/* What a PXE stack loaded us as, so that we do not load ourselves again; file "" when it did not
 * say. */
struct first_stage {
    const struct identity *self; /* NULL: it was no PXE stack */
    uint32_t server;             /* network byte order */
    char file[DHCP_NAME_MAX + 1];
    struct dhcp_packet ack, reply; /* what configured it; reply names the file */
};
extern struct first_stage first_stage;

extern struct memory_map all_memory; /* RAM free for boot files */

/* Returns only when that failed, with the reason, after saying it on the console. */
int boot_from_network(void);

/* Fetch and boot another file, in place of the program that asks for it; its memory above 1 MiB is
 * free for that. The URI's path has at most 255 bytes: the file's name and, behind a space, the
 * command line for a kernel. Returns only when that failed, while the program is whole. */
int boot_another(const struct uri *uri);

/* Let the BIOS try the next boot device. */
_Noreturn void leave_to_next_device(void);

#endif
