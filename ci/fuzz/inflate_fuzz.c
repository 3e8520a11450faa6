/* SPDX-License-Identifier: BSD-2-Clause */
/* Compressed files: whatever one says, no byte outside the file is read and none outside the room
 * written, and the position of an error is in the file.
 *
 * Input: room for what is unpacked, in KiB; the file.
 */
#include "fuzz.h"
#include "image/wrapper.h"

extern const struct wrapper gzip_wrapper, xz_wrapper;
static const struct wrapper *const all[] = {&gzip_wrapper, &xz_wrapper};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    size_t cap = take(&in) * 1024u, length = in.left;
    uint8_t *file = malloc(length + !length), *to = malloc(cap + !cap);

    take_bytes(&in, file, length);
    for (unsigned i = 0; i < 2; i++) {
        size_t unpacked = 0;
        int error;

        if (!all[i]->recognise(file, length))
            continue;
        error = all[i]->unpack(file, length, to, cap, &unpacked);
        CHECK(error == 0 || error == E_UNPACK || error == E_TOO_BIG);
        CHECK(unpacked <= (error ? length : cap));
    }
    free(file);
    free(to);
    return 0;
}
