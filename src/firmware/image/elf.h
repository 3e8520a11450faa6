/* SPDX-License-Identifier: BSD-2-Clause */
/* Program headers of ELF files (System V ABI, chapters 4 and 5), of 32 and of 64 bits. */
#ifndef IMAGE_ELF_H
#define IMAGE_ELF_H

#include "image/image.h"

/* Append what is to be loaded, at its physical addresses, and set plan->entry.flat. An entry that
 * is given by its virtual address becomes a physical one. All of a 64-bit file must be below 4 GiB.
 */
void elf_add(struct plan *plan);

#endif
