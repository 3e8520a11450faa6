/* The relocation table that follows the loadable bytes in an unpacked payload (docs/formats.md). */
#ifndef ROMTOOL_RELOCATION_H
#define ROMTOOL_RELOCATION_H

#include "bytes.h"
#include "message.h"

/* Where the firmware is linked; a relocated word holds LINK_BASE + its distance into the image. */
enum { LINK_BASE = 0x100000 };

/* Appends the table for `count` image offsets to `payload`; sorts the offsets. */
bool relocation_encode(uint32_t *offsets, size_t count, struct buffer *payload,
                       struct problem *problem);

/* Checks the table at `table` of an unpacked payload: order, end, and that every word it names
 * lies in the loadable bytes and holds an address of the image. *count gets the number of words. */
bool relocation_check(struct span payload, size_t table, size_t *count, struct problem *problem);

#endif
