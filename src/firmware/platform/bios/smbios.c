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

bool smbios_uuid(uint8_t uuid[16])
{
    const struct entry_point *e = find_entry_point();
    const uint8_t *p, *end;

    if (!e)
        return false;
    p = (const uint8_t *)e->table;
    end = p + e->table_length;
    while (p + 4 < end && p[1] >= 4 && p[0] != END_OF_TABLE) {
        if (p[0] == SYSTEM_INFORMATION && p[1] >= UUID_AT + 16) {
            memcpy(uuid, p + UUID_AT, 16);
            return true;
        }
        for (p += p[1]; p + 1 < end && (p[0] || p[1]); p++) /* the strings, ended by an empty one */
            ;
        p += 2;
    }
    return false;
}
