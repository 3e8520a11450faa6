/* Feeds damaged copies of the files named to everything in romtool that reads ROM, image or ELF
 * bytes. Built with sanitizers; the same seeds and count give the same inputs.
 * Usage: romtool_fuzz COUNT FILE... */
#include <stdio.h>
#include <stdlib.h>

#include "edit.h"
#include "elf32.h"
#include "file.h"
#include "lint.h"
#include "listing.h"
#include "payload.h"
#include "relocation.h"

static uint32_t state = 0x2545f491;

/* Xorshift (Marsaglia 2003): 32 bits, period 2^32 - 1. */
static uint32_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static size_t below(size_t limit)
{
    return limit ? next_random() % limit : 0;
}

/* One change: a bit, a byte, a field with a value that tends to break things, a cut, a copy of one
 * place to another. */
static void mutate(struct buffer *data)
{
    static const uint32_t values[] = {0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, ~0u};
    size_t at = below(data->length);
    uint32_t value = values[below(sizeof(values) / sizeof(values[0]))];

    if (data->length < 8)
        return;
    /* Headers are where the structure is. */
    if (next_random() % 2)
        at = below(data->length < 256 ? data->length : 256);
    switch (next_random() % 8) {
    case 0:
    case 1:
        data->data[at] ^= (uint8_t)(1 << next_random() % 8);
        break;
    case 2:
    case 3:
        data->data[at] = (uint8_t)next_random();
        break;
    case 4:
        put16(data->data + (at < data->length - 2 ? at : 0), value);
        break;
    case 5:
        put32(data->data + (at < data->length - 4 ? at : 0), value);
        break;
    case 6:
        if (next_random() % 4 == 0)
            buffer_resize(data, at);
        break;
    default: {
        size_t from = below(data->length - 4), to = below(data->length - 4);

        memmove(data->data + to, data->data + from, 4);
    }
    }
}

static void try_image(struct buffer *data, FILE *sink)
{
    struct lint lint = {.out = sink, .file = "fuzz"};
    struct json json = {.out = sink};
    struct new_identity identity = {0x8086, 0x100e, next_random() % 2 ? "name" : NULL};
    struct listing listing;
    struct problem problem;
    size_t kept;
    bool ours;

    lint_file(&lint, buffer_span(data));
    lint_end(&lint);
    listing_read("fuzz", buffer_span(data), &listing);
    listing_print(&listing, sink);
    listing_json(&listing, &json);
    listing_free(&listing);
    edit_stamp(data, &identity, &kept, &ours, &problem);
}

static void try_elf(struct buffer *data)
{
    struct payload payload;
    struct problem problem;

    if (payload_read(buffer_span(data), &payload, &problem) &&
        !relocation_check(buffer_span(&payload.bytes), payload.address_base, &problem) &&
        !strstr(problem.what, "no word holds an address")) {
        fprintf(stderr, "a base just chosen is refused: %s\n", problem.what);
        abort();
    }
    buffer_free(&payload.bytes);
}

static void try_once(const struct buffer *seed, FILE *sink)
{
    struct buffer data = {NULL, 0};

    buffer_resize(&data, seed->length);
    if (seed->length)
        memcpy(data.data, seed->data, seed->length);
    for (size_t changes = 1 + below(4); changes; changes--)
        mutate(&data);
    if (span_equals(buffer_span(seed), 0,
                    "\x7f"
                    "ELF",
                    4))
        try_elf(&data);
    else
        try_image(&data, sink);
    buffer_free(&data);
}

int main(int argc, char **argv)
{
    FILE *sink = fopen("/dev/null", "w");
    struct buffer seeds[16] = {0};
    int seed_count = argc - 2;
    long count;

    if (!sink || seed_count < 1 || seed_count > 16)
        return STATUS_TROUBLE;
    count = atol(argv[1]);
    for (int i = 0; i < seed_count; i++)
        if (file_read(argv[2 + i], &seeds[i]))
            return STATUS_TROUBLE;
    for (long i = 0; i < count; i++)
        try_once(&seeds[i % seed_count], sink);
    for (int i = 0; i < seed_count; i++)
        buffer_free(&seeds[i]);
    fclose(sink);
    printf("%ld inputs from %d files\n", count, seed_count);
    return STATUS_OK;
}
