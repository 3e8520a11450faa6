/* SPDX-License-Identifier: BSD-2-Clause */
/* Network bootstrap programs (PXE 2.1 section 2.6): flat real-mode code at 0000:7C00, served by our
 * PXE services. The format has no magic, so this type is tried last and only turns away what cannot
 * be code. */
#include "image/image.h"
#include "lib/features.h"

enum { LOOK = 16 };

/* The first two bytes of files that are never code for us: EFI programs ("MZ"), gzip, xz, and text
 * with a byte order mark. */
static const uint16_t foreign[] = {0x5a4d, 0x8b1f, 0x37fd, 0xbbef};

static bool nbp_recognise(const uint8_t *data, size_t length)
{
    unsigned text = 0;

    if (length < LOOK || !data[0] || data[0] == 0xff)
        return false;
    for (unsigned i = 0; i < sizeof(foreign) / sizeof(*foreign); i++)
        if (*(const uint16_t *)data == foreign[i])
            return false;
    for (unsigned i = 0; i < LOOK; i++)
        text += (data[i] >= ' ' && data[i] < 0x7f) || (data[i] >= '\t' && data[i] <= '\r');
    return text < LOOK;
}

static int nbp_check(const struct boot_file *file, const struct memory_map *map, struct plan *plan)
{
    uint32_t taken = PXE_PROGRAM + file->services, end = memory_map_end(map, PXE_PROGRAM);
    uint32_t room = end < taken ? 0 : end - taken;
    uint32_t length = (uint32_t)file->length;

    plan_start(plan, file, map);
    plan->entry.kind = ENTRY_PXE;
    if (length > room)
        plan_fail(plan, E_TOO_BIG, "%u bytes, base memory has room for %u", length, room);
    plan->part.what = "program";
    plan->part.to = (struct memory_block){PXE_PROGRAM, length};
    plan_file(plan, 0, length);
    plan_add(plan);
    return plan->error; /* a single part has no order */
}

const struct image_type nbp_image = {"NBP", nbp_recognise, nbp_check, .keeps_card = true};

FEATURE(NBP);
