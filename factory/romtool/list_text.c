/* SPDX-License-Identifier: BSD-2-Clause */
#include "listing.h"

#include "lint.h"
#include "medium.h"

/* Prints a text of the file with everything unprintable shown as a dot. */
static void print_text(FILE *out, struct span span, size_t offset)
{
    long length = string_length(span, offset);

    fputc('"', out);
    for (long i = 0; i < length; i++) {
        char c = (char)span.data[offset + (size_t)i];

        fputc(c < ' ' || c > '~' ? '.' : c, out);
    }
    fputc('"', out);
}

/* Each on a line of its own. */
static void print_settings(FILE *out, struct span span, size_t offset)
{
    const char *text = (const char *)span.data + offset;

    for (bool inside = false; *text; text++) {
        if (!inside)
            fprintf(out, "\n  setting: ");
        inside = *text != '\n';
        if (inside)
            fputc(*text < ' ' || *text > '~' ? '.' : *text, out);
    }
}

static void print_devices(FILE *out, struct span span, size_t list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fprintf(out, " %04x", get16(span.data + list + 2 * i));
}

static void print_image(const struct rom_image *image, size_t number, FILE *out)
{
    long devices = rom_device_list(image);
    struct problem problem;
    struct pnp pnp;

    fprintf(out, "  image %zu at 0x%zx: %s, %04x:%04x, class %06x, %zu bytes, PCIR revision %u%s\n",
            number, image->offset, rom_code_type_name(image->code_type), image->vendor,
            image->device, image->class_code, image->bytes.length, image->revision,
            image->last ? ", last" : "");
    if (image->device_list && devices > 0) {
        fprintf(out, "    device list:");
        print_devices(out, image->bytes, image->pcir + image->device_list, (size_t)devices);
        fputc('\n', out);
    }
    if (image->code_type != CODE_TYPE_X86 ||
        !pnp_read(image->bytes, get16(image->bytes.data + ROM_PNP), &pnp, &problem))
        return;
    fprintf(out, "    PnP: ");
    print_text(out, image->bytes, pnp.manufacturer);
    fprintf(out, ", ");
    print_text(out, image->bytes, pnp.product);
    if (pnp.bev)
        fprintf(out, ", BEV 0x%x", pnp.bev);
    if (pnp.bcv)
        fprintf(out, ", BCV 0x%x", pnp.bcv);
    fputc('\n', out);
}

static void print_identity(const struct listing *listing, FILE *out)
{
    const struct identity *identity = &listing->identity;
    struct span image = span_part(listing->file, listing->base, listing->file.length);

    fprintf(out, "  identity: %s, ", identity->medium->name);
    if (identity->vendor == VENDOR_ANY)
        fprintf(out, "every card its drivers know");
    else if (identity->vendor == VENDOR_NONE)
        fprintf(out, "no native driver");
    else
        fprintf(out, "vendor %04x, device", identity->vendor);
    print_devices(out, image, identity->devices, identity->device_count);
    fprintf(out, ", ");
    print_text(out, image, identity->product);
    fprintf(out, ", version ");
    print_text(out, image, identity->version);
    print_settings(out, image, identity->settings);
    fprintf(out, "\n  payload: %u bytes at 0x%zx, unpacked %u, CRC-32 %08x\n",
            identity->packed_length, listing->base + identity->payload, identity->unpacked_length,
            identity->packed_crc);
}

void listing_print(const struct listing *listing, FILE *out)
{
    struct span tail = span_part(listing->file, listing->end, listing->file.length);
    size_t bar = rom_bar_size(listing->end);

    fprintf(out, "%s: %s, %zu bytes", listing->path, listing_kind(listing), listing->file.length);
    if (listing->image_count)
        fprintf(out, ", BAR %zu KiB, %zu bytes free in it", bar / 1024, bar - listing->end);
    fputc('\n', out);
    for (size_t i = 0; i < listing->image_count; i++)
        print_image(&listing->images[i], i, out);
    if (listing->is_ours)
        print_identity(listing, out);
    if (tail.length && is_padding(tail))
        fprintf(out, "  %zu bytes of %02x after the last image\n", tail.length, tail.data[0]);
    else if (tail.length)
        fprintf(out, "  %zu bytes after the last image\n", tail.length);
}
