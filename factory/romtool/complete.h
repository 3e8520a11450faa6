/* Completing a prefix: the image of one ID from prefix, identity and packed payload. */
#ifndef ROMTOOL_COMPLETE_H
#define ROMTOOL_COMPLETE_H

#include "identity.h"

/* Checks a prefix as assembled for a medium, before anything is made from it. */
bool prefix_check(struct span prefix, enum medium medium, struct problem *problem);

/* Makes the image in *image (freed by the caller, also after an error) from a prefix that
 * prefix_check() accepted. The bytes depend on the arguments only. */
bool image_complete(struct span prefix, const struct identity_spec *spec, struct span packed,
                    struct buffer *image, struct problem *problem);

/* Makes the bytes of a .rom sum to 0 with the byte at ROM_CHECKSUM. */
void rom_fix_checksum(uint8_t *image, size_t length);

#endif
