/* Boot-file formats. Each format is one file with one `struct image_type`, and one line in image/table.c.
 *
 * A type first recognises (by content alone), then checks everything it will touch, then moves and enters. Checking is pure: it reads
 * the file and the memory map and writes only *plan, so it runs on the host under sanitizers. */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/errors.h"

enum { PLAN_COPIES_MAX = 24, MEMORY_RANGES_MAX = 64 };

/* RAM a boot file may use: start..end (end exclusive), ascending, no overlaps. Firmware, BIOS areas and reserved memory are already cut out. */
struct memory_range {
    uint64_t start, end;
};
struct memory_map {
    unsigned count;
    struct memory_range range[MEMORY_RANGES_MAX];
};

/* Everything the boot was configured with. */
struct dhcp_lease;
struct boot_file {
    const uint8_t *data;
    size_t length;
    const char *name;       /* as asked from the server */
    const char *args;       /* kernel command line, "" when none */
    const uint8_t *initrd;  /* NULL when none */
    size_t initrd_length;
    const struct dhcp_lease *lease;
};

/* One move: length bytes from `from` (NULL: zeros), to `to`. Copies may overlap the file and each other's sources; image_place() orders them. */
struct plan_copy {
    uint32_t to;
    uint32_t length;
    const uint8_t *from;
};

struct plan {
    unsigned count;
    struct plan_copy copy[PLAN_COPIES_MAX];
    uint32_t entry;         /* meaning is the type's own: linear, or segment:offset */
    uint32_t detail[4];     /* type's own */
    char problem[96];       /* which segment, which address, which limit; filled on error */
};

struct image_type {
    const char *name;                                     /* "NBI", "bzImage" … */
    bool (*recognise)(const uint8_t *data, size_t length);
    int (*check)(const struct boot_file *file, const struct memory_map *map, struct plan *plan);
    /* Move and enter. Returns only on failure or when the boot file came back (E_RETURNED). Not compiled for the host. */
    int (*boot)(const struct boot_file *file, struct plan *plan);
};

extern const struct image_type *const image_types[]; /* ended by NULL */

/* True when start..start+length lies wholly inside one range of the map. */
bool memory_map_holds(const struct memory_map *map, uint64_t start, uint64_t length);

/* Carry out plan->copy in an order in which no source is overwritten before it is read (via a scratch range if there is no such order,
 * which check() must have made sure of: see plan_order()). */
void image_place(struct plan *plan);

#endif
