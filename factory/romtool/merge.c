/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands.h"
#include "edit.h"
#include "file.h"
#include "listing.h"

/* One image that goes into the merged file. */
struct piece {
    const char *path;
    struct rom_image image;
};

/* An input file; `only` is the number of the one image that is wanted of it, or ALL_IMAGES. */
struct input {
    char *path;
    long only;
    struct buffer content;
};

enum { ALL_IMAGES = -1 };

struct merge {
    const char *output;
    struct input *inputs;
    size_t file_count;
    struct piece *pieces;
    size_t piece_count;
};

/* FILE, or FILE#N for one image of it; a file whose name ends like that is taken as it is. */
static void add_input(struct merge *merge, const char *argument)
{
    struct input *input = &merge->inputs[merge->file_count++];
    char *mark, *end;

    input->only = ALL_IMAGES;
    input->path = allocate(strlen(argument) + 1);
    memcpy(input->path, argument, strlen(argument));
    mark = strrchr(input->path, '#');
    if (!mark || !isdigit((unsigned char)mark[1]) || access(argument, F_OK) == 0)
        return;
    input->only = strtol(mark + 1, &end, 10);
    if (*end)
        input->only = ALL_IMAGES;
    else
        *mark = 0;
}

static int parse_options(int argc, char **argv, struct merge *merge)
{
    merge->inputs = allocate((size_t)argc * sizeof(*merge->inputs));
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-')
            add_input(merge, argv[i]);
        else if (strcmp(argv[i], "-o") != 0)
            return usage_error("merge", "unknown argument", argv[i]);
        else if (++i == argc)
            return usage_error("merge", "a value is missing after", "-o");
        else
            merge->output = argv[i];
    }
    if (merge->file_count < 2 || !merge->output)
        return usage_error("merge", "two ROM files or more and -o are needed", NULL);
    return STATUS_OK;
}

/* A card takes the first image of a code type that has its ID; a second would never run. */
static int check_twin(const struct merge *merge, const char *path, const struct rom_image *image)
{
    for (size_t i = 0; i < merge->piece_count; i++) {
        const struct piece *other = &merge->pieces[i];

        if (other->image.code_type == image->code_type && other->image.vendor == image->vendor &&
            other->image.device == image->device)
            return complain(STATUS_REFUSED, path, "leave one out; FILE#N takes one image of a file",
                            "offset 0x%zx: a second %s image for %04x:%04x, after the one in %s",
                            image->offset, rom_code_type_name(image->code_type), image->vendor,
                            image->device, other->path);
    }
    return STATUS_OK;
}

static int add_piece(struct merge *merge, const char *path, const struct rom_image *image)
{
    int status = check_twin(merge, path, image);

    if (status)
        return status;
    merge->pieces = reallocarray(merge->pieces, merge->piece_count + 1, sizeof(*merge->pieces));
    if (!merge->pieces)
        exit(complain(STATUS_TROUBLE, path, NULL, "out of memory"));
    merge->pieces[merge->piece_count++] = (struct piece){path, *image};
    return STATUS_OK;
}

static int add_file(struct merge *merge, struct input *input)
{
    struct rom_image image = {0};
    struct problem problem;
    struct span file;
    size_t before = merge->piece_count, offset = 0;
    int status = file_read(input->path, &input->content);

    if (status)
        return status;
    file = buffer_span(&input->content);
    if (!rom_is_rom(file))
        return complain(STATUS_REFUSED, input->path, "only .rom images can share a file",
                        "not a PCI option ROM");
    for (long number = 0; !image.last && !status; number++, offset += image.bytes.length) {
        if (!rom_read(file, offset, &image, &problem))
            return complain_problem(input->path, &problem);
        if (input->only == ALL_IMAGES || input->only == number)
            status = add_piece(merge, input->path, &image);
    }
    if (!status && merge->piece_count == before)
        status = complain(STATUS_REFUSED, input->path, "romtool list numbers them",
                          "there is no image %ld", input->only);
    return status;
}

/* What works, but perhaps not as meant. */
static void warn_of_surprises(const struct merge *merge)
{
    const struct rom_image *first = &merge->pieces[0].image;

    for (size_t i = 1; i < merge->piece_count; i++) {
        const struct piece *piece = &merge->pieces[i];

        if (piece->image.vendor != first->vendor || piece->image.device != first->device)
            warn(piece->path, "stamp it first, if it is meant for the same card",
                 "image for %04x:%04x, the first is for %04x:%04x", piece->image.vendor,
                 piece->image.device, first->vendor, first->device);
        if (piece->image.code_type == CODE_TYPE_X86 && first->code_type != CODE_TYPE_X86)
            warn(piece->path, "name it first: old BIOSes look at the first image only",
                 "the x86 image does not come first");
    }
}

static int write_result(const struct merge *merge)
{
    struct buffer result = {NULL, 0};
    struct problem problem;
    int status = STATUS_OK;

    for (size_t i = 0; i < merge->piece_count && !status; i++)
        if (!edit_append_image(&result, &merge->pieces[i].image, i + 1 == merge->piece_count,
                               &problem))
            status = complain_problem(merge->pieces[i].path, &problem);
    if (!status)
        status = file_write(merge->output, buffer_span(&result));
    if (!status)
        printf("%s: %zu images, %zu bytes, BAR %zu KiB\n", merge->output, merge->piece_count,
               result.length, rom_bar_size(result.length) / 1024);
    buffer_free(&result);
    return status;
}

int command_merge(int argc, char **argv)
{
    struct merge merge = {0};
    int status = parse_options(argc, argv, &merge);

    for (size_t i = 0; i < merge.file_count && !status; i++)
        status = file_spare(merge.output, merge.inputs[i].path);
    for (size_t i = 0; i < merge.file_count && !status; i++)
        status = add_file(&merge, &merge.inputs[i]);
    if (!status) {
        warn_of_surprises(&merge);
        status = write_result(&merge);
    }
    for (size_t i = 0; i < merge.file_count; i++) {
        buffer_free(&merge.inputs[i].content);
        free(merge.inputs[i].path);
    }
    free(merge.inputs);
    free(merge.pieces);
    return status;
}
