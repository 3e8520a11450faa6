/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's identity from SMBIOS (DMTF DSP0134, 2.x entry point). */
#ifndef PLATFORM_BIOS_SMBIOS_H
#define PLATFORM_BIOS_SMBIOS_H

#include <stdbool.h>
#include <stdint.h>

/* A field of the first structure of a type: so many bytes at an offset, or with *length 0 the
 * string whose number is there, and *length becomes its own. Where there is none, *length is 0. */
const uint8_t *smbios_field(uint8_t type, uint8_t offset, uint32_t *length);

/* The system UUID as stored (16 bytes). False when the BIOS gives none. */
bool smbios_uuid(uint8_t uuid[16]);

#endif
