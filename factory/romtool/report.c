/* SPDX-License-Identifier: BSD-2-Clause */
#include "report.h"

#include <stdlib.h>

#include "file.h"
#include "json.h"
#include "medium.h"
#include "rom.h"

void report_image(struct report *report, struct report_entry entry)
{
    report->entries = reallocarray(report->entries, report->count + 1, sizeof(*report->entries));
    if (!report->entries)
        exit(complain(STATUS_TROUBLE, NULL, "close other programs", "out of memory"));
    report->entries[report->count++] = entry;
}

static void write_payload(struct json *json, const struct payload *payload, struct span packed,
                          uint32_t packed_crc)
{
    json_open(json, "payload", '{');
    json_hex(json, "crc32", packed_crc, 8);
    json_number(json, "packed_length", (long long)packed.length);
    json_number(json, "unpacked_length", (long long)payload->bytes.length);
    json_hex(json, "address_base", payload->address_base, 8);
    json_number(json, "relocations", (long long)payload->relocations);
    json_close(json, '}');
}

static void write_image(struct json *json, const struct report_entry *entry)
{
    const struct image_entry *image = entry->image;

    json_open(json, NULL, '{');
    json_text(json, "path", image->path);
    json_text(json, "medium", image->medium->name);
    json_hex(json, "vendor", image->vendor, 4);
    json_open(json, "devices", '[');
    for (size_t i = 0; i < image->device_count; i++)
        json_hex(json, NULL, image->devices[i], 4);
    json_close(json, ']');
    json_text(json, "product", image->product);
    json_number(json, "size", (long long)entry->size);
    json_number(json, "budget", (long long)image->budget);
    json_number(json, "headroom", (long long)entry->headroom);
    json_number(json, "payload", (long long)entry->payload);
    if (image->medium->option_rom)
        json_number(json, "bar_size", (long long)rom_bar_size(entry->size));
    json_close(json, '}');
}

int report_write(const struct report *report, const char *path, const struct payload *payload,
                 struct span packed, uint32_t packed_crc)
{
    char *text = NULL;
    size_t length = 0;
    struct json json = {.out = open_memstream(&text, &length)};
    int status;

    if (!json.out)
        return complain(STATUS_TROUBLE, path, NULL, "out of memory");
    json_open(&json, NULL, '{');
    write_payload(&json, payload, packed, packed_crc);
    json_open(&json, "images", '[');
    for (size_t i = 0; i < report->count; i++)
        write_image(&json, &report->entries[i]);
    json_close(&json, ']');
    json_close(&json, '}');
    if (fclose(json.out) != 0)
        status = complain(STATUS_TROUBLE, path, NULL, "out of memory");
    else
        status = file_make_folders(path);
    if (!status)
        status = file_write(path, (struct span){(const uint8_t *)text, length});
    free(text);
    return status;
}

void report_free(struct report *report)
{
    free(report->entries);
}
