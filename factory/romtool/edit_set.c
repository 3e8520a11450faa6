/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "edit.h"
#include "medium.h"
#include "settingtext.h"

/* Makes *image: all of `old` up to the settings, the new ones, and the payload. */
static bool assemble(struct span old, const struct identity *id, const char *settings,
                     struct buffer *image, struct problem *problem)
{
    size_t end = id->settings + strlen(settings) + 1;
    size_t block_length = align_up(end - id->block, 16);
    size_t payload = id->block + block_length;

    if (id->settings < id->devices || id->settings < id->product || id->settings < id->version)
        return problem_at(problem, id->block + BLOCK_SETTINGS, "pack the image again",
                          "the settings are not at the end of the identity block");
    if (block_length > BLOCK_LIMIT)
        return problem_at(problem, id->settings, "shorten them",
                          "with these settings the identity block has %zu bytes, over %d",
                          block_length, BLOCK_LIMIT);
    buffer_resize(image, align_up(payload + id->packed_length, 512));
    memcpy(image->data, old.data, id->settings);
    memcpy(image->data + id->settings, settings, strlen(settings));
    memcpy(image->data + payload, old.data + id->payload, id->packed_length);
    image->data[id->block + BLOCK_PARAGRAPHS] = (uint8_t)(block_length / 16);
    put32(image->data + id->block + BLOCK_PAYLOAD, (uint32_t)payload);
    return true;
}

/* Lengths and checksums, as when the image was packed. */
static bool finish(struct buffer *image, const struct identity *id, struct problem *problem)
{
    struct identity_spec spec = {
        .medium = id->medium, .vendor = id->vendor, .device_count = id->device_count};
    uint16_t *devices = allocate(id->device_count * sizeof(*devices));
    bool good;

    for (size_t i = 0; i < id->device_count; i++)
        devices[i] = get16(image->data + id->devices + 2 * i);
    spec.devices = devices;
    good = medium_finish(image, id->prefix_words, &spec, problem);
    free(devices);
    return good;
}

static bool set_image(struct span old, const struct identity *id, char *const *changes,
                      size_t count, struct buffer *image, struct problem *problem)
{
    char *settings =
        settings_change((const char *)old.data + id->settings, changes, count, problem);
    bool good =
        settings && assemble(old, id, settings, image, problem) && finish(image, id, problem);

    free(settings);
    return good;
}

/* Puts *image, which is freed, where `length` bytes are in the file. */
static void replace(struct buffer *file, size_t offset, size_t length, struct buffer *image)
{
    size_t rest = file->length - offset - length, end = offset + image->length;

    if (image->length > length)
        buffer_resize(file, end + rest);
    memmove(file->data + end, file->data + offset + length, rest);
    memcpy(file->data + offset, image->data, image->length);
    buffer_resize(file, end + rest);
    buffer_free(image);
}

static bool set_rom(struct buffer *file, char *const *changes, size_t count,
                    struct problem *problem)
{
    struct rom_image image = {0};
    bool ours = false;

    for (size_t offset = 0; !image.last; offset += image.bytes.length) {
        struct buffer new = {NULL, 0};
        struct identity id;

        if (!rom_read(buffer_span(file), offset, &image, problem))
            return false;
        if (image.code_type != CODE_TYPE_X86 ||
            identity_read(image.bytes, &id, problem) != IDENTITY_FOUND)
            continue;
        ours = true;
        if (!set_image(image.bytes, &id, changes, count, &new, problem)) {
            buffer_free(&new);
            return false;
        }
        offset += new.length - image.bytes.length;
        replace(file, image.offset, image.bytes.length, &new);
    }
    return ours || problem_at(problem, 0, "only images of this factory have settings",
                              "no image of ours in it");
}

bool edit_set(struct buffer *file, char *const *changes, size_t count, struct problem *problem)
{
    struct buffer new = {NULL, 0};
    struct identity id;

    if (rom_is_rom(buffer_span(file)))
        return set_rom(file, changes, count, problem);
    if (identity_read(buffer_span(file), &id, problem) != IDENTITY_FOUND)
        return false;
    if (!set_image(identity_image(buffer_span(file), &id), &id, changes, count, &new, problem)) {
        buffer_free(&new);
        return false;
    }
    if (new.length < id.medium->file_size)
        buffer_resize(&new, id.medium->file_size);
    buffer_free(file);
    *file = new;
    return true;
}
