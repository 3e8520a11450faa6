/* SPDX-License-Identifier: BSD-2-Clause */
#include "imagelist.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "file.h"
#include "lib/settings.h"
#include "medium.h"
#include "settingtext.h"

enum field { MEDIUM, PATH, VENDOR, DEVICES, BUDGET, PRODUCT, VERSION, FIELDS };

/* A field that cannot be used: which, and what it should be. */
static int bad_field(const char *file, const struct image_entry *entry, const char *name,
                     const char *value, const char *hint)
{
    return complain(STATUS_REFUSED, file, hint, "line %d: %s '%.100s' is not valid", entry->line,
                    name, value);
}

const char *parse_hex4(const char *text, uint16_t *value)
{
    *value = 0;
    for (int i = 0; i < 4; i++, text++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit = *text ? strchr(digits, tolower((unsigned char)*text)) : NULL;

        if (!digit)
            return NULL;
        *value = (uint16_t)(*value << 4 | (digit - digits));
    }
    return text;
}

static bool path_is_safe(const char *path)
{
    if (!*path || *path == '/' || !text_is_printable(path))
        return false;
    for (const char *part = path; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || !part[2]))
            return false;
    }
    return path[strlen(path) - 1] != '/';
}

static bool parse_devices(const char *text, struct image_entry *entry)
{
    entry->devices = allocate((strlen(text) / 5 + 1) * sizeof(*entry->devices));
    if (strcmp(text, "-") == 0)
        return true;
    for (;;) {
        uint16_t *device = &entry->devices[entry->device_count];

        text = parse_hex4(text, device);
        /* 0000 ends the list in an image, so it cannot be in it. */
        if (!text || !*device || (*text && *text != ','))
            return false;
        entry->device_count++;
        if (!*text++)
            return true;
    }
}

static bool parse_budget(const char *text, size_t *budget)
{
    char *end;

    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    *budget = strtoul(text, &end, 10);
    return !errno && !*end && *budget > 0;
}

/* Vendors that stand for no or every card have no devices, all others have at least one. */
static int check_devices(const char *file, const struct image_entry *entry, const char *devices)
{
    bool special = entry->vendor == VENDOR_ANY || entry->vendor == VENDOR_NONE;

    if (special && entry->device_count)
        return bad_field(file, entry, "device list", devices,
                         "vendors 0000 (no card) and ffff (every card) have '-'");
    if (!special && !entry->device_count)
        return bad_field(file, entry, "device list", devices, "name at least one device");
    if (special && entry->medium->option_rom)
        return bad_field(file, entry, "vendor", entry->vendor ? "ffff" : "0000",
                         "a .rom is for one vendor and device");
    return STATUS_OK;
}

static int parse_fields(const char *file, char *const *fields, struct image_entry *entry)
{
    const char *end;

    entry->medium = medium_by_name(fields[MEDIUM]);
    if (!entry->medium)
        return bad_field(file, entry, "medium", fields[MEDIUM], medium_names());
    entry->path = fields[PATH];
    if (!path_is_safe(entry->path))
        return bad_field(file, entry, "path", fields[PATH], "a relative path below the folder");
    end = parse_hex4(fields[VENDOR], &entry->vendor);
    if (!end || *end)
        return bad_field(file, entry, "vendor", fields[VENDOR], "four hexadecimal digits");
    if (!parse_devices(fields[DEVICES], entry))
        return bad_field(file, entry, "device list", fields[DEVICES],
                         "four hexadecimal digits each, not 0000, separated by commas");
    if (!parse_budget(fields[BUDGET], &entry->budget))
        return bad_field(file, entry, "budget", fields[BUDGET], "a number of bytes");
    entry->product = fields[PRODUCT];
    if (!*entry->product || !text_is_printable(entry->product))
        return bad_field(file, entry, "product name", fields[PRODUCT], "printable ASCII");
    entry->version = fields[VERSION];
    if (!*entry->version || !text_is_printable(entry->version))
        return bad_field(file, entry, "version", fields[VERSION], "printable ASCII");
    return check_devices(file, entry, fields[DEVICES]);
}

static int parse_line(const char *file, char *line, struct image_entry *entry)
{
    char *fields[FIELDS + SETTINGS + 1];
    size_t count = 0;
    struct problem problem;
    int status;

    for (char *field = line; field && count <= FIELDS + SETTINGS;)
        fields[count++] = strsep(&field, "\t");
    if (count < FIELDS || count > FIELDS + SETTINGS)
        return complain(STATUS_REFUSED, file,
                        "medium, path, vendor, devices, budget, product, version, key=value...",
                        "line %d has %s than %d tab-separated fields", entry->line,
                        count < FIELDS ? "fewer" : "more",
                        count < FIELDS ? FIELDS : FIELDS + SETTINGS);
    status = parse_fields(file, fields, entry);
    if (status)
        return status;
    entry->settings = settings_change("", fields + FIELDS, count - FIELDS, &problem);
    if (!entry->settings)
        return complain(STATUS_REFUSED, file, problem.hint, "line %d: %s", entry->line,
                        problem.what);
    return STATUS_OK;
}

int image_list_read(const char *path, struct image_list *list)
{
    struct buffer content = {NULL, 0};
    int number = 0;
    int status = file_read(path, &content);
    char *rest;

    *list = (struct image_list){0};
    if (status)
        return status;
    buffer_resize(&content, content.length + 1);
    list->text = rest = (char *)content.data;
    if (strlen(rest) + 1 != content.length)
        return complain(STATUS_REFUSED, path, "this is no image list", "contains a NUL byte");
    while (rest && !status) {
        char *line = strsep(&rest, "\n");

        number++;
        if (!*line || *line == '#')
            continue;
        list->entries = reallocarray(list->entries, list->count + 1, sizeof(*list->entries));
        if (!list->entries)
            return complain(STATUS_TROUBLE, path, NULL, "out of memory");
        list->entries[list->count] = (struct image_entry){.line = number};
        status = parse_line(path, line, &list->entries[list->count++]);
    }
    if (!status && !list->count)
        status = complain(STATUS_REFUSED, path, "render it again", "names no image");
    return status;
}

void image_list_free(struct image_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->entries[i].devices);
        free(list->entries[i].settings);
    }
    free(list->entries);
    free(list->text);
}
