/* SPDX-License-Identifier: BSD-2-Clause */
/* Booting from a drive of this machine. */
#ifndef LOADER_LOCAL_H
#define LOADER_LOCAL_H

#include <stdint.h>

/* Start the boot sector of a drive as the BIOS does, by its number there: 00h the first floppy, 80h
 * the first hard disk. Returns only when there is none: E_NO_DISK; or E_NO_MEMORY when a program
 * that ran has hooked our PXE services for good. */
int local_boot(uint8_t drive);

#endif
