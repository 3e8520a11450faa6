/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks of images. Each finding is one line:
 * FILE: error|warning: offset 0x...: what; hint */
#ifndef ROMTOOL_LINT_H
#define ROMTOOL_LINT_H

#include <stdio.h>

#include "identity.h"
#include "rom.h"

struct lint {
    FILE *out;
    const char *file;
    size_t base; /* of the image being checked, in the file: findings name file offsets */
    unsigned errors, warnings;
    /* The last payload that unpacked well: all images of a family have the same. */
    struct buffer proven;
    uint32_t proven_unpacked, proven_base;
};

enum severity { LINT_ERROR, LINT_WARNING };

/* Frees what a run of checks kept. */
void lint_end(struct lint *lint);

/* Prints and counts a finding at an offset of the image being checked. */
void finding(struct lint *lint, enum severity severity, size_t offset, const char *hint,
             const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The same for a problem that a reader reported. */
void finding_problem(struct lint *lint, enum severity severity, const struct problem *problem);

/* True when all bytes are 00, or all are FF; or when there is none. */
bool is_padding(struct span bytes);

/* Checks a whole file: a PCI ROM file, ours or a stranger's, or one of our other media. */
void lint_file(struct lint *lint, struct span file);

/* Checks one image of a PCI ROM file (lint_rom.c). */
void lint_rom_image(struct lint *lint, const struct rom_image *image);

/* Checks the PnP expansion headers of an x86 image (lint_pnp.c). `identity` is NULL for a
 * stranger's image; otherwise the headers have to agree with it. */
void lint_pnp(struct lint *lint, const struct rom_image *image, const struct identity *identity);

/* Checks our identity block and payload (lint_identity.c). */
void lint_identity(struct lint *lint, struct span image, const struct identity *identity);

#endif
