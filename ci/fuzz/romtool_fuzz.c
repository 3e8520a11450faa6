/* SPDX-License-Identifier: BSD-2-Clause */
/* ROM and disk images, and ELF files: whatever romtool reads. Input: the file. */
#include "diff.h"
#include "edit.h"
#include "elf32.h"
#include "fuzz.h"
#include "lint.h"
#include "listing.h"
#include "payload.h"
#include "relocation.h"

static void try_stamp(struct span file, const char *name)
{
    struct new_identity identity = {0x8086, 0x100e, name};
    struct buffer copy = {NULL, 0};
    struct problem problem;
    size_t kept;
    bool ours;

    buffer_resize(&copy, file.length);
    if (file.length)
        memcpy(copy.data, file.data, file.length);
    if (!edit_stamp(&copy, &identity, &kept, &ours, &problem))
        CHECK(problem.what[0]);
    CHECK(copy.length == file.length);
    buffer_free(&copy);
}

/* An intact image takes other settings and stays intact; without them again, it is the old one. */
static void try_set(struct span file, FILE *sink)
{
    static char *const given[] = {"args=a b", "wait=3"}, *const taken[] = {"args=", "wait="};
    struct buffer copy = {NULL, 0};
    struct lint lint = {.out = sink, .file = "fuzz"};
    struct problem problem;

    buffer_resize(&copy, file.length);
    memcpy(copy.data, file.data, file.length);
    if (edit_set(&copy, given, 2, &problem)) {
        lint_file(&lint, buffer_span(&copy));
        lint_end(&lint);
        CHECK(!lint.errors);
        CHECK(edit_set(&copy, taken, 2, &problem));
    } else {
        CHECK(problem.what[0]);
    }
    buffer_free(&copy);
}

/* Against a copy with one byte changed, and against itself: no difference is missed or made up. */
static void try_diff(const struct listing *listing, FILE *sink)
{
    struct json json = {.out = sink};
    struct diff text = {.out = sink}, as_json = {.out = sink, .json = &json};
    struct buffer copy = {NULL, 0};
    struct listing other;

    diff_files(&text, listing, listing);
    CHECK(text.count == 0);
    if (!listing->file.length)
        return;
    buffer_resize(&copy, listing->file.length);
    memcpy(copy.data, listing->file.data, copy.length);
    copy.data[crc32_of(listing->file) % copy.length] ^= 0x41;
    listing_read("other", buffer_span(&copy), &other);
    json_open(&json, NULL, '[');
    diff_files(&as_json, listing, &other);
    diff_files(&text, &other, listing);
    json_close(&json, ']');
    CHECK(as_json.count > 0 && as_json.count == text.count);
    listing_free(&other);
    buffer_free(&copy);
}

/* Each image by itself, and back as it was: what split writes, merge takes. */
static void try_split(const struct listing *listing)
{
    for (size_t i = 0; i < listing->image_count; i++) {
        const struct rom_image *image = &listing->images[i];
        struct buffer alone = {NULL, 0}, again = {NULL, 0};
        struct rom_image found;
        struct problem problem;

        if (!edit_append_image(&alone, image, true, &problem)) {
            CHECK(problem.what[0]);
        } else if (rom_read(buffer_span(&alone), 0, &found, &problem)) {
            CHECK(found.last && found.bytes.length == image->bytes.length);
            CHECK(edit_append_image(&again, &found, image->last, &problem));
            CHECK(span_equals(image->bytes, 0, again.data, again.length));
        }
        buffer_free(&alone);
        buffer_free(&again);
    }
}

static void try_image(struct span file, FILE *sink)
{
    struct lint lint = {.out = sink, .file = "fuzz"};
    struct json json = {.out = sink};
    struct listing listing;

    lint_file(&lint, file);
    lint_end(&lint);
    if (!lint.errors)
        try_set(file, sink);
    listing_read("fuzz", file, &listing);
    CHECK(listing.end <= file.length);
    listing_print(&listing, sink);
    listing_json(&listing, &json);
    try_diff(&listing, sink);
    try_split(&listing);
    listing_free(&listing);
    try_stamp(file, NULL);
    try_stamp(file, "name");
}

static void try_elf(struct span file)
{
    struct payload payload;
    struct problem problem;

    if (!payload_read(file, &payload, &problem))
        CHECK(problem.what[0]);
    else if (!relocation_check(buffer_span(&payload.bytes), payload.address_base, &problem))
        CHECK(strstr(problem.what, "no word holds an address"));
    buffer_free(&payload.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *sink;
    struct span file = {data, size};

    if (!sink)
        sink = fopen("/dev/null", "w");
    if (size > 4 && !memcmp(data,
                            "\x7f"
                            "ELF",
                            4))
        try_elf(file);
    else
        try_image(file, sink);
    return 0;
}
