/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of images to pack, rendered by the factory: one line per image, fields separated by
 * tabs: medium, path below the output folder, vendor, devices (comma-separated, or "-"), budget in
 * bytes, product name, firmware version, and then a field for each setting: key=value. A line that
 * starts with # is a comment. */
#ifndef ROMTOOL_IMAGELIST_H
#define ROMTOOL_IMAGELIST_H

#include "identity.h"

struct image_entry {
    int line; /* in the list, from 1 */
    const struct medium *medium;
    const char *path; /* relative, without "..", as all texts in the list's own memory */
    uint16_t vendor;
    uint16_t *devices;
    size_t device_count;
    size_t budget;
    const char *product, *version;
    char *settings; /* as in an identity block */
};

struct image_list {
    char *text;
    struct image_entry *entries;
    size_t count;
};

/* Reads and checks the whole list. Returns an exit status, after a message when it isn't 0; in
 * either case the list can be freed. */
int image_list_read(const char *path, struct image_list *list);
void image_list_free(struct image_list *list);

/* Reads four hexadecimal digits; returns the place after them, NULL when the text has others. */
const char *parse_hex4(const char *text, uint16_t *value);

#endif
