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

const uint8_t *smbios_field(const struct smbios_tag *tag, uint32_t *length)
{
    const struct entry_point *e = find_entry_point();
    unsigned instance = tag->instance;
    const uint8_t *p, *end;

    if (!e)
        return NULL;
    p = (const uint8_t *)e->table;
    end = p + e->table_length;
    while (p + 4 < end && p[1] >= 4 && p[0] != END_OF_TABLE) {
        const uint8_t *structure = p, *string = p + p[1];
        bool found = p[0] == tag->type && !instance--;
        unsigned number = 0;

        *length = tag->length;
        if (found && *length) {
            p += tag->offset;
            return p + *length <= string && string <= end ? p : NULL;
        }
        if (found && tag->offset < structure[1])
            number = structure[tag->offset];
        for (p = string; p + 1 < end && (p[0] || p[1]); p++) /* ended by an empty string */
            if (!p[0] && number > 1 && --number == 1)
                string = p + 1;
        if (found) {
            if (number != 1 || p + 1 >= end)
                break;
            *length = (uint32_t)strlen((const char *)string);
            return string;
        }
        p += 2;
    }
    return NULL;
}

bool smbios_uuid(uint8_t uuid[16])
{
    static const struct smbios_tag tag = {0, SYSTEM_INFORMATION, UUID_AT, 16};
    uint32_t length;
    const uint8_t *field = smbios_field(&tag, &length);

    if (field)
        memcpy(uuid, field, 16);
    return field;
}
