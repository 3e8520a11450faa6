/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "file.h"
#include "imagelist.h"
#include "medium.h"
#include "payload.h"
#include "report.h"
#include "rom.h"
#include "squeeze.h"

/* A --prefix option, and what its file holds. */
struct prefix {
    const struct medium *medium;
    const char *path;
    struct buffer bytes;
};

/* The command line. */
struct pack_options {
    const char *elf, *list, *folder, *report;
    struct prefix *prefixes;
    size_t prefix_count;
    bool only;
    uint16_t only_vendor, only_device;
};

/* All that pack holds; everything is freed at its end. */
struct pack {
    struct pack_options options;
    struct image_list list;
    struct payload payload;
    struct buffer packed;
    uint32_t crc;
    struct report report;
};

static int parse_prefix(char *argument, struct pack_options *options)
{
    char *equals = strchr(argument, '=');
    struct prefix *prefix = &options->prefixes[options->prefix_count];

    if (equals) {
        *equals = 0;
        *prefix = (struct prefix){medium_by_name(argument), equals + 1, {NULL, 0}};
        *equals = '=';
    }
    if (!prefix->medium)
        return complain(STATUS_TROUBLE, "pack", medium_names(),
                        "--prefix takes MEDIUM=FILE, not %s", argument);
    options->prefix_count++;
    return STATUS_OK;
}

static int parse_only(const char *argument, struct pack_options *options)
{
    /* 10ec8139 as in file names, or 10ec:8139 as on make's command line. */
    const char *end = parse_hex4(argument, &options->only_vendor);

    if (end)
        end = parse_hex4(end + (*end == ':'), &options->only_device);
    if (!end || *end)
        return usage_error("pack", "--only takes eight hexadecimal digits, not", argument);
    options->only = true;
    return STATUS_OK;
}

static int parse_options(int argc, char **argv, struct pack_options *options)
{
    options->prefixes = allocate((size_t)argc * sizeof(*options->prefixes));
    for (int i = 1; i < argc; i += 2) {
        char *name = argv[i], *value = argv[i + 1];
        int status = STATUS_OK;

        if (!value)
            return usage_error("pack", "a value is missing after", name);
        if (strcmp(name, "--elf") == 0)
            options->elf = value;
        else if (strcmp(name, "--images") == 0)
            options->list = value;
        else if (strcmp(name, "--out") == 0)
            options->folder = value;
        else if (strcmp(name, "--report") == 0)
            options->report = value;
        else if (strcmp(name, "--prefix") == 0)
            status = parse_prefix(value, options);
        else if (strcmp(name, "--only") == 0)
            status = parse_only(value, options);
        else
            status = usage_error("pack", "unknown argument", name);
        if (status)
            return status;
    }
    if (!options->elf || !options->list || !options->folder)
        return usage_error("pack", "--elf, --images and --out are needed", NULL);
    return STATUS_OK;
}

static int read_prefixes(struct pack_options *options)
{
    for (size_t i = 0; i < options->prefix_count; i++) {
        struct prefix *prefix = &options->prefixes[i];
        struct problem problem;
        int status = file_read(prefix->path, &prefix->bytes);

        if (status)
            return status;
        if (!medium_check(prefix->medium, buffer_span(&prefix->bytes), &problem))
            return complain_problem(prefix->path, &problem);
    }
    return STATUS_OK;
}

/* The last one given for the medium; NULL when there is none. */
static const struct prefix *find_prefix(const struct pack_options *options,
                                        const struct medium *medium)
{
    for (size_t i = options->prefix_count; i--;)
        if (options->prefixes[i].medium == medium)
            return &options->prefixes[i];
    return NULL;
}

/* Reads the firmware and packs it, once for all images. */
static int make_payload(struct pack *pack)
{
    const char *path = pack->options.elf;
    struct buffer elf = {NULL, 0};
    struct problem problem;
    int status = file_read(path, &elf);

    if (status)
        return status;
    if (!payload_read(buffer_span(&elf), &pack->payload, &problem) ||
        !squeeze(buffer_span(&pack->payload.bytes), &pack->packed, &problem))
        status = complain_problem(path, &problem);
    buffer_free(&elf);
    if (!status)
        pack->crc = crc32_of(buffer_span(&pack->packed));
    return status;
}

static bool is_wanted(const struct pack_options *options, const struct image_entry *entry)
{
    return !options->only || (entry->vendor == options->only_vendor && entry->device_count == 1 &&
                              entry->devices[0] == options->only_device);
}

/* Writes the finished image, whose payload is at `payload`, unless it is over its limits: then an
 * older one must not stay. */
static int write_image(struct pack *pack, const struct image_entry *entry, const char *path,
                       struct buffer *image, size_t payload)
{
    const struct medium *medium = entry->medium;
    size_t length = image->length;
    int status;

    if (length > entry->budget) {
        remove(path);
        return complain(STATUS_REFUSED, path,
                        "make the firmware or its settings smaller, or raise the budget",
                        "image of %zu bytes is over its budget of %zu", length, entry->budget);
    }
    if (medium->safe_length && length > medium->safe_length)
        warn(path, "not every BIOS runs it", "image of %zu bytes is over %zu", length,
             medium->safe_length);
    if (length < medium->file_size)
        buffer_resize(image, medium->file_size);
    status = file_make_folders(path);
    if (!status)
        status = file_write(path, buffer_span(image));
    if (!status)
        report_image(&pack->report,
                     (struct report_entry){entry, image->length, entry->budget - length, payload});
    return status;
}

static int make_image(struct pack *pack, const struct image_entry *entry)
{
    const struct identity_spec spec = {
        .medium = entry->medium,
        .vendor = entry->vendor,
        .devices = entry->devices,
        .device_count = entry->device_count,
        .product = entry->product,
        .version = entry->version,
        .settings = entry->settings,
        .unpacked_length = (uint32_t)pack->payload.bytes.length,
        .packed_crc = pack->crc,
        .address_base = pack->payload.address_base,
    };
    const struct prefix *prefix = find_prefix(&pack->options, entry->medium);
    struct buffer image = {NULL, 0};
    struct identity identity;
    struct problem problem;
    char *path;
    int status;

    if (!prefix)
        return complain(STATUS_TROUBLE, pack->options.list, "give --prefix for each medium",
                        "line %d: no prefix for medium %s", entry->line, entry->medium->name);
    path = path_join(pack->options.folder, entry->path);
    status = file_check_links(pack->options.folder, path);
    if (status) {
        free(path);
        return status;
    }
    if (medium_complete(buffer_span(&prefix->bytes), &spec, buffer_span(&pack->packed), &image,
                        &problem) &&
        identity_read(buffer_span(&image), &identity, &problem) == IDENTITY_FOUND) {
        status = write_image(pack, entry, path, &image, identity.payload);
    } else {
        remove(path);
        status = complain_problem(path, &problem);
    }
    buffer_free(&image);
    free(path);
    return status;
}

/* One image that is refused does not keep the others from being made; trouble ends the run. */
static int make_images(struct pack *pack)
{
    int worst = STATUS_OK;
    size_t wanted = 0;

    for (size_t i = 0; i < pack->list.count && worst != STATUS_TROUBLE; i++) {
        int status;

        if (!is_wanted(&pack->options, &pack->list.entries[i]))
            continue;
        wanted++;
        status = make_image(pack, &pack->list.entries[i]);
        worst = status > worst ? status : worst;
    }
    if (!wanted)
        return complain(STATUS_REFUSED, pack->options.list, "check the ID",
                        "no image for %04x:%04x", pack->options.only_vendor,
                        pack->options.only_device);
    return worst;
}

static int write_report(struct pack *pack)
{
    if (!pack->options.report)
        return STATUS_OK;
    return report_write(&pack->report, pack->options.report, &pack->payload,
                        buffer_span(&pack->packed), pack->crc);
}

static int spare_inputs(const struct pack_options *options)
{
    int status = file_spare(options->report, options->elf);

    if (!status)
        status = file_spare(options->report, options->list);
    for (size_t i = 0; i < options->prefix_count && !status; i++)
        status = file_spare(options->report, options->prefixes[i].path);
    return status;
}

int command_pack(int argc, char **argv)
{
    struct pack pack = {0};
    int status = parse_options(argc, argv, &pack.options);

    if (!status)
        status = spare_inputs(&pack.options);
    if (!status)
        status = image_list_read(pack.options.list, &pack.list);
    if (!status)
        status = read_prefixes(&pack.options);
    if (!status)
        status = make_payload(&pack);
    if (!status)
        status = make_images(&pack);
    if (!status)
        status = write_report(&pack);
    image_list_free(&pack.list);
    for (size_t i = 0; i < pack.options.prefix_count; i++)
        buffer_free(&pack.options.prefixes[i].bytes);
    free(pack.options.prefixes);
    buffer_free(&pack.payload.bytes);
    buffer_free(&pack.packed);
    report_free(&pack.report);
    return status;
}
