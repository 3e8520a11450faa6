/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of a boot: a checked file is moved to its place and entered. */
#ifndef LOADER_ENTER_H
#define LOADER_ENTER_H

#include "image/image.h"
#include "net/dhcp.h"

/* Carry out what the type's check() planned; the lease becomes the BOOTP record, or what PXE
 * services tell. Returns only when the file came back: E_RETURNED. */
int enter_image(const struct image_type *type, const struct plan *plan,
                const struct dhcp_lease *lease);

#endif
