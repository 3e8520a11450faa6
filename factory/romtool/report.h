/* SPDX-License-Identifier: BSD-2-Clause */
/* The JSON report of a pack run: its payload and every image written. */
#ifndef ROMTOOL_REPORT_H
#define ROMTOOL_REPORT_H

#include "imagelist.h"
#include "payload.h"

struct report_entry {
    const struct image_entry *image; /* in the image list, which must outlive the report */
    size_t size;                     /* of the file */
    size_t headroom;                 /* what its budget has left */
    size_t payload;                  /* offset */
};

struct report {
    struct report_entry *entries;
    size_t count;
};

/* Notes an image that was written. */
void report_image(struct report *report, struct report_entry entry);

/* Writes the report; `packed` is the packed payload. Returns an exit status. */
int report_write(const struct report *report, const char *path, const struct payload *payload,
                 struct span packed, uint32_t packed_crc);

void report_free(struct report *report);

#endif
