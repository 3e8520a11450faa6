/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "commands.h"
#include "file.h"
#include "listing.h"
#include "medium.h"

static void read_identity(struct listing *listing, size_t base, struct span image)
{
    struct problem problem;
    enum identity_result result;

    if (listing->is_ours)
        return;
    result = identity_read(image, &listing->identity, &problem);
    listing->is_ours = result == IDENTITY_FOUND;
    listing->base = base;
    if (result == IDENTITY_FOUND || (result == IDENTITY_ABSENT && listing->image_count))
        return;
    listing->has_problem = true;
    listing->problem = problem;
    listing->problem.offset += base;
}

static void read_rom(struct listing *listing)
{
    struct rom_image image = {0};

    for (listing->end = 0; !image.last; listing->end += image.bytes.length) {
        if (!rom_read(listing->file, listing->end, &image, &listing->problem)) {
            listing->has_problem = true;
            return;
        }
        listing->images = reallocarray(listing->images, listing->image_count + 1, sizeof(image));
        if (!listing->images)
            exit(complain(STATUS_TROUBLE, listing->path, NULL, "out of memory"));
        listing->images[listing->image_count++] = image;
        if (image.code_type == CODE_TYPE_X86)
            read_identity(listing, image.offset, image.bytes);
    }
}

void listing_read(const char *path, struct span file, struct listing *listing)
{
    *listing = (struct listing){.path = path, .file = file, .end = file.length};
    if (rom_is_rom(file))
        read_rom(listing);
    else
        read_identity(listing, 0, file);
}

void listing_free(struct listing *listing)
{
    free(listing->images);
    listing->images = NULL;
}

const char *listing_kind(const struct listing *listing)
{
    if (rom_is_rom(listing->file))
        return "rom";
    return listing->is_ours ? listing->identity.medium->name : "unknown";
}

static int list_file(const char *path, struct json *json)
{
    struct buffer content = {NULL, 0};
    struct listing listing;
    int status = file_read(path, &content);

    if (status)
        return status;
    listing_read(path, buffer_span(&content), &listing);
    if (json)
        listing_json(&listing, json);
    else
        listing_print(&listing, stdout);
    if (listing.has_problem)
        status = complain_problem(path, &listing.problem);
    listing_free(&listing);
    buffer_free(&content);
    return status;
}

int command_list(int argc, char **argv)
{
    struct json json = {.out = stdout};
    bool as_json = false;
    int files = 0, worst = STATUS_OK;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            as_json = true;
        else if (argv[i][0] == '-')
            return usage_error("list", "unknown argument", argv[i]);
        else
            files++;
    }
    if (!files)
        return usage_error("list", "no file is named", NULL);
    if (as_json) {
        json_open(&json, NULL, '{');
        json_open(&json, "files", '[');
    }
    for (int i = 1; i < argc; i++) {
        int status = STATUS_OK;

        if (strcmp(argv[i], "--json") != 0)
            status = list_file(argv[i], as_json ? &json : NULL);
        worst = status > worst ? status : worst;
    }
    if (as_json) {
        json_close(&json, ']');
        json_close(&json, '}');
    }
    return worst;
}
