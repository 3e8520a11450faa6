/* SPDX-License-Identifier: BSD-2-Clause */
/* What this image was built as. */
#ifndef PLATFORM_TARGET_H
#define PLATFORM_TARGET_H

#include <stdint.h>

#include "net_driver.h"

/* Driver for a card, by the image's identity block and, where that says "any card", by the target's
 * own table. NULL when none. */
struct identity;
const struct net_driver *target_driver(const struct identity *id, uint16_t vendor, uint16_t device);

#endif
