/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's identity from SMBIOS (DMTF DSP0134, 2.x entry point). */
#ifndef PLATFORM_BIOS_SMBIOS_H
#define PLATFORM_BIOS_SMBIOS_H

#include <stdbool.h>
#include <stdint.h>

/* A field of a structure: the `instance`-th of its type, from 0 on; so many bytes at an offset, or
 * with `length` 0 the string whose number is there. */
struct smbios_tag {
    uint8_t instance, type, offset, length;
};

/* Where a field is, and its length; NULL when there is none. */
const uint8_t *smbios_field(const struct smbios_tag *tag, uint32_t *length);

/* The system UUID as stored (16 bytes). False when the BIOS gives none. */
bool smbios_uuid(uint8_t uuid[16]);

#endif
