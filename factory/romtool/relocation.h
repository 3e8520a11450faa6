/* SPDX-License-Identifier: BSD-2-Clause */
/* How the firmware finds the words of its image that hold addresses (docs/formats.md): there is no
 * table of them; they are written for a base at which no other bytes of the image look like one. */
#ifndef ROMTOOL_RELOCATION_H
#define ROMTOOL_RELOCATION_H

#include "bytes.h"
#include "message.h"

/* Where the firmware is linked: an address is LINK_BASE + its distance into the image. */
enum { LINK_BASE = 0x101000 };

/* Writes the words at `count` image offsets (which it sorts) for the base that it finds, and gives
 * that. `reach`: length of the image in memory, the largest distance. */
bool relocation_tag(uint32_t *offsets, size_t count, uint32_t reach, struct buffer *payload,
                    uint32_t *base, struct problem *problem);

/* Checks that `base` can be one, and that the payload holds an address. */
bool relocation_check(struct span payload, uint32_t base, struct problem *problem);

#endif
