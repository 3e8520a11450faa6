/* SPDX-License-Identifier: BSD-2-Clause */
/* What is in a file, for people and for scripts. */
#ifndef ROMTOOL_LISTING_H
#define ROMTOOL_LISTING_H

#include "identity.h"
#include "json.h"
#include "rom.h"

struct listing {
    const char *path;
    struct span file;
    struct rom_image *images; /* of a PCI ROM file, in order */
    size_t image_count;
    size_t end; /* where the last image ends, or the file */
    bool is_ours;
    size_t base; /* file offset of our image, which the identity counts from */
    struct identity identity;
    bool has_problem; /* the file could not be read to its end */
    struct problem problem;
};

/* Reads as much as there is; never fails. Release with listing_free(). */
void listing_read(const char *path, struct span file, struct listing *listing);
void listing_free(struct listing *listing);

/* "rom", "zpxe", "dsk", or "unknown". */
const char *listing_kind(const struct listing *listing);

void listing_print(const struct listing *listing, FILE *out);        /* list_text.c */
void listing_json(const struct listing *listing, struct json *json); /* list_json.c */

#endif
