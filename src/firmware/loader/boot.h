/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot over the opened network card: DHCP, TFTP, the boot file. */
#ifndef LOADER_BOOT_H
#define LOADER_BOOT_H

#include "image/image.h"
#include "lib/identity.h"
#include "loader/files.h"
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
    struct memory_map memory; /* RAM free for boot files and what is fetched */
    struct first_stage first_stage;
    char typed[DHCP_NAME_MAX + 1]; /* boot file that was typed, or set, for every card; "" = none */
    struct file file[FILES_MAX];
    bool left; /* a boot file has run: the memory of what started us is no longer whole */
};

/* A file to boot, as DHCP, the prompt, settings, menus and programs ask for it. */
struct boot_request {
    struct uri uri;
    char *suffix;          /* of its name, which begins with a '.' that is missing: where there is
                              no such file, try it with that; NULL = none */
    const char *arguments; /* kernel command line, "" = none */
};

/* Print "step: error"; returns the error. */
int failed(const char *step, int error);

/* Fetch the file that is asked for, and when it is a kernel those that words `initrd=a,b` of its
 * arguments name, relative to where it came from; then run it (file_run()). For scripts, which
 * fetch all files themselves, file_fetch() and file_run() do without `initrd=`. Returns 0 when a
 * script came to its end; else why that failed, after saying it on the console. What was fetched is
 * forgotten then. */
int boot_request(struct boot *boot, struct boot_request *request);

/* dhcp_configure() as this machine; `knows_file`: the boot goes on without a boot file as well. */
int boot_dhcp(struct boot *boot, bool knows_file);

/* Configure the network by DHCP, and find out what to boot, from the PXE server's menu too:
 * boot->lease then has it as it was named. Returns 0, or why not, after saying it on the console.
 */
int boot_configure(struct boot *boot);

/* What the lease names. Says it on the console, without a password. Returns as uri_parse(). */
int boot_lease_uri(const struct boot *boot, struct uri *uri);

/* Boot the file that the lease names. Returns as boot_request(). */
int boot_leased(struct boot *boot);

/* Boot over the opened card. Returns when that failed or ended: the reason, after saying it on the
 * console; E_CANCELLED for the next boot device. */
int boot_from_network(struct boot *boot);

#endif
