/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory as the BIOS reports it. */
#ifndef PLATFORM_BIOS_MEMORY_H
#define PLATFORM_BIOS_MEMORY_H

#include "image/image.h"

/* Read usable RAM (INT 15h E820, else E801, else 88h) into *map: ascending, disjoint, page 0 left
 * out. */
void memory_read(struct memory_map *map);

/* Take start..end out of the map. */
void memory_reserve(struct memory_map *map, uint64_t start, uint64_t end);

#endif
