/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding ourselves in a boot file, which may be anything. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "lib/identity.h"

enum { WORDS = 8, LENGTH = 200 };

static const struct identity self = {
    .magic = IDENTITY_MAGIC, .packed_crc = 0x12345678, .packed_length = 1000};

/* A file of exactly `length` bytes on the heap, so that reading past its end is noticed. */
static bool found(uint32_t at, const struct identity *block, size_t length)
{
    uint8_t whole[LENGTH + sizeof(*block)] = {0}, *file = malloc(length);
    bool result;

    memcpy(whole + WORDS, "EFPX", 4);
    memcpy(whole + WORDS + 4, &at, sizeof(at));
    if (at <= LENGTH)
        memcpy(whole + at, block, sizeof(*block));
    memcpy(file, whole, length);
    result = identity_in_file(&self, file, length);
    free(file);
    return result;
}

TEST(finds_itself)
{
    struct identity other = self;

    CHECK(found(48, &self, LENGTH));
    CHECK(found(49, &self, LENGTH)); /* a hostile file aligns nothing */
    CHECK(found(48, &self, 48 + sizeof(self)));
    CHECK(!found(48, &self, 48 + sizeof(self) - 1));
    CHECK(!found(LENGTH, &self, LENGTH));
    CHECK(!found(UINT32_MAX, &self, LENGTH));
    for (size_t length = 1; length < 48; length++)
        CHECK(!found(48, &self, length));
    other.vendor = 0x10ec;
    CHECK(found(48, &other, LENGTH));
    other.packed_crc++;
    CHECK(!found(48, &other, LENGTH));
    other = self;
    other.packed_length++;
    CHECK(!found(48, &other, LENGTH));
    other = self;
    other.magic++;
    CHECK(!found(48, &other, LENGTH));
}
