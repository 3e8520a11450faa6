/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands.h"
#include "edit.h"
#include "file.h"
#include "listing.h"

/* A file could make us write a hundred thousand; no card's has more than a few. */
enum { IMAGES_MOST = 64 };

/* An image on its way into a file of its own. */
struct part {
    char *path;
    struct buffer bytes;
    bool written;
};

struct split {
    const char *input, *folder;
    struct listing listing;
    struct part *parts; /* one for each image */
};

static int parse_options(int argc, char **argv, struct split *split)
{
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-') {
            if (split->input)
                return usage_error("split", "only one file at a time, not also", argv[i]);
            split->input = argv[i];
        } else if (strcmp(argv[i], "-o") != 0) {
            return usage_error("split", "unknown argument", argv[i]);
        } else if (++i == argc) {
            return usage_error("split", "a value is missing after", "-o");
        } else {
            split->folder = argv[i];
        }
    }
    if (!split->input || !split->folder || !*split->folder)
        return usage_error("split", "a ROM file and -o, a folder, are needed", NULL);
    return STATUS_OK;
}

/* "FOLDER/NAME-0-x86.rom" for the first image of NAME.rom, in memory the caller frees. */
static char *part_path(const struct split *split, size_t number)
{
    const char *slash = strrchr(split->input, '/'), *name = slash ? slash + 1 : split->input;
    const char *dot = strrchr(name, '.');
    int length = dot && dot > name ? (int)(dot - name) : (int)strlen(name);
    uint8_t type = split->listing.images[number].code_type;
    char kind[8], *path;
    size_t size;

    if (type == CODE_TYPE_X86 || type == CODE_TYPE_EFI)
        snprintf(kind, sizeof(kind), "%s", type == CODE_TYPE_X86 ? "x86" : "efi");
    else
        snprintf(kind, sizeof(kind), "type%02x", type);
    size = strlen(split->folder) + (size_t)length + sizeof(kind) + 16;
    path = allocate(size);
    snprintf(path, size, "%s/%.*s-%zu-%s.rom", split->folder, length, name, number, kind);
    return path;
}

static int make_parts(struct split *split)
{
    struct listing *listing = &split->listing;

    if (!rom_is_rom(listing->file))
        return complain(STATUS_REFUSED, split->input, "only .rom files hold several images",
                        "not a PCI option ROM");
    if (listing->has_problem)
        return complain_problem(split->input, &listing->problem);
    if (listing->image_count > IMAGES_MOST)
        return complain(STATUS_REFUSED, split->input, "romtool list shows them",
                        "%zu images are more than the %d that are written", listing->image_count,
                        IMAGES_MOST);
    split->parts = allocate(listing->image_count * sizeof(*split->parts));
    for (size_t i = 0; i < listing->image_count; i++) {
        struct problem problem;

        split->parts[i].path = part_path(split, i);
        if (!edit_append_image(&split->parts[i].bytes, &listing->images[i], true, &problem))
            return complain_problem(split->input, &problem);
        if (file_spare(split->parts[i].path, split->input))
            return STATUS_TROUBLE;
    }
    return STATUS_OK;
}

/* All of them, or none: a set that lacks one would look like a smaller ROM. */
static int write_parts(struct split *split)
{
    size_t count = split->listing.image_count;
    int status = file_make_folders(split->parts[0].path);

    for (size_t i = 0; i < count && !status; i++) {
        status = file_write(split->parts[i].path, buffer_span(&split->parts[i].bytes));
        split->parts[i].written = !status;
    }
    for (size_t i = 0; i < count; i++) {
        if (status && split->parts[i].written)
            unlink(split->parts[i].path);
        else if (!status)
            printf("%s: %zu bytes\n", split->parts[i].path, split->parts[i].bytes.length);
    }
    return status;
}

int command_split(int argc, char **argv)
{
    struct split split = {0};
    struct buffer content = {NULL, 0};
    int status = parse_options(argc, argv, &split);

    if (!status)
        status = file_read(split.input, &content);
    if (status)
        return status;
    listing_read(split.input, buffer_span(&content), &split.listing);
    status = make_parts(&split);
    if (!status)
        status = write_parts(&split);
    for (size_t i = 0; split.parts && i < split.listing.image_count; i++) {
        free(split.parts[i].path);
        buffer_free(&split.parts[i].bytes);
    }
    free(split.parts);
    listing_free(&split.listing);
    buffer_free(&content);
    return status;
}
