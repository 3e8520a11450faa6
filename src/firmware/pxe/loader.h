/* The UNDI loader of a .rom (PXE 2.1 section 3.1): our services for a program that was not loaded
 * over them, without a boot of ours. */
#ifndef PXE_LOADER_H
#define PXE_LOADER_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/bios/boot_info.h"

/* Where the memory of its caller ends when the prefix was entered by the loader's entry, else 0. */
uint32_t undi_loader_top(const struct boot_info *info);

/* Find the card the caller names and offer the services, with UNDI not started yet; PXENV_EXIT_*.
 */
int undi_load(const struct boot_info *info);

#endif
