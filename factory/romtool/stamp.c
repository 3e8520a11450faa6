/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "commands.h"
#include "edit.h"
#include "file.h"
#include "imagelist.h"
#include "lint.h"

struct stamp_options {
    const char *input, *output;
    bool has_id;
    struct new_identity identity;
};

static int parse_id(const char *argument, struct stamp_options *options)
{
    const char *end = parse_hex4(argument, &options->identity.vendor);

    end = end && *end == ':' ? parse_hex4(end + 1, &options->identity.device) : NULL;
    if (!end || *end)
        return usage_error("stamp", "--id takes VVVV:DDDD, not", argument);
    if (options->identity.vendor == VENDOR_NONE || options->identity.vendor == VENDOR_ANY ||
        options->identity.device == 0)
        return usage_error("stamp", "no card has the ID", argument);
    options->has_id = true;
    return STATUS_OK;
}

static int parse_options(int argc, char **argv, struct stamp_options *options)
{
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i];
        int status = STATUS_OK;

        if (name[0] != '-') {
            if (options->input)
                return usage_error("stamp", "only one image at a time, not also", name);
            options->input = name;
            continue;
        }
        if (++i == argc)
            return usage_error("stamp", "a value is missing after", name);
        if (strcmp(name, "--id") == 0)
            status = parse_id(argv[i], options);
        else if (strcmp(name, "--name") == 0)
            options->identity.name = argv[i];
        else if (strcmp(name, "-o") == 0)
            options->output = argv[i];
        else
            status = usage_error("stamp", "unknown argument", name);
        if (status)
            return status;
    }
    if (!options->input || !options->output || !options->has_id)
        return usage_error("stamp", "an image, --id and -o are needed", NULL);
    return STATUS_OK;
}

/* A damaged image of ours must not get good checksums: what lint then still finds is damage. */
static int check_result(const struct stamp_options *options, struct span file, bool ours)
{
    struct lint lint = {.out = stderr, .file = options->input};

    if (!ours)
        return STATUS_OK;
    lint_file(&lint, file);
    lint_end(&lint);
    if (lint.errors)
        return complain(STATUS_REFUSED, options->input, "stamp an intact one",
                        "the image is damaged; nothing is written");
    return STATUS_OK;
}

int command_stamp(int argc, char **argv)
{
    struct stamp_options options = {0};
    struct buffer file = {NULL, 0};
    struct problem problem;
    size_t kept = 0;
    bool ours = false;
    int status = parse_options(argc, argv, &options);

    if (!status)
        status = file_read(options.input, &file);
    if (!status && !edit_stamp(&file, &options.identity, &kept, &ours, &problem))
        status = complain_problem(options.input, &problem);
    if (!status)
        status = check_result(&options, buffer_span(&file), ours);
    if (!status && kept)
        warn(options.input, "it is not for the card of the first image",
             "%zu image%s of another ID stay%s as is", kept, kept == 1 ? "" : "s",
             kept == 1 ? "s" : "");
    if (!status)
        status = file_write(options.output, buffer_span(&file));
    buffer_free(&file);
    return status;
}
