/* SPDX-License-Identifier: BSD-2-Clause */
#include "identity.h"

#include "medium.h"

enum {
    /* The prefix words are looked for where a 16-bit prefix can be. */
    PREFIX_LIMIT = 0x10000,
};

bool text_is_printable(const char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

long prefix_words_find(struct span image, size_t *count)
{
    long found = -1;

    *count = 0;
    for (size_t i = 0; i < PREFIX_LIMIT && span_has(image, i, PREFIX_WORDS_SIZE); i += 4) {
        if (memcmp(image.data + i, "EFPX", 4) != 0)
            continue;
        if (found < 0)
            found = (long)i;
        ++*count;
    }
    return found;
}

/* Reads the device list; false when it does not end inside the block. */
static bool read_devices(struct span block, size_t list, struct identity *identity)
{
    identity->device_count = 0;
    for (size_t at = list; span_has(block, at, 2); at += 2) {
        uint16_t device = get16(block.data + at);

        if (!device)
            return true;
        if (identity->device_count++ == 0)
            identity->device = device;
    }
    return false;
}

/* A field of the block at `base` gives the offset of a text, which ends in the block. */
static bool has_text(struct span block, size_t base, size_t field, const char *what,
                     struct problem *problem)
{
    size_t offset = get16(block.data + field);

    if (offset >= BLOCK_FIXED_SIZE && string_length(block, offset) >= 0)
        return true;
    return problem_at(problem, base + field, "the identity block is damaged",
                      "%s not inside the identity block", what);
}

static bool read_fields(struct span image, struct identity *identity, struct problem *problem)
{
    size_t base = identity->block;
    struct span block = span_part(image, base, identity->block_length);
    const uint8_t *at = block.data;
    const char *hint = "the identity block is damaged";

    identity->medium = medium_by_number(at[BLOCK_MEDIUM]);
    if (!identity->medium)
        return problem_at(problem, base + BLOCK_MEDIUM, hint, "medium %u is not known",
                          at[BLOCK_MEDIUM]);
    identity->vendor = get16(at + BLOCK_VENDOR);
    identity->devices = base + get16(at + BLOCK_DEVICES);
    identity->product = base + get16(at + BLOCK_PRODUCT);
    identity->version = base + get16(at + BLOCK_FIRMWARE);
    identity->settings = base + get16(at + BLOCK_SETTINGS);
    identity->payload = get32(at + BLOCK_PAYLOAD);
    identity->packed_length = get32(at + BLOCK_PACKED_LENGTH);
    identity->unpacked_length = get32(at + BLOCK_UNPACKED_LENGTH);
    identity->packed_crc = get32(at + BLOCK_PACKED_CRC);
    identity->address_base = get32(at + BLOCK_ADDRESS_BASE);
    if (identity->devices < base + BLOCK_FIXED_SIZE ||
        !read_devices(block, identity->devices - base, identity))
        return problem_at(problem, base + BLOCK_DEVICES, hint,
                          "device list is not inside the identity block");
    return has_text(block, base, BLOCK_PRODUCT, "product name is", problem) &&
           has_text(block, base, BLOCK_FIRMWARE, "firmware version is", problem) &&
           has_text(block, base, BLOCK_SETTINGS, "settings are", problem);
}

enum identity_result identity_read(struct span image, struct identity *identity,
                                   struct problem *problem)
{
    size_t count;
    long words = prefix_words_find(image, &count);
    const uint8_t *block;

    *identity = (struct identity){0};
    if (words < 0) {
        problem_at(problem, 0, "not an image of this factory", "no EFPX structure");
        return IDENTITY_ABSENT;
    }
    identity->prefix_words = (size_t)words;
    identity->block = get32(image.data + words + PREFIX_BLOCK);
    identity->image_length = get32(image.data + words + PREFIX_LENGTH);
    identity->image_crc = get32(image.data + words + PREFIX_CRC);
    if (!span_equals(image, identity->block, "EFID", 4) ||
        !span_has(image, identity->block, BLOCK_FIXED_SIZE)) {
        problem_at(problem, identity->prefix_words + PREFIX_BLOCK,
                   "the prefix was never completed, or the image is damaged",
                   "no identity block at 0x%zx", identity->block);
        return IDENTITY_BROKEN;
    }
    block = image.data + identity->block;
    identity->block_length = (size_t)block[BLOCK_PARAGRAPHS] * 16;
    if (block[BLOCK_VERSION] != IDENTITY_VERSION) {
        problem_at(problem, identity->block + BLOCK_VERSION, "use the romtool of its version",
                   "identity block version %u is not %d", block[BLOCK_VERSION], IDENTITY_VERSION);
        return IDENTITY_BROKEN;
    }
    if (identity->block_length < BLOCK_FIXED_SIZE ||
        !span_has(image, identity->block, identity->block_length)) {
        problem_at(problem, identity->block + BLOCK_PARAGRAPHS, "the image is damaged or truncated",
                   "identity block of 0x%zx bytes", identity->block_length);
        return IDENTITY_BROKEN;
    }
    return read_fields(image, identity, problem) ? IDENTITY_FOUND : IDENTITY_BROKEN;
}

/* Builds the block at `block`, which has room for it; everything there is 0. */
static void fill_block(uint8_t *block, size_t offset, size_t length,
                       const struct identity_spec *spec, size_t packed_length)
{
    size_t product = BLOCK_FIXED_SIZE + 2 * (spec->device_count + 1);
    size_t version = product + strlen(spec->product) + 1;
    size_t settings = version + strlen(spec->version) + 1;

    memcpy(block, "EFID", 4);
    block[BLOCK_VERSION] = IDENTITY_VERSION;
    block[BLOCK_PARAGRAPHS] = (uint8_t)(length / 16);
    block[BLOCK_MEDIUM] = (uint8_t)medium_number(spec->medium);
    put16(block + BLOCK_VENDOR, spec->vendor);
    put16(block + BLOCK_DEVICES, BLOCK_FIXED_SIZE);
    put16(block + BLOCK_PRODUCT, (uint32_t)product);
    put16(block + BLOCK_SETTINGS, (uint32_t)settings);
    put32(block + BLOCK_PAYLOAD, (uint32_t)(offset + length));
    put32(block + BLOCK_PACKED_LENGTH, (uint32_t)packed_length);
    put32(block + BLOCK_UNPACKED_LENGTH, spec->unpacked_length);
    put32(block + BLOCK_PACKED_CRC, spec->packed_crc);
    put32(block + BLOCK_ADDRESS_BASE, spec->address_base);
    put16(block + BLOCK_FIRMWARE, (uint32_t)version);
    for (size_t i = 0; i < spec->device_count; i++)
        put16(block + BLOCK_FIXED_SIZE + 2 * i, spec->devices[i]);
    memcpy(block + product, spec->product, strlen(spec->product));
    memcpy(block + version, spec->version, strlen(spec->version));
    memcpy(block + settings, spec->settings, strlen(spec->settings));
}

struct span identity_image(struct span file, const struct identity *identity)
{
    bool filled = identity->medium->file_size && identity->image_length <= file.length;

    return filled ? span_part(file, 0, identity->image_length) : file;
}

uint32_t identity_crc(struct span image, const struct medium *medium, size_t prefix_words)
{
    size_t start = medium->crc_start ? medium->crc_start : prefix_words + PREFIX_WORDS_SIZE;
    struct span covered = span_part(image, start, image.length);

    return crc32_register((uint32_t)image.length, covered);
}

void identity_seal(uint8_t *image, size_t length, const struct medium *medium, size_t prefix_words)
{
    put32(image + prefix_words + PREFIX_LENGTH, (uint32_t)length);
    put32(image + prefix_words + PREFIX_CRC,
          identity_crc((struct span){image, length}, medium, prefix_words));
}

bool identity_append(struct buffer *image, size_t prefix_words, const struct identity_spec *spec,
                     struct span packed, struct problem *problem)
{
    size_t offset = align_up(image->length, 16);
    size_t length =
        align_up(BLOCK_FIXED_SIZE + 2 * (spec->device_count + 1) + strlen(spec->product) + 1 +
                     strlen(spec->version) + 1 + strlen(spec->settings) + 1,
                 16);
    size_t total = align_up(offset + length + packed.length, 512);

    if (length > BLOCK_LIMIT)
        return problem_at(problem, 0, "shorten the device list, the product name or the settings",
                          "identity block of %zu bytes is over %d", length, BLOCK_LIMIT);
    if (offset + length > PREFIX_LIMIT)
        return problem_at(problem, 0, NULL, "prefix and identity block are over 64 KiB");
    buffer_resize(image, total);
    fill_block(image->data + offset, offset, length, spec, packed.length);
    memcpy(image->data + offset + length, packed.data, packed.length);
    put32(image->data + prefix_words + PREFIX_BLOCK, (uint32_t)offset);
    return true;
}
