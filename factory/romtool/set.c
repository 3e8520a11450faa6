/* SPDX-License-Identifier: BSD-2-Clause */
/* Changing the settings of finished images. They are the end of the identity block, so all before
 * them stays where it is; the payload behind them moves. */
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "edit.h"
#include "file.h"
#include "lint.h"
#include "medium.h"
#include "settingtext.h"

struct set_options {
    const char *input, *output;
    char **changes;
    size_t count;
};

static int parse_options(int argc, char **argv, struct set_options *options)
{
    options->changes = allocate((size_t)argc * sizeof(*options->changes));
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-o") == 0) {
            if (++i == argc)
                return usage_error("set", "a value is missing after", "-o");
            options->output = argv[i];
        } else if (argv[i][0] == '-') {
            return usage_error("set", "unknown argument", argv[i]);
        } else if (!options->input) {
            options->input = argv[i];
        } else {
            options->changes[options->count++] = argv[i];
        }
    }
    if (!options->input || !options->output || !options->count)
        return usage_error("set", "an image, settings and -o are needed", NULL);
    return STATUS_OK;
}

/* Wrong changes are told before any file is read. */
static int check_changes(const struct set_options *options)
{
    struct problem problem;
    char *text = settings_change("", options->changes, options->count, &problem);

    if (!text)
        return complain(STATUS_TROUBLE, "set", problem.hint, "%s", problem.what);
    free(text);
    return STATUS_OK;
}

/* A damaged image must not get good checksums. */
static int check_input(const char *path, struct span file)
{
    struct lint lint = {.out = stderr, .file = path};

    lint_file(&lint, file);
    lint_end(&lint);
    return lint.errors ? complain(STATUS_REFUSED, path, "take an intact one",
                                  "the image is damaged; nothing is written")
                       : STATUS_OK;
}

int command_set(int argc, char **argv)
{
    struct set_options options = {0};
    struct buffer file = {NULL, 0};
    struct problem problem;
    int status = parse_options(argc, argv, &options);

    if (!status)
        status = check_changes(&options);
    if (!status)
        status = file_read(options.input, &file);
    if (!status)
        status = check_input(options.input, buffer_span(&file));
    if (!status && !edit_set(&file, options.changes, options.count, &problem))
        status = complain_problem(options.input, &problem);
    if (!status)
        status = file_write(options.output, buffer_span(&file));
    buffer_free(&file);
    free(options.changes);
    return status;
}
