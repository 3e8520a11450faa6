/* SPDX-License-Identifier: BSD-2-Clause */
/* ROM and disk images, and ELF files: whatever romtool reads. Input: the file. */
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
