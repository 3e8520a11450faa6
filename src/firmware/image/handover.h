/* SPDX-License-Identifier: BSD-2-Clause */
/* What kernels that are entered in 32-bit mode are handed: modules, a memory map, texts. */
#ifndef IMAGE_HANDOVER_H
#define IMAGE_HANDOVER_H

#include "image/image.h"

/* Append the modules, each from a page on and right behind what is planned where that is free, and
 * zeroed base memory for what the kernel is to be told, which finish() writes. plan->detail has the
 * modules' addresses. The kernel is entered with EAX = `magic`, EBX = that memory. Last step of a
 * check: the plan gets its order. */
int handover_add(struct plan *plan, uint32_t magic);

/* Write a range of RAM each `stride` bytes, as start, length (64 bits each), type 1, and `next`
 * behind it. Returns the end of the list. */
uint32_t *handover_memory(const struct plan *plan, uint32_t *to, unsigned stride, uint32_t next);

/* KiB of RAM from 0 on, and from 1 MiB on. */
void handover_sizes(const struct plan *plan, uint32_t kilobytes[2]);

/* Write "name arguments". Returns the byte behind its end. */
char *handover_text(char *to, const char *name, const char *arguments);

#endif
