/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot files that are compressed. */
#include "image/wrapper.h"
#include "lib/print.h"
#include "loader/files.h"

int file_unpack(struct boot *boot, struct file *file);

/* Put what is in a compressed file in its place. */
static int unpack(struct boot *boot, const struct wrapper *wrapper, struct file *file)
{
    uint8_t *start;
    uint32_t cap;
    size_t length = 0;
    int error = file_room(boot, &start, &cap);

    if (!error)
        error = wrapper->unpack(file->data, file->length, start, cap, &length);
    if (error) {
        print("%s %s: %E: byte %u\n", wrapper->name, file->uri.path, error, (uint32_t)length);
        return error;
    }
    file->data = start;
    file->length = (uint32_t)length;
    file_settle(file, start, cap);
    return 0;
}

/* What a wrapper recognises is unpacked; any other file stays as it is. */
int file_unpack(struct boot *boot, struct file *file)
{
    int error = 0;

    for (unsigned i = 0; i < WRAPPERS; i++)
        if (wrappers[i] && wrappers[i]->recognise(file->data, file->length))
            error = unpack(boot, wrappers[i], file);
    return error;
}
