/* SPDX-License-Identifier: BSD-2-Clause */
/* What a file says, field by field, so that two files can be compared. */
#ifndef ROMTOOL_FIELDS_H
#define ROMTOOL_FIELDS_H

#include "listing.h"

enum { FIELDS_MOST = 80, STRETCHES_MOST = 4, SETTINGS_MOST = 32 };

/* One thing that is said, and the bytes of the section that say it. */
struct field {
    char name[48], text[1100]; /* longer texts are cut: none of ours is */
    size_t offset, length;     /* no bytes: it follows from others */
};

/* Bytes that are compared one by one, as far as no field tells of them. */
struct stretch {
    const char *name;
    size_t offset, length;
};

/* One image, or what is true of the file as a whole. Offsets count from the start of `bytes`. */
struct section {
    size_t base; /* file offset of `bytes` */
    struct span bytes;
    struct field fields[FIELDS_MOST];
    size_t field_count;
    struct stretch stretches[STRETCHES_MOST];
    size_t stretch_count;
};

/* The file as a whole, and what is in no image. */
void fields_of_file(const struct listing *listing, struct section *section);

/* How many images a file has: those of a PCI ROM file, or ours of another medium. */
size_t fields_image_count(const struct listing *listing);

/* Image `number` of the file. */
void fields_of_image(const struct listing *listing, size_t number, struct section *section);

#endif
