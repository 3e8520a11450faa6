/* SPDX-License-Identifier: BSD-2-Clause */
/* What both versions of Multiboot have in their headers. */
#ifndef IMAGE_MULTIBOOT_H
#define IMAGE_MULTIBOOT_H

#include "image/image.h"

/* A header of `words` 32-bit words that start with the magic and sum up to 0, at a multiple of 4
 * in the first `limit` bytes, with some more bytes of file, which the optional fields may need, or
 * an ELF header; NULL when there is none. */
enum { MULTIBOOT_LEAST = 64 };
const uint32_t *multiboot_header(const uint8_t *data, size_t length, uint32_t magic, uint32_t limit,
                                 unsigned words);

/* For files without program headers: the address of the header itself; where loading starts
 * (UINT32_MAX: with the file); where it ends (0: with the file), and memory behind it (0: there).
 */
struct multiboot_addresses {
    uint32_t header, load, load_end, bss_end;
};

/* Append the program. `addresses` NULL: it is an ELF file. */
void multiboot_add(struct plan *plan, const void *header,
                   const struct multiboot_addresses *addresses);

#endif
