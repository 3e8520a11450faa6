/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot-file formats, in the order in which they are tried. */
#include "image/image.h"

const struct image_type *const image_types[] = {&nbi_image, &linux_image, &nbp_image, NULL};
