/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot-file formats, in the order in which they are tried. A profile may leave the file of one
 * out, which then is NULL here. */
#include "image/image.h"

#define TYPE(name) extern const struct image_type name __attribute__((weak))
TYPE(nbi_image);
TYPE(linux_image);
TYPE(multiboot_image);
TYPE(multiboot2_image);
TYPE(elf_image);
TYPE(sector_image);
TYPE(nbp_image);

/* The last one takes what no other does. */
const struct image_type *const image_types[IMAGE_TYPES] = {
    &nbi_image, &linux_image,  &multiboot_image, &multiboot2_image,
    &elf_image, &sector_image, &nbp_image};
