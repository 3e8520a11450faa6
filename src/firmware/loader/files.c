/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/files.h"

#include "lib/print.h"
#include "lib/string.h"
#include "loader/boot.h"
#include "net/fetch.h"
#include "platform/bios/memory.h"
#include "platform/bios/timer.h"
#include "platform/nic.h"

enum { PROGRESS_MS = 1000, PROGRESS_FROM = 1 << 18, PAGE = 4096 };

static uint32_t started, shown; /* ms: the transfer began, its progress was shown last */

static void show_progress(const struct download *file)
{
    uint32_t now = timer_ms(), kib = file->length / 1024, total = file->total / 1024, rate;

    if (file->length < PROGRESS_FROM || now - shown < PROGRESS_MS)
        return;
    shown = now;
    rate = kib * 1000 / (now - started); /* 4 GiB fit 32 bits */
    print("\r%7u KiB, %6u KiB/s", kib, rate);
    if (total >= kib)
        print(", %3u%%, %4u s left ", kib * 100 / total, (total - kib) / (rate + 1));
}

int file_room(struct boot *boot, uint8_t **start, uint32_t *length)
{
    static struct memory_map left;
    const struct file *file = boot->file;

    left = boot->memory;
    for (unsigned i = FILES_MAX; i--; file++)
        if (file->data)
            memory_reserve(&left, (uint32_t)file->data, (uint32_t)file->data + file->length);
    *length = 0;
    for (const struct memory_range *r = left.range; r < left.range + left.count; r++) {
        uint32_t at = memory_map_clip(&r->start), room = memory_map_clip(&r->end) - at;

        if (room > *length) {
            *start = (uint8_t *)at;
            *length = room;
        }
    }
    return *length ? 0 : E_NO_MEMORY;
}

void file_settle(struct file *file, uint8_t *start, uint32_t length)
{
    uint32_t top = ((uint32_t)start + length - file->length) & ~(uint32_t)(PAGE - 1);

    if (file->data == start && top > (uint32_t)start)
        file->data = memmove((uint8_t *)top, start, file->length);
}

/* The first place behind all files; NULL when there is none. */
static struct file *new_file(struct boot *boot)
{
    struct file *file = boot->file + FILES_MAX;

    if (file[-1].data)
        return NULL;
    while (file > boot->file && !file[-1].data)
        file--;
    return file;
}

/* `name` NULL: the last part of its path. */
static void name_file(struct file *file, const char *name)
{
    size_t n = 0;

    for (const char *p = name ? name : file->uri.path; *p && (name || *p != '?'); p++)
        if (!name && *p == '/')
            n = 0;
        else if (n < FILE_NAME_MAX)
            file->name[n++] = *p;
    file->name[n] = 0;
}

int file_try(struct boot *boot, const struct uri *uri, const char *name, struct file **file)
{
    static char text[URI_TEXT_MAX + 1];
    struct download load = {.at_end = true, .progress = show_progress};
    struct file *f = new_file(boot);
    uint32_t length;
    int error;

    uri_print(uri, text, sizeof(text));
    print("%s ", text);
    error = f ? nic_open() : E_NO_MEMORY; /* what ran before may have shut the card down */
    if (!error)
        error = file_room(boot, &load.base, &length);
    if (error)
        return error;
    memset(f, 0, sizeof(*f));
    f->uri = *uri;
    load.cap = length;
    started = shown = timer_ms();
    error = fetch_file(&f->uri, &load);
    if (shown != started)
        print("\n");
    if (error)
        return error;
    print("\r%u bytes loaded: %s\n", load.length, uri->path);
    f->data = load.data;
    f->length = load.length;
    name_file(f, name);
    file_settle(f, load.base, length);
    *file = f;
    return 0;
}

int file_fetch(struct boot *boot, const struct uri *uri, const char *name, struct file **file)
{
    int error = file_try(boot, uri, name, file);

    if (error)
        print("%E %s\n", error, server_message);
    return error;
}

struct file *file_at(struct boot *boot, unsigned n)
{
    for (struct file *file = boot->file; file < boot->file + FILES_MAX; file++)
        if (file->data && !n--)
            return file;
    return NULL;
}

struct file *file_find(struct boot *boot, const char *name)
{
    struct file *file;

    for (unsigned n = 0; (file = file_at(boot, n)); n++)
        if (!strcmp(file->name, name))
            break;
    return file;
}

void file_free(struct boot *boot, struct file *file)
{
    for (struct file *f = boot->file; f < boot->file + FILES_MAX; f++)
        if (f == file || !file)
            f->data = NULL;
}
