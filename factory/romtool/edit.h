/* SPDX-License-Identifier: BSD-2-Clause */
/* Changing finished images: another ID, another place in a file, other settings. */
#ifndef ROMTOOL_EDIT_H
#define ROMTOOL_EDIT_H

#include "identity.h"
#include "rom.h"

/* Offset of a byte of an x86 image that nothing else uses, so that it may hold the checksum: 06h
 * where the entry jump leaves it free (as in ours), else the last byte behind padding. 0 when none
 * is known to be free. `length`: what the checksum covers. */
size_t edit_checksum_byte(const uint8_t *image, size_t length);

/* Makes the x86 image at `image->offset` of the file sum to 0, in that byte. */
bool edit_fix_checksum(uint8_t *file, const struct rom_image *image, struct problem *problem);

/* Appends the image to a file that is being made, marked as its last one or not. An x86 image keeps
 * the sum of its bytes at 0. The caller frees *file, also after an error. */
bool edit_append_image(struct buffer *file, const struct rom_image *image, bool last,
                       struct problem *problem);

struct new_identity {
    uint16_t vendor, device;
    const char *name; /* NULL: keep the product name */
};

/* Gives every image of the file that has the first one's ID the new ID; all other bytes stay.
 * *kept counts the images that have another ID and keep it; *ours tells what the file is. */
bool edit_stamp(struct buffer *file, const struct new_identity *identity, size_t *kept, bool *ours,
                struct problem *problem);

/* Changes settings of every image of ours in the file, as settings_change() does; the payload of
 * each moves with them, and its bytes stay. The file is intact (lint found no error). After an
 * error it may be half changed. */
bool edit_set(struct buffer *file, char *const *changes, size_t count, struct problem *problem);

#endif
