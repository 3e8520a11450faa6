/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "diff.h"
#include "fields.h"
#include "file.h"

enum { A, B };

/* A section of both files. `known` has a byte for each of theirs: not 0 where a field tells all. */
struct pair {
    char where[32];
    struct section sections[2];
    uint8_t *known[2];
};

static void start_difference(struct diff *diff, const char *where, const char *field)
{
    diff->count++;
    if (diff->json) {
        json_open(diff->json, NULL, '{');
        json_text(diff->json, "where", where);
        json_text(diff->json, "field", field);
    } else {
        fprintf(diff->out, "  %s: %s: ", where, field);
    }
}

/* A text that one of the files lacks is NULL. */
static void report_texts(struct diff *diff, const char *where, const char *field, const char *a,
                         const char *b)
{
    start_difference(diff, where, field);
    if (!diff->json) {
        fprintf(diff->out, "%s -> %s\n", a ? a : "none", b ? b : "none");
        return;
    }
    if (a)
        json_text(diff->json, "a", a);
    if (b)
        json_text(diff->json, "b", b);
    json_close(diff->json, '}');
}

/* So many bytes differ; the first at these offsets in the files. */
static void report_bytes(struct diff *diff, const char *where, const char *field, size_t count,
                         size_t a, size_t b)
{
    start_difference(diff, where, field);
    if (!diff->json) {
        fprintf(diff->out, "%zu byte%s differ%s, the first at 0x%zx", count, count == 1 ? "" : "s",
                count == 1 ? "s" : "", a);
        if (a != b)
            fprintf(diff->out, " and 0x%zx", b);
        fputc('\n', diff->out);
        return;
    }
    json_number(diff->json, "bytes", (long long)count);
    json_number(diff->json, "offset_a", (long long)a);
    json_number(diff->json, "offset_b", (long long)b);
    json_close(diff->json, '}');
}

static const struct field *find_field(const struct section *section, const char *name)
{
    for (size_t i = 0; i < section->field_count; i++)
        if (strcmp(section->fields[i].name, name) == 0)
            return &section->fields[i];
    return NULL;
}

static const struct stretch *find_stretch(const struct section *section, const char *name)
{
    for (size_t i = 0; i < section->stretch_count; i++)
        if (strcmp(section->stretches[i].name, name) == 0)
            return &section->stretches[i];
    return NULL;
}

static void mark_known(struct pair *pair, unsigned file, const struct field *field)
{
    if (field && span_has(pair->sections[file].bytes, field->offset, field->length))
        memset(pair->known[file] + field->offset, 1, field->length);
}

/* True when fields of the same text have the same bytes: a text that was cut does not tell all. */
static bool same_bytes(const struct pair *pair, const struct field *a, const struct field *b)
{
    struct span in_a = span_part(pair->sections[A].bytes, a->offset, a->length);

    if (!a->length || !b->length)
        return a->length == b->length;
    return in_a.length == b->length &&
           span_equals(pair->sections[B].bytes, b->offset, in_a.data, in_a.length);
}

/* Compares a field; one of the two may be NULL. */
static void compare_field(struct diff *diff, struct pair *pair, const struct field *a,
                          const struct field *b)
{
    if (a && b && strcmp(a->text, b->text) == 0) {
        if (!same_bytes(pair, a, b))
            return;
    } else {
        report_texts(diff, pair->where, a ? a->name : b->name, a ? a->text : NULL,
                     b ? b->text : NULL);
    }
    mark_known(pair, A, a);
    mark_known(pair, B, b);
}

static void compare_stretch(struct diff *diff, const struct pair *pair, const struct stretch *a,
                            const struct stretch *b)
{
    struct span in_a = span_part(pair->sections[A].bytes, a->offset, a->length);
    struct span in_b = span_part(pair->sections[B].bytes, b->offset, b->length);
    struct span longer = in_a.length > in_b.length ? in_a : in_b;
    size_t count = 0, first = 0;

    for (size_t i = 0; i < longer.length; i++) {
        bool both = i < in_a.length && i < in_b.length;

        if ((i < in_a.length && pair->known[A][a->offset + i]) ||
            (i < in_b.length && pair->known[B][b->offset + i]))
            continue;
        /* zeros that only one of them has are filler, and that it is longer a field tells */
        if (both ? in_a.data[i] == in_b.data[i] : longer.data[i] == 0)
            continue;
        if (!count++)
            first = i;
    }
    if (count)
        report_bytes(diff, pair->where, a->name, count, pair->sections[A].base + a->offset + first,
                     pair->sections[B].base + b->offset + first);
}

static void compare_sections(struct diff *diff, struct pair *pair)
{
    const struct section *a = &pair->sections[A], *b = &pair->sections[B];

    pair->known[A] = allocate(a->bytes.length);
    pair->known[B] = allocate(b->bytes.length);
    for (size_t i = 0; i < a->field_count; i++)
        compare_field(diff, pair, &a->fields[i], find_field(b, a->fields[i].name));
    for (size_t i = 0; i < b->field_count; i++)
        if (!find_field(a, b->fields[i].name))
            compare_field(diff, pair, NULL, &b->fields[i]);
    for (size_t i = 0; i < a->stretch_count; i++) {
        const struct stretch *other = find_stretch(b, a->stretches[i].name);

        if (other)
            compare_stretch(diff, pair, &a->stretches[i], other);
    }
    free(pair->known[A]);
    free(pair->known[B]);
}

/* The image in a few words. */
static void summarize(const struct section *section, char *text, size_t size)
{
    const struct field *type = find_field(section, "code type");
    const struct field *vendor = find_field(section, "vendor"),
                       *device = find_field(section, "device");

    if (type && vendor && device)
        snprintf(text, size, "%.40s, %.8s:%.8s, %zu bytes", type->text, vendor->text, device->text,
                 section->bytes.length);
    else
        snprintf(text, size, "%zu bytes", section->bytes.length);
}

static void compare_images(struct diff *diff, struct pair *pair, const struct listing *a,
                           const struct listing *b)
{
    size_t count_a = fields_image_count(a), count_b = fields_image_count(b);

    for (size_t i = 0; i < count_a || i < count_b; i++) {
        char text[100];

        snprintf(pair->where, sizeof(pair->where), "image %zu", i);
        if (i < count_a)
            fields_of_image(a, i, &pair->sections[A]);
        if (i < count_b)
            fields_of_image(b, i, &pair->sections[B]);
        if (i < count_a && i < count_b) {
            compare_sections(diff, pair);
            continue;
        }
        summarize(&pair->sections[i < count_a ? A : B], text, sizeof(text));
        report_texts(diff, pair->where, "image", i < count_a ? text : NULL,
                     i < count_b ? text : NULL);
    }
}

/* Damaged files can differ where their fields agree: in the second of two settings of one name. */
static void compare_bytes(struct diff *diff, struct span a, struct span b)
{
    size_t count = 0, first = 0;

    for (size_t i = 0; i < a.length && i < b.length; i++)
        if (a.data[i] != b.data[i] && !count++)
            first = i;
    if (count)
        report_bytes(diff, "file", "content", count, first, first);
}

void diff_files(struct diff *diff, const struct listing *a, const struct listing *b)
{
    struct pair *pair = allocate(sizeof(*pair));

    diff->count = 0;
    snprintf(pair->where, sizeof(pair->where), "file");
    fields_of_file(a, &pair->sections[A]);
    fields_of_file(b, &pair->sections[B]);
    compare_sections(diff, pair);
    compare_images(diff, pair, a, b);
    free(pair);
    if (!diff->count)
        compare_bytes(diff, a->file, b->file);
}

static void print_result(struct diff *diff, const char *const paths[2])
{
    if (!diff->json) {
        if (diff->count)
            fprintf(diff->out, "%s -> %s: %zu difference%s\n", paths[A], paths[B], diff->count,
                    diff->count == 1 ? "" : "s");
        else
            fprintf(diff->out, "%s and %s are the same\n", paths[A], paths[B]);
        return;
    }
    json_close(diff->json, ']');
    json_bool(diff->json, "same", diff->count == 0);
    json_close(diff->json, '}');
}

static int diff_paths(struct diff *diff, const char *const paths[2])
{
    struct buffer content[2] = {{NULL, 0}, {NULL, 0}};
    int status = file_read(paths[A], &content[A]);

    if (!status)
        status = file_read(paths[B], &content[B]);
    if (!status) {
        struct listing listings[2];

        if (diff->json) {
            json_open(diff->json, NULL, '{');
            json_text(diff->json, "a", paths[A]);
            json_text(diff->json, "b", paths[B]);
            json_open(diff->json, "differences", '[');
        }
        for (unsigned file = A; file <= B; file++)
            listing_read(paths[file], buffer_span(&content[file]), &listings[file]);
        diff_files(diff, &listings[A], &listings[B]);
        listing_free(&listings[A]);
        listing_free(&listings[B]);
        print_result(diff, paths);
        status = diff->count ? STATUS_REFUSED : STATUS_OK;
    }
    buffer_free(&content[A]);
    buffer_free(&content[B]);
    return status;
}

int command_diff(int argc, char **argv)
{
    struct json json = {.out = stdout};
    struct diff diff = {.out = stdout};
    const char *paths[2];
    unsigned count = 0;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            diff.json = &json;
        else if (argv[i][0] == '-')
            return usage_error("diff", "unknown argument", argv[i]);
        else if (count == 2)
            return usage_error("diff", "two files at a time, not also", argv[i]);
        else
            paths[count++] = argv[i];
    }
    if (count < 2)
        return usage_error("diff", "two files are needed", NULL);
    return diff_paths(&diff, paths);
}
