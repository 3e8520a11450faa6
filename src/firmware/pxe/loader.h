/* SPDX-License-Identifier: BSD-2-Clause */
/* The UNDI loader of a .rom (PXE 2.1 section 3.1): a program that we have not booted asks for our
 * services. */
#ifndef PXE_LOADER_H
#define PXE_LOADER_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/bios/boot_info.h"

/* End of the memory that its caller set aside; 0 when the prefix was not entered as the UNDI
 * loader. */
uint32_t undi_loader_top(const struct boot_info *info);

/* Find the card that the caller names, and offer the services with UNDI not started yet. Returns
 * PXENV_EXIT_*. */
int undi_load(const struct boot_info *info);

#endif
