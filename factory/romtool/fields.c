/* SPDX-License-Identifier: BSD-2-Clause */
#include "fields.h"

#include <stdarg.h>

#include "edit.h"
#include "medium.h"

static struct field *add_field(struct section *section, const char *name, size_t offset,
                               size_t length)
{
    struct field *field = &section->fields[section->field_count++];

    *field = (struct field){.offset = offset, .length = length};
    snprintf(field->name, sizeof(field->name), "%s", name);
    return field;
}

static void say(struct section *section, const char *name, size_t offset, size_t length,
                const char *format, ...) __attribute__((format(printf, 5, 6)));

static void say(struct section *section, const char *name, size_t offset, size_t length,
                const char *format, ...)
{
    struct field *field = add_field(section, name, offset, length);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(field->text, sizeof(field->text), format, arguments);
    va_end(arguments);
}

/* Appends text in which everything unprintable is \xNN; what does not fit is left out. */
static void append_text(char *to, size_t size, const uint8_t *text, size_t length)
{
    size_t used = strlen(to);

    for (size_t i = 0; i < length && used + 5 <= size; i++) {
        bool plain = text[i] >= ' ' && text[i] <= '~' && text[i] != '\\';

        used += (size_t)snprintf(to + used, size - used, plain ? "%c" : "\\x%02x", text[i]);
    }
}

/* The NUL-terminated text at `offset`, if it has an end. */
static void say_text(struct section *section, const char *name, size_t offset)
{
    long length = string_length(section->bytes, offset);
    struct field *field;

    if (length < 0)
        return;
    field = add_field(section, name, offset, (size_t)length + 1);
    append_text(field->text, sizeof(field->text), section->bytes.data + offset, (size_t)length);
}

static void say_devices(struct section *section, const char *name, size_t offset, size_t count)
{
    struct field *field = add_field(section, name, offset, 2 * count);
    size_t used = 0;

    for (size_t i = 0; i < count && used + 6 <= sizeof(field->text); i++)
        used += (size_t)snprintf(field->text + used, sizeof(field->text) - used, "%s%04x",
                                 i ? " " : "", get16(section->bytes.data + offset + 2 * i));
}

/* Each setting by itself: lines of key=value. What is over SETTINGS_MOST is compared as bytes. */
static void say_settings(struct section *section, size_t offset)
{
    long length = string_length(section->bytes, offset);
    size_t end = offset + (size_t)(length < 0 ? 0 : length);

    for (unsigned count = 0; offset < end && count < SETTINGS_MOST; count++) {
        const uint8_t *line = section->bytes.data + offset;
        const uint8_t *stop = memchr(line, '\n', end - offset);
        size_t size = stop ? (size_t)(stop - line) : end - offset;
        const uint8_t *equals = memchr(line, '=', size);
        size_t key = equals ? (size_t)(equals - line) : size, value = equals ? key + 1 : size;
        struct field *field = add_field(section, "setting ", offset, size + (stop != NULL));

        append_text(field->name, sizeof(field->name), line, key);
        append_text(field->text, sizeof(field->text), line + value, size - value);
        offset += size + (stop != NULL);
    }
}

static void add_stretch(struct section *section, const char *name, size_t offset, size_t length)
{
    section->stretches[section->stretch_count++] = (struct stretch){name, offset, length};
}

/* A stretch that ought to be padding: then its length and what it is made of tell all. */
static void add_padding(struct section *section, const char *name, size_t offset)
{
    struct span bytes = span_part(section->bytes, offset, section->bytes.length);

    if (bytes.length && is_padding(bytes))
        say(section, name, offset, bytes.length, "%zu bytes of %02x", bytes.length, bytes.data[0]);
    else
        say(section, name, 0, 0, "%zu bytes", bytes.length);
    add_stretch(section, name, offset, bytes.length);
}

static void add_payload(struct section *section, const struct identity *identity)
{
    size_t start = identity->payload, length = identity->packed_length;
    size_t block_end = identity->block + identity->block_length;

    if (start < block_end || !span_has(section->bytes, start, length)) {
        add_stretch(section, "payload", block_end, section->bytes.length - block_end);
        return;
    }
    add_stretch(section, "identity block", identity->block, start - identity->block);
    add_stretch(section, "payload", start, length);
    add_padding(section, "padding", start + length);
}

static void add_identity(struct section *section, const struct identity *identity)
{
    size_t block = identity->block, words = identity->prefix_words;
    bool intact = identity_crc(section->bytes, identity->medium, words) == identity->image_crc;

    say(section, "medium", block + BLOCK_MEDIUM, 1, "%s", identity->medium->name);
    say(section, "identity vendor", block + BLOCK_VENDOR, 2, "%04x", identity->vendor);
    say_devices(section, "identity devices", identity->devices, identity->device_count);
    say_text(section, "product", identity->product);
    say_text(section, "version", identity->version);
    say_settings(section, identity->settings);
    say(section, "identity block offset", words + PREFIX_BLOCK, 4, "0x%zx", block);
    say(section, "identity block length", block + BLOCK_PARAGRAPHS, 1, "%zu",
        identity->block_length);
    say(section, "payload offset", block + BLOCK_PAYLOAD, 4, "0x%x", identity->payload);
    say(section, "payload length", block + BLOCK_PACKED_LENGTH, 4, "%u", identity->packed_length);
    say(section, "unpacked length", block + BLOCK_UNPACKED_LENGTH, 4, "%u",
        identity->unpacked_length);
    say(section, "payload CRC-32", block + BLOCK_PACKED_CRC, 4, "%08x", identity->packed_crc);
    say(section, "address base", block + BLOCK_ADDRESS_BASE, 4, "%08x", identity->address_base);
    say(section, "EFPX length", words + PREFIX_LENGTH, 4, "%u", identity->image_length);
    say(section, "EFPX CRC-32", words + PREFIX_CRC, 4, "%08x, %s", identity->image_crc,
        intact ? "right" : "wrong");
    add_stretch(section, "prefix", 0, block);
    add_payload(section, identity);
}

static void add_pnp(struct section *section, bool ours)
{
    struct problem problem;
    struct pnp pnp;

    if (!pnp_read(section->bytes, get16(section->bytes.data + ROM_PNP), &pnp, &problem))
        return;
    say_text(section, "PnP manufacturer", pnp.manufacturer);
    if (!ours) /* in ours it is the identity block's */
        say_text(section, "PnP product", pnp.product);
    say(section, "PnP BCV", pnp.offset + PNP_BCV, 2, "0x%x", pnp.bcv);
    say(section, "PnP BEV", pnp.offset + PNP_BEV, 2, "0x%x", pnp.bev);
    say(section, "PnP checksum", pnp.offset + PNP_CHECKSUM, 1, "%02x",
        section->bytes.data[pnp.offset + PNP_CHECKSUM]);
}

static void add_x86(struct section *section, const struct rom_image *image)
{
    size_t covered = rom_checked_length(image);
    size_t place = edit_checksum_byte(image->bytes.data, covered);
    struct identity identity;
    struct problem problem;
    bool ours = identity_read(image->bytes, &identity, &problem) == IDENTITY_FOUND;

    say(section, "header length", ROM_LENGTH, 1, "%zu", image->init_length);
    say(section, "checksum", 0, 0, "%s", byte_sum(image->bytes.data, covered) ? "wrong" : "right");
    if (place)
        say(section, "checksum byte", place, 1, "%02x", image->bytes.data[place]);
    add_pnp(section, ours);
    if (ours)
        add_identity(section, &identity);
    else
        add_stretch(section, "code", 0, image->bytes.length);
}

static void add_efi(struct section *section, const struct rom_image *image)
{
    const uint8_t *at = image->bytes.data;

    say(section, "header length", ROM_LENGTH, 2, "%zu", image->init_length);
    say(section, "EFI subsystem", EFI_SUBSYSTEM_AT, 2, "%u", get16(at + EFI_SUBSYSTEM_AT));
    say(section, "EFI machine", EFI_MACHINE_AT, 2, "%04x", get16(at + EFI_MACHINE_AT));
    say(section, "EFI compression", EFI_COMPRESSION_AT, 2, "%u", get16(at + EFI_COMPRESSION_AT));
    add_stretch(section, "code", 0, image->bytes.length);
}

static void add_rom_image(struct section *section, const struct rom_image *image)
{
    size_t pcir = image->pcir;
    long devices = rom_device_list(image);

    say(section, "code type", pcir + PCIR_CODE_TYPE, 1, "%u (%s)", image->code_type,
        rom_code_type_name(image->code_type));
    say(section, "vendor", pcir + PCIR_VENDOR, 2, "%04x", image->vendor);
    say(section, "device", pcir + PCIR_DEVICE, 2, "%04x", image->device);
    if (devices > 0)
        say_devices(section, "device list", pcir + image->device_list, (size_t)devices);
    say(section, "class", pcir + PCIR_CLASS, 3, "%06x", image->class_code);
    say(section, "PCIR length", pcir + PCIR_LENGTH, 2, "0x%x", image->pcir_length);
    say(section, "PCIR revision", pcir + PCIR_REVISION, 1, "%u", image->revision);
    say(section, "image length", pcir + PCIR_IMAGE_LENGTH, 2, "%zu", image->bytes.length);
    if (image->revision >= 3 && span_has(image->bytes, pcir, PCIR_SIZE_3))
        say(section, "run-time length", pcir + PCIR_RUNTIME_LENGTH, 2, "%zu",
            image->runtime_length);
    say(section, "last image", pcir + PCIR_INDICATOR, 1, "%s", image->last ? "yes" : "no");
    if (image->code_type == CODE_TYPE_X86)
        add_x86(section, image);
    else if (image->code_type == CODE_TYPE_EFI)
        add_efi(section, image);
    else
        add_stretch(section, "code", 0, image->bytes.length);
}

void fields_of_file(const struct listing *listing, struct section *section)
{
    size_t images = fields_image_count(listing), end = images ? listing->end : 0;

    if (images && !listing->image_count)
        end = identity_image(listing->file, &listing->identity).length;
    *section = (struct section){.bytes = listing->file};
    say(section, "kind", 0, 0, "%s", listing_kind(listing));
    say(section, "size", 0, 0, "%zu", listing->file.length);
    say(section, "images", 0, 0, "%zu", images);
    if (listing->has_problem)
        say(section, "problem", 0, 0, "offset 0x%zx: %s", listing->problem.offset,
            listing->problem.what);
    add_padding(section, images ? "after the images" : "content", end);
}

size_t fields_image_count(const struct listing *listing)
{
    return listing->image_count ? listing->image_count : listing->is_ours;
}

void fields_of_image(const struct listing *listing, size_t number, struct section *section)
{
    *section = (struct section){.base = 0};
    if (listing->image_count) {
        section->base = listing->images[number].offset;
        section->bytes = listing->images[number].bytes;
        add_rom_image(section, &listing->images[number]);
    } else {
        section->bytes = identity_image(listing->file, &listing->identity);
        add_identity(section, &listing->identity);
    }
}
