/* SPDX-License-Identifier: BSD-2-Clause */
/* What differs between two files, field by field. */
#ifndef ROMTOOL_DIFF_H
#define ROMTOOL_DIFF_H

#include "json.h"
#include "listing.h"

struct diff {
    FILE *out;
    struct json *json; /* where differences go, an array being open; NULL: as text to `out` */
    size_t count;      /* of the differences found */
};

/* Reports and counts what differs. None is found only when the files are the same byte for byte. */
void diff_files(struct diff *diff, const struct listing *a, const struct listing *b);

#endif
