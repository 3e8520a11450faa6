/* SPDX-License-Identifier: BSD-2-Clause */
#include "listing.h"

#include "lint.h"
#include "medium.h"

static void json_string(struct json *json, const char *key, struct span span, size_t offset)
{
    long length = string_length(span, offset);

    if (length >= 0)
        json_bytes(json, key, (const char *)span.data + offset, (size_t)length);
}

static void json_devices(struct json *json, struct span span, size_t list, size_t count)
{
    json_open(json, "devices", '[');
    for (size_t i = 0; i < count; i++)
        json_hex(json, NULL, get16(span.data + list + 2 * i), 4);
    json_close(json, ']');
}

static void json_image(struct json *json, const struct rom_image *image)
{
    long devices = rom_device_list(image);
    struct problem problem;
    struct pnp pnp;

    json_open(json, NULL, '{');
    json_number(json, "offset", (long long)image->offset);
    json_number(json, "size", (long long)image->bytes.length);
    json_number(json, "code_type", image->code_type);
    json_text(json, "code_type_name", rom_code_type_name(image->code_type));
    json_hex(json, "vendor", image->vendor, 4);
    json_hex(json, "device", image->device, 4);
    json_devices(json, image->bytes, image->pcir + image->device_list,
                 devices > 0 ? (size_t)devices : 0);
    json_hex(json, "class_code", image->class_code, 6);
    json_number(json, "revision", image->revision);
    json_number(json, "init_length", (long long)image->init_length);
    json_number(json, "runtime_length", (long long)image->runtime_length);
    json_bool(json, "last", image->last);
    if (image->code_type == CODE_TYPE_X86 &&
        pnp_read(image->bytes, get16(image->bytes.data + ROM_PNP), &pnp, &problem)) {
        json_string(json, "manufacturer", image->bytes, pnp.manufacturer);
        json_string(json, "product", image->bytes, pnp.product);
    }
    json_close(json, '}');
}

/* An object. Of a line without `=`, which no tool of ours writes, the whole is the key. */
static void json_settings(struct json *json, const char *text)
{
    json_open(json, "settings", '{');
    while (*text) {
        size_t length = strcspn(text, "\n"), key = strcspn(text, "=\n");

        json_member(json, text, key, text + key + (key < length), length - key - (key < length));
        text += length + (text[length] != 0);
    }
    json_close(json, '}');
}

static void json_identity(struct json *json, const struct listing *listing)
{
    const struct identity *identity = &listing->identity;
    struct span image = span_part(listing->file, listing->base, listing->file.length);

    json_open(json, "identity", '{');
    json_number(json, "offset", (long long)(listing->base + identity->block));
    json_number(json, "length", (long long)identity->block_length);
    json_text(json, "medium", identity->medium->name);
    json_hex(json, "vendor", identity->vendor, 4);
    json_devices(json, image, identity->devices, identity->device_count);
    json_string(json, "product", image, identity->product);
    json_string(json, "version", image, identity->version);
    json_settings(json, (const char *)image.data + identity->settings);
    json_close(json, '}');
    json_open(json, "payload", '{');
    json_number(json, "offset", (long long)(listing->base + identity->payload));
    json_number(json, "packed_length", identity->packed_length);
    json_number(json, "unpacked_length", identity->unpacked_length);
    json_hex(json, "address_base", identity->address_base, 8);
    json_hex(json, "crc32", identity->packed_crc, 8);
    json_close(json, '}');
}

/* What fills the file up behind the last image, in a flash chip say. */
static void json_padding(struct json *json, struct span tail)
{
    if (!tail.length || !is_padding(tail))
        return;
    json_open(json, "padding", '{');
    json_number(json, "length", (long long)tail.length);
    json_hex(json, "byte", tail.data[0], 2);
    json_close(json, '}');
}

void listing_json(const struct listing *listing, struct json *json)
{
    json_open(json, NULL, '{');
    json_text(json, "path", listing->path);
    json_text(json, "kind", listing_kind(listing));
    json_number(json, "size", (long long)listing->file.length);
    if (listing->image_count) {
        json_number(json, "bar_size", (long long)rom_bar_size(listing->end));
        json_number(json, "bar_headroom", (long long)(rom_bar_size(listing->end) - listing->end));
        json_open(json, "images", '[');
        for (size_t i = 0; i < listing->image_count; i++)
            json_image(json, &listing->images[i]);
        json_close(json, ']');
        json_padding(json, span_part(listing->file, listing->end, listing->file.length));
    }
    if (listing->is_ours)
        json_identity(json, listing);
    if (listing->has_problem) {
        json_open(json, "problem", '{');
        json_number(json, "offset", (long long)listing->problem.offset);
        json_text(json, "what", listing->problem.what);
        json_close(json, '}');
    }
    json_close(json, '}');
}
