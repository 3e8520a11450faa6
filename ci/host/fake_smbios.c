/* SPDX-License-Identifier: BSD-2-Clause */
#include "fake_smbios.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ENTRY_POINT = 0xf0230, LENGTH = 0x1f, TABLE_END = 0x7f000000, TABLE_MAX = 0x10000 };

/* What is there already may stay. */
static void map(uint32_t start, uint32_t length)
{
    void *at = (void *)(uintptr_t)start;
    int how = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;

    if (mmap(at, length, PROT_READ | PROT_WRITE, how, -1, 0) != at && errno != EEXIST) {
        perror("memory of the fake BIOS");
        exit(1);
    }
}

void fake_smbios(const void *table, size_t length)
{
    static uint8_t *entry;
    uint32_t start = TABLE_END - (uint32_t)length;

    if (!entry) {
        entry = (uint8_t *)ENTRY_POINT;
        map(0xf0000, 0x10000);
        map(TABLE_END - TABLE_MAX, TABLE_MAX);
    }
    memset(entry, 0, LENGTH);
    if (!table)
        return;
    memcpy((void *)(uintptr_t)start, table, length);
    memcpy(entry, "_SM_\0\x1f\x02\x08", 8);
    memcpy(entry + 0x10, "_DMI_", 5);
    entry[0x16] = (uint8_t)length;
    entry[0x17] = (uint8_t)(length >> 8);
    memcpy(entry + 0x18, &start, 4);
    for (unsigned i = 0; i < LENGTH; i++)
        entry[4] -= i == 4 ? 0 : entry[i];
}

void fake_smbios_usual(void)
{
    static const char table[] =
        "\0\x05\0\0\1BIOS\0\0"
        "\1\x1b\1\0\1\2\0\3"
        "\x78\x56\x34\x12\xbc\x9a\xf0\xde\x01\x23\x45\x67\x89\xab\xcd\xef\6\0\0"
        "Maker\0The Product\0S/N 1\0\0"
        "\2\x08\2\0\1\2\0\3Board Maker\0Board\0B1\0\0"
        "\2\x08\3\0\1\0\0\0Second\0\0"
        "\3\x09\4\0\0\0\0\0\1Asset 7\0\0"
        "\x7f\4\5\0\0";

    fake_smbios(table, sizeof(table));
}
