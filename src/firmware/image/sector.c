/* SPDX-License-Identifier: BSD-2-Clause */
/* A boot sector, entered as the BIOS enters that of its first disk. A file of that length that ends
 * in the signature is no NBP: those have no use for it. */
#include "image/image.h"

enum { SECTOR = 512, SIGNATURE = 0xaa55, LOADED_AT = 0x7c00 };

static bool sector_recognise(const uint8_t *data, size_t length)
{
    return length == SECTOR && ((const uint16_t *)data)[SECTOR / 2 - 1] == SIGNATURE;
}

static int sector_check(const struct boot_file *file, const struct memory_map *map,
                        struct plan *plan)
{
    plan_start(plan, file, map);
    plan->entry.code.offset = plan->entry.stack.offset = LOADED_AT;
    plan->part.what = "sector";
    plan->part.to = (struct memory_block){LOADED_AT, SECTOR};
    plan_file(plan, 0, SECTOR);
    plan_add(plan);
    return plan->error; /* a single part has no order */
}

const struct image_type sector_image = {"Boot sector", sector_recognise, sector_check,
                                        .takes_initrd = false};
