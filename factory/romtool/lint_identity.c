/* SPDX-License-Identifier: BSD-2-Clause */
#include "lint.h"

#include "medium.h"
#include "relocation.h"
#include "settingtext.h"
#include "squeeze.h"

static void lint_texts(struct lint *lint, struct span image, const struct identity *identity)
{
    const char *product = (const char *)image.data + identity->product;
    const char *version = (const char *)image.data + identity->version;
    struct problem problem;

    if (!*product || !text_is_printable(product))
        finding(lint, LINT_ERROR, identity->product, "printable ASCII, not empty",
                "product name is not valid");
    if (!*version || !text_is_printable(version))
        finding(lint, LINT_ERROR, identity->version, "printable ASCII, not empty",
                "firmware version is not valid");
    if (!settings_check((const char *)image.data + identity->settings, identity->settings,
                        &problem))
        finding_problem(lint, LINT_ERROR, &problem);
}

static void lint_block(struct lint *lint, struct span image, const struct identity *identity)
{
    uint32_t crc = identity_crc(image, identity->medium, identity->prefix_words);
    bool special = identity->vendor == VENDOR_ANY || identity->vendor == VENDOR_NONE;

    if (crc != identity->image_crc)
        finding(lint, LINT_ERROR, identity->prefix_words + PREFIX_CRC, "the image is damaged",
                "image CRC-32 is %08x, not %08x", crc, identity->image_crc);
    if (identity->block % 16)
        finding(lint, LINT_ERROR, identity->prefix_words + PREFIX_BLOCK, "16-aligned",
                "identity block at 0x%zx is not aligned", identity->block);
    if (identity->image_length != image.length || image.length % ROM_UNIT)
        finding(lint, LINT_ERROR, identity->prefix_words + PREFIX_LENGTH,
                "the image was cut, or something was added to it",
                "the prefix says %u bytes, the image has %zu", identity->image_length,
                image.length);
    if (special != (identity->device_count == 0) || (special && identity->medium->option_rom))
        finding(lint, LINT_ERROR, identity->block + BLOCK_VENDOR,
                "vendors 0000 and ffff have no device list, and no .rom",
                "vendor %04x with %zu devices", identity->vendor, identity->device_count);
    lint_texts(lint, image, identity);
}

static bool is_proven(const struct lint *lint, const struct identity *identity, struct span packed)
{
    return lint->proven.length == packed.length && packed.length &&
           lint->proven_unpacked == identity->unpacked_length &&
           lint->proven_base == identity->address_base &&
           memcmp(lint->proven.data, packed.data, packed.length) == 0;
}

static void remember_proven(struct lint *lint, const struct identity *identity, struct span packed)
{
    buffer_resize(&lint->proven, packed.length);
    memcpy(lint->proven.data, packed.data, packed.length);
    lint->proven_unpacked = identity->unpacked_length;
    lint->proven_base = identity->address_base;
}

/* Unpacks the payload and looks for the addresses in it. */
static void lint_unpacked(struct lint *lint, const struct identity *identity, struct span packed)
{
    struct buffer plain = {NULL, 0};
    struct problem problem;

    if (is_proven(lint, identity, packed))
        return;
    if (!unsqueeze(packed, identity->unpacked_length, &plain, &problem))
        finding(lint, LINT_ERROR, identity->payload + problem.offset, problem.hint, "%s",
                problem.what);
    else if (!relocation_check(buffer_span(&plain), identity->address_base, &problem))
        finding(lint, LINT_ERROR, identity->block + BLOCK_ADDRESS_BASE, "pack the image again",
                "%s", problem.what);
    else
        remember_proven(lint, identity, packed);
    buffer_free(&plain);
}

/* A .dsk has over a megabyte of zeros, which memcmp() compares each with the next. */
static void lint_padding(struct lint *lint, struct span image, size_t at)
{
    struct span padding = span_part(image, at, image.length);

    if (!padding.length ||
        (!padding.data[0] && !memcmp(padding.data, padding.data + 1, padding.length - 1)))
        return;
    while (!image.data[at])
        at++;
    finding(lint, LINT_ERROR, at, "the image is damaged, or something was put there",
            "padding is not zero");
}

static void lint_payload(struct lint *lint, struct span image, const struct identity *identity)
{
    struct span packed = span_part(image, identity->payload, identity->packed_length);
    size_t end = (size_t)identity->payload + identity->packed_length;
    uint32_t crc;

    if (!span_has(image, identity->payload, identity->packed_length)) {
        finding(lint, LINT_ERROR, identity->block + BLOCK_PAYLOAD,
                "the image is truncated or damaged", "payload of %u bytes at 0x%x ends outside",
                identity->packed_length, identity->payload);
        return;
    }
    if (identity->payload < identity->block + identity->block_length || identity->payload % 16)
        finding(lint, LINT_ERROR, identity->block + BLOCK_PAYLOAD,
                "it follows the identity block, 16-aligned", "payload is at 0x%x",
                identity->payload);
    if (align_up(end, ROM_UNIT) != image.length)
        finding(lint, LINT_WARNING, end, "padding goes to the next multiple of 512 only",
                "%zu bytes follow the payload", image.length - end);
    lint_padding(lint, image, end);
    crc = crc32_of(packed);
    if (crc != identity->packed_crc)
        finding(lint, LINT_ERROR, identity->payload, "the payload is damaged",
                "payload CRC-32 is %08x, not %08x", crc, identity->packed_crc);
    lint_unpacked(lint, identity, packed);
}

void lint_identity(struct lint *lint, struct span image, const struct identity *identity)
{
    lint_block(lint, image, identity);
    lint_payload(lint, image, identity);
}
