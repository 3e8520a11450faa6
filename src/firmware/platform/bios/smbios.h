/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's identity from SMBIOS (DMTF DSP0134, 2.x entry point). */
#ifndef PLATFORM_BIOS_SMBIOS_H
#define PLATFORM_BIOS_SMBIOS_H

#include <stdbool.h>
#include <stdint.h>

/* The system UUID as stored (16 bytes). False when the BIOS gives none. */
bool smbios_uuid(uint8_t uuid[16]);

#endif
