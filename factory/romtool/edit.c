/* SPDX-License-Identifier: BSD-2-Clause */
#include "edit.h"

#include "lint.h"

/* True when the last byte is padding, or a checksum that somebody put behind padding. Behind little
 * padding it is one only if marking the image as the last of its file, 80h, explains it. */
static bool ends_with_padding(const uint8_t *image, size_t length)
{
    const uint8_t *end = image + length - 4;

    return is_padding((struct span){image + length - 16, 15}) ||
           (is_padding((struct span){end, 3}) && ((end[3] ^ *end) & ~PCIR_LAST_IMAGE) == 0);
}

size_t edit_checksum_byte(const uint8_t *image, size_t length)
{
    /* jmp rel16, not to the byte that follows it */
    if (image[ROM_ENTRY] == 0xe9 && get16(image + ROM_ENTRY + 1) != 0)
        return ROM_CHECKSUM;
    if (ends_with_padding(image, length))
        return length - 1;
    /* jmp rel8, over the byte */
    if (image[ROM_ENTRY] == 0xeb && image[ROM_ENTRY + 1] >= 2 && image[ROM_ENTRY + 1] < 0x80)
        return ROM_CHECKSUM;
    return 0;
}

bool edit_fix_checksum(uint8_t *file, const struct rom_image *image, struct problem *problem)
{
    uint8_t *start = file + image->offset;
    size_t length = rom_checked_length(image);
    uint8_t sum = byte_sum(start, length);
    size_t place;

    if (!sum)
        return true;
    place = edit_checksum_byte(start, length);
    if (!place)
        return problem_at(problem, image->offset + ROM_CHECKSUM,
                          "free one: a near jump at offset 03h, or padding at the end",
                          "no byte is known to be free for the checksum");
    start[place] -= sum;
    return true;
}

bool edit_append_image(struct buffer *file, const struct rom_image *image, bool last,
                       struct problem *problem)
{
    struct rom_image copy = *image;
    uint8_t *indicator;

    if (image->code_type == CODE_TYPE_X86 &&
        byte_sum(image->bytes.data, rom_checked_length(image)) != 0)
        return problem_at(problem, image->offset, "take an intact one",
                          "the image's checksum is wrong");
    copy.offset = file->length;
    buffer_resize(file, file->length + image->bytes.length);
    memcpy(file->data + copy.offset, image->bytes.data, image->bytes.length);
    indicator = file->data + copy.offset + image->pcir + PCIR_INDICATOR;
    *indicator = (uint8_t)((*indicator & ~PCIR_LAST_IMAGE) | (last ? PCIR_LAST_IMAGE : 0));
    if (image->code_type != CODE_TYPE_X86 || edit_fix_checksum(file->data, &copy, problem))
        return true;
    problem->offset += image->offset - copy.offset; /* where it is in the file it comes from */
    return false;
}

/* Bytes the product name may take: up to whatever follows it in the block. */
static size_t name_room(struct span image, const struct identity *identity)
{
    size_t end = identity->block + identity->block_length;
    size_t at = identity->product;

    if (identity->settings > at && identity->settings < end)
        end = identity->settings;
    if (identity->version > at && identity->version < end)
        end = identity->version;
    if (identity->devices > at && identity->devices < end)
        end = identity->devices;
    at += (size_t)string_length(image, at);
    while (at < end && image.data[at] == 0)
        at++;
    return at - identity->product - 1;
}

static bool set_name(uint8_t *image, struct span span, const struct identity *identity,
                     const char *name, struct problem *problem)
{
    size_t room = name_room(span, identity);

    if (!*name || !text_is_printable(name))
        return problem_at(problem, identity->product, "printable ASCII, not empty",
                          "product name '%.100s' is not valid", name);
    if (strlen(name) > room)
        return problem_at(problem, identity->product, "use a shorter name",
                          "product name of %zu bytes does not fit the old one's %zu", strlen(name),
                          room);
    memset(image + identity->product, 0, room);
    memcpy(image + identity->product, name, strlen(name));
    return true;
}

static bool stamp_identity(uint8_t *image, size_t length, const struct identity *old,
                           const struct new_identity *new, struct problem *problem)
{
    struct span span = {image, length};

    if (identity_crc(span, old->medium, old->prefix_words) != old->image_crc)
        return problem_at(problem, old->prefix_words + PREFIX_CRC, "stamp an intact one",
                          "the image is damaged; nothing is written");
    if (!old->device_count)
        return problem_at(problem, old->block + BLOCK_VENDOR, "stamp an image that is for one card",
                          "the image is for %s card; it has no device list to change",
                          old->vendor == VENDOR_ANY ? "every" : "no");
    put16(image + old->block + BLOCK_VENDOR, new->vendor);
    memset(image + old->devices, 0, 2 * old->device_count);
    put16(image + old->devices, new->device);
    if (new->name && !set_name(image, span, old, new->name, problem))
        return false;
    identity_seal(image, length, old->medium, old->prefix_words);
    return true;
}

/* Ours state their length four times; PCIR's is the one that was read. */
static void repair_lengths(uint8_t *start, const struct rom_image *image)
{
    uint32_t units = (uint32_t)(image->bytes.length / ROM_UNIT);

    start[ROM_LENGTH] = (uint8_t)units;
    put16(start + image->pcir + PCIR_RUNTIME_LENGTH, units);
}

static bool stamp_image(struct buffer *file, struct rom_image *image,
                        const struct new_identity *new, bool *ours, struct problem *problem)
{
    uint8_t *start = file->data + image->offset;
    struct identity old;
    enum identity_result result = IDENTITY_ABSENT;

    put16(start + image->pcir + PCIR_VENDOR, new->vendor);
    put16(start + image->pcir + PCIR_DEVICE, new->device);
    if (image->device_list)
        put16(start + image->pcir + PCIR_DEVICE_LIST, 0);
    if (image->code_type != CODE_TYPE_X86)
        return true;
    result = identity_read(image->bytes, &old, problem);
    if (result == IDENTITY_BROKEN)
        return false;
    if (result == IDENTITY_FOUND) {
        *ours = true;
        repair_lengths(start, image);
        image->init_length = image->bytes.length;
        if (!stamp_identity(start, image->bytes.length, &old, new, problem))
            return false;
    }
    return edit_fix_checksum(file->data, image, problem);
}

static bool stamp_rom(struct buffer *file, const struct new_identity *new, size_t *kept, bool *ours,
                      struct problem *problem)
{
    struct rom_image image = {0};
    uint32_t old_id = 0;

    for (size_t offset = 0; !image.last; offset += image.bytes.length) {
        uint32_t id;

        if (!rom_read(buffer_span(file), offset, &image, problem))
            return false;
        id = (uint32_t)image.vendor << 16 | image.device;
        if (offset == 0)
            old_id = id;
        if (id != old_id)
            ++*kept;
        else if (!stamp_image(file, &image, new, ours, problem))
            return false;
    }
    return true;
}

bool edit_stamp(struct buffer *file, const struct new_identity *identity, size_t *kept, bool *ours,
                struct problem *problem)
{
    struct identity old;

    *kept = 0;
    *ours = false;
    if (rom_is_rom(buffer_span(file))) {
        bool good = stamp_rom(file, identity, kept, ours, problem);

        if (good && identity->name && !*ours)
            return problem_at(problem, 0, "leave --name out",
                              "the name in another maker's ROM is not changed");
        return good;
    }
    if (identity_read(buffer_span(file), &old, problem) != IDENTITY_FOUND)
        return false;
    *ours = true;
    return stamp_identity(file->data, identity_image(buffer_span(file), &old).length, &old,
                          identity, problem);
}
