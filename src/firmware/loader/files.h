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
    bool is_program;                     /* what `boot` boots; no initrd or module */
};

/* Fetch a file, with its progress and errors on the console. `name` NULL: from the path. Returns 0
 * with *file, or why not. */
int file_fetch(struct boot *boot, const struct uri *uri, const char *name, struct file **file);

/* By its name; NULL when there is none. */
struct file *file_find(struct boot *boot, const char *name);

/* The n-th, in the order they were fetched; NULL behind the last. */
struct file *file_at(struct boot *boot, unsigned n);

/* Forget a file, NULL = all; its memory is free again. */
void file_free(struct boot *boot, struct file *file);

/* Boot a file, or run it when it is a script, with all the others that are no programs as its
 * initrds or modules in their order. Returns only when that failed or ended, with the reason, after
 * saying it on the console. */
int file_run(struct boot *boot, struct file *file);

#endif
