/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/identity.h"

#include "lib/string.h"

/* Where the .zpxe prefix (platform/bios/boot/pxe.asm) has its header words. */
enum { HEADER_WORDS_AT = 8, IDENTITY_AT = 12 };

char firmware_version[16];

bool identity_matches(const struct identity *id, uint16_t vendor, uint16_t device)
{
    const uint16_t *list = (const uint16_t *)((const uint8_t *)id + id->devices);

    if (id->vendor != vendor)
        return false;
    for (; *list; list++)
        if (*list == device)
            return true;
    return false;
}

bool identity_in_file(const struct identity *id, const uint8_t *file, size_t length)
{
    struct identity other;
    uint32_t at;

    if (length < IDENTITY_AT + sizeof(at) || memcmp(file + HEADER_WORDS_AT, "EFPX", 4))
        return false;
    memcpy(&at, file + IDENTITY_AT, sizeof(at));
    if (at > length || length - at < sizeof(other))
        return false;
    memcpy(&other, file + at, sizeof(other));
    return other.magic == IDENTITY_MAGIC && other.packed_crc == id->packed_crc &&
           other.packed_length == id->packed_length;
}
