/* SPDX-License-Identifier: BSD-2-Clause */
#include "lint.h"

#include <stdarg.h>

#include "commands.h"
#include "file.h"
#include "medium.h"

void finding(struct lint *lint, enum severity severity, size_t offset, const char *hint,
             const char *format, ...)
{
    va_list arguments;

    if (severity == LINT_ERROR)
        lint->errors++;
    else
        lint->warnings++;
    fprintf(lint->out, "%s: %s: offset 0x%zx: ", lint->file,
            severity == LINT_ERROR ? "error" : "warning", lint->base + offset);
    va_start(arguments, format);
    vfprintf(lint->out, format, arguments);
    va_end(arguments);
    fprintf(lint->out, "; %s\n", hint ? hint : "the image is damaged");
}

void finding_problem(struct lint *lint, enum severity severity, const struct problem *problem)
{
    finding(lint, severity, problem->offset, problem->hint, "%s", problem->what);
}

bool is_padding(struct span bytes)
{
    return bytes.length == 0 || ((bytes.data[0] == 0 || bytes.data[0] == 0xff) &&
                                 memcmp(bytes.data, bytes.data + 1, bytes.length - 1) == 0);
}

static void lint_rom_file(struct lint *lint, struct span file)
{
    struct rom_image image = {0};
    struct problem problem;
    size_t offset = 0;

    if (file.length % ROM_UNIT)
        finding(lint, LINT_WARNING, file.length, "pad the file; emulators cut such a tail off",
                "file length %zu is not a multiple of 512", file.length);
    while (!image.last) {
        if (offset == file.length) {
            finding(lint, LINT_ERROR, image.offset + image.pcir + PCIR_INDICATOR,
                    "set bit 7 of the indicator", "no image is marked as the last");
            return;
        }
        if (!rom_read(file, offset, &image, &problem)) {
            finding_problem(lint, LINT_ERROR, &problem);
            return;
        }
        lint->base = offset;
        lint_rom_image(lint, &image);
        lint->base = 0;
        offset += image.bytes.length;
    }
    if (!is_padding(span_part(file, offset, file.length)))
        finding(lint, LINT_WARNING, offset, "is an image not marked, or was the file cut?",
                "%zu bytes after the last image are not padding", file.length - offset);
}

static void lint_no_rom_file(struct lint *lint, struct span file)
{
    struct identity identity;
    struct problem problem;

    if (identity_read(file, &identity, &problem) != IDENTITY_FOUND) {
        finding_problem(lint, LINT_ERROR, &problem);
        return;
    }
    if (identity.medium->lint)
        identity.medium->lint(lint, file, &identity);
    lint_identity(lint, identity_image(file, &identity), &identity);
}

void lint_file(struct lint *lint, struct span file)
{
    struct problem problem;
    struct identity identity;

    if (rom_is_rom(file)) {
        lint_rom_file(lint, file);
    } else if (identity_read(file, &identity, &problem) != IDENTITY_ABSENT) {
        lint_no_rom_file(lint, file);
    } else {
        finding(lint, LINT_ERROR, 0, "a PCI option ROM starts with 55 AA, ours have EFPX",
                "neither an option ROM nor an image of ours");
    }
}

void lint_end(struct lint *lint)
{
    buffer_free(&lint->proven);
}

static int lint_path(struct lint *lint, const char *path)
{
    struct buffer content = {NULL, 0};
    int status = file_read(path, &content);

    if (status)
        return status;
    lint->file = path;
    lint_file(lint, buffer_span(&content));
    buffer_free(&content);
    return STATUS_OK;
}

int command_lint(int argc, char **argv)
{
    struct lint lint = {.out = stdout};
    int status = STATUS_OK;
    int files = 0;
    bool strict = false;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--strict") == 0)
            strict = true;
        else if (argv[i][0] == '-')
            return usage_error("lint", "unknown argument", argv[i]);
        else
            files++;
    }
    if (!files)
        return usage_error("lint", "no file is named", NULL);
    for (int i = 1; i < argc; i++)
        if (argv[i][0] != '-' && lint_path(&lint, argv[i]))
            status = STATUS_TROUBLE;
    lint_end(&lint);
    printf("%d file%s checked: %u errors, %u warnings\n", files, files == 1 ? "" : "s", lint.errors,
           lint.warnings);
    if (!status && (lint.errors || (strict && lint.warnings)))
        status = STATUS_REFUSED;
    return status;
}
