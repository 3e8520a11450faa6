/* SPDX-License-Identifier: BSD-2-Clause */
/* A UUID where a PC's BIOS has it, for tests of what asks for it. */
#ifndef SMBIOS_TABLE_H
#define SMBIOS_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

/* SMBIOS (DSP0134): the entry point, then a System Information structure and the end. */
enum { SMBIOS_AT = 0xf0000, SMBIOS_ROOM = 0x10000, TABLE_AT = 0x20 };
static const uint8_t table[] = {1,    27,   0,    0,    0,    0,    0,    0,    0x01, 0x23, 0x45,
                                0x67, 0x89, 0xab, 0xcd, 0xef, 0x10, 0x32, 0x54, 0x76, 0x98, 0xba,
                                0xdc, 0xfe, 0,    0,    0,    0,    0,    127,  4,    0,    0};

static inline void set_uuid(bool known)
{
    static uint8_t *rom;
    uint32_t address = SMBIOS_AT + TABLE_AT;

    if (!rom)
        rom = mmap((void *)(uintptr_t)SMBIOS_AT, SMBIOS_ROOM, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    memset(rom, 0, SMBIOS_ROOM);
    if (!known)
        return;
    memcpy(rom, "_SM_\0\x1f", 6);
    rom[22] = sizeof(table);
    memcpy(rom + 24, &address, sizeof(address));
    memcpy(rom + TABLE_AT, table, sizeof(table));
    for (unsigned i = 0; i < 0x1f; i++)
        if (i != 4)
            rom[4] -= rom[i];
}

#endif
