/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform/bios/smbios.h"

#include "lib/checksum.h"
#include "lib/string.h"

enum {
    SEARCH_START = 0xf0000,
    SEARCH_END = 0x100000,
    SYSTEM_INFORMATION = 1,
    UUID_AT = 8,
    END_OF_TABLE = 127
};

struct entry_point {
    char anchor[4];
    uint8_t checksum, length;
    uint8_t unused[16];
    uint16_t table_length;
    uint32_t table;
} __attribute__((packed));

static const struct entry_point *find_entry_point(void)
{
    for (const uint8_t *p = (const uint8_t *)SEARCH_START; p < (const uint8_t *)SEARCH_END;
         p += 16) {
        const struct entry_point *e = (const struct entry_point *)p;

        if (!memcmp(p, "_SM_", 4) && !byte_sum(p, e->length))
            return e;
    }
    return NULL;
}

const uint8_t *smbios_field(uint8_t type, uint8_t offset, uint32_t *length)
{
    const struct entry_point *e = find_entry_point();
    const uint8_t *p = e ? (const uint8_t *)e->table : NULL, *next;
    const uint8_t *end = e ? p + e->table_length : NULL;

    for (; p && p + 4 < end && p[1] >= 4 && p[0] != END_OF_TABLE; p = next + 2) {
        for (next = p + p[1]; next + 1 < end && (next[0] || next[1]); next++)
            ; /* its strings, ended by an empty one */
        if (next + 1 >= end)
            break;
        if (p[0] != type)
            continue;
        if (offset + (*length | 1) > p[1])
            break;
        if (!*length) {
            unsigned number = p[offset];

            offset = 0;
            for (p += p[1]; number > 1 && *p; number--)
                p += strlen((const char *)p) + 1;
            *length = number ? (uint32_t)strlen((const char *)p) : 0;
        }
        return p + offset;
    }
    *length = 0;
    return NULL;
}

bool smbios_uuid(uint8_t uuid[16])
{
    uint32_t length = 16;
    const uint8_t *field = smbios_field(SYSTEM_INFORMATION, UUID_AT, &length);

    if (field)
        memcpy(uuid, field, 16);
    return field;
}
