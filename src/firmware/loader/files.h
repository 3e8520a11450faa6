/* SPDX-License-Identifier: BSD-2-Clause */
/* The files that a boot has fetched: programs, initrds and modules, scripts. Each lies in memory of
 * its own, which boot files may be placed over once everything is checked. */
#ifndef LOADER_FILES_H
#define LOADER_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "net/dhcp.h"
#include "net/uri.h"

enum { FILES_MAX = 32, FILE_NAME_MAX = 63 };

struct boot;
struct file {
    uint8_t *data; /* NULL = this place is free */
    uint32_t length;
    struct uri uri;                      /* where it came from, behind redirections */
    char name[FILE_NAME_MAX + 1];        /* for commands: the last part of its path, or given */
    char arguments[DHCP_PACKET_MAX + 1]; /* command line, "" = none */
    bool is_program;                     /* what `boot` boots, or a script: no initrd or module */
    bool wants_initrds; /* those that `initrd=` in its arguments names are fetched, if it is a
                           kernel */
};

/* Fetch a file, with its progress and errors on the console. `name` NULL: from the path. Returns 0
 * with *file, or why not. */
int file_fetch(struct boot *boot, const struct uri *uri, const char *name, struct file **file);

/* The same, but the error is the caller's to say, on the line that names the file. */
int file_try(struct boot *boot, const struct uri *uri, const char *name, struct file **file);

/* Fetch the files that words `initrd=a,b` of a kernel's command line name, relative to `base`. */
int file_initrds(struct boot *boot, const struct uri *base, const char *arguments);

/* By its name; NULL when there is none. */
struct file *file_find(struct boot *boot, const char *name);

/* The n-th, in the order they were fetched; NULL behind the last. */
struct file *file_at(struct boot *boot, unsigned n);

/* Forget a file, NULL = all; its memory is free again. */
void file_free(struct boot *boot, struct file *file);

/* Largest piece of memory below 4 GiB that neither firmware nor files take. Returns 0 or
 * E_NO_MEMORY. */
int file_room(struct boot *boot, uint8_t **start, uint32_t *length);

/* The file's bytes, which are somewhere in that piece, are moved to its end: boot files are placed
 * at the bottom. */
void file_settle(struct file *file, uint8_t *start, uint32_t length);

/* Boot a file, or run it when it is a script, with all the others that are no programs as its
 * initrds or modules in their order. A compressed one is unpacked before. Returns 0 when a script
 * came to its end; else why it failed or ended, after saying it on the console. E_RETURNED: it was
 * a boot file that ran and came back. It is no longer in the list then, nor is what its parts were
 * placed over. The card may be closed. */
int file_run(struct boot *boot, struct file *file);

#endif
