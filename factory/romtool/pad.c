/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "file.h"
#include "lint.h"
#include "listing.h"

struct pad {
    const char *input, *output;
    size_t size; /* of the chip, in bytes */
    uint8_t fill;
};

/* Bytes, or KiB with a K behind the number, or MiB with an M. 0 when it is no size of a chip. */
static size_t parse_size(const char *text)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    unsigned shift = *end == 'K' || *end == 'k' ? 10 : *end == 'M' || *end == 'm' ? 20 : 0;

    if (*text < '0' || *text > '9' || *(shift ? end + 1 : end) ||
        number > (size_t)FILE_LIMIT >> shift)
        return 0;
    number <<= shift;
    return number % ROM_UNIT ? 0 : number;
}

static int parse_value(const char *name, const char *value, struct pad *pad)
{
    if (strcmp(name, "-o") == 0) {
        pad->output = value;
    } else if (strcmp(name, "--size") == 0) {
        pad->size = parse_size(value);
        if (!pad->size)
            return usage_error(
                "pad", "--size takes 32K, 64K, 128K, or bytes, a multiple of 512, not", value);
    } else if (strcmp(name, "--fill") == 0) {
        if (strcmp(value, "ff") != 0 && strcmp(value, "FF") != 0 && strcmp(value, "00") != 0)
            return usage_error("pad", "--fill takes ff or 00, not", value);
        pad->fill = *value == '0' ? 0 : 0xff;
    } else {
        return usage_error("pad", "unknown argument", name);
    }
    return STATUS_OK;
}

static int parse_options(int argc, char **argv, struct pad *pad)
{
    for (int i = 1; i < argc; i++) {
        int status = STATUS_OK;

        if (argv[i][0] != '-') {
            if (pad->input)
                return usage_error("pad", "only one file at a time, not also", argv[i]);
            pad->input = argv[i];
        } else if (i + 1 == argc) {
            return usage_error("pad", "a value is missing after", argv[i]);
        } else {
            status = parse_value(argv[i], argv[i + 1], pad);
            i++;
        }
        if (status)
            return status;
    }
    if (!pad->input || !pad->output || !pad->size)
        return usage_error("pad", "a ROM file, --size and -o are needed", NULL);
    return STATUS_OK;
}

/* What has to be in the chip: without the padding that was there before. */
static size_t content_length(const struct listing *listing)
{
    struct span tail = span_part(listing->file, listing->end, listing->file.length);

    return is_padding(tail) ? listing->end : listing->file.length;
}

static int write_padded(const struct pad *pad, const struct listing *listing)
{
    struct buffer result = {NULL, 0};
    size_t length;
    int status;

    if (!rom_is_rom(listing->file))
        return complain(STATUS_REFUSED, pad->input, "only .rom files go into flash chips",
                        "not a PCI option ROM");
    if (listing->has_problem)
        return complain_problem(pad->input, &listing->problem);
    length = content_length(listing);
    if (length > pad->size)
        return complain(STATUS_REFUSED, pad->input, "take a larger chip, or fewer images",
                        "%zu bytes do not fit the %zu of the chip", length, pad->size);
    buffer_resize(&result, pad->size);
    memcpy(result.data, listing->file.data, length);
    memset(result.data + length, pad->fill, pad->size - length);
    status = file_write(pad->output, buffer_span(&result));
    if (!status)
        printf("%s: %zu bytes and %zu of %02x\n", pad->output, length, pad->size - length,
               pad->fill);
    buffer_free(&result);
    return status;
}

int command_pad(int argc, char **argv)
{
    struct pad pad = {.fill = 0xff}; /* as flash chips are when they are erased */
    struct buffer content = {NULL, 0};
    struct listing listing;
    int status = parse_options(argc, argv, &pad);

    if (!status)
        status = file_read(pad.input, &content);
    if (status)
        return status;
    listing_read(pad.input, buffer_span(&content), &listing);
    status = write_padded(&pad, &listing);
    listing_free(&listing);
    buffer_free(&content);
    return status;
}
