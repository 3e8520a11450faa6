/* Compares the unpacker that images carry (boot/unlzma.c) with romtool's, on the payload of an
 * image and on damaged copies of it: what the one at build time accepts, the one at boot must
 * unpack to the same bytes; what it refuses must not make it write outside its buffers.
 * Usage: romtool_decoders COUNT IMAGE */
#include <stdio.h>
#include <stdlib.h>
#include <lzma.h>

#include "boot/unlzma.h"

#include "bytes.h"
#include "file.h"
#include "identity.h"
#include "squeeze.h"

static unsigned accepted, refused;

static int fail(const char *what, long round)
{
    fprintf(stderr, "damaged copy %ld: %s\n", round, what);
    return STATUS_REFUSED;
}

/* Both buffers of the boot decoder are of exactly the documented size, so that the address
 * sanitizer sees every byte too many. */
static int compare(struct span packed, size_t length, long round)
{
    uint8_t *out = malloc(length);
    uint16_t *probs = malloc(LZMA_PROBS * sizeof(*probs));
    struct buffer plain = {NULL, 0};
    struct problem problem;
    bool build_time, boot_time;
    int status = STATUS_OK;

    if (!out || !probs)
        return STATUS_TROUBLE;
    build_time = unsqueeze(packed, length, &plain, &problem);
    boot_time = lzma_expand(packed.data, packed.length, out, length, probs) == 0;
    if (boot_time)
        branch_unfilter(out, length);
    if (build_time && !boot_time)
        status = fail("accepted when built, refused at boot", round);
    else if (build_time && memcmp(out, plain.data, length) != 0)
        status = fail("unpacked differently at boot", round);
    accepted += boot_time;
    refused += !boot_time;
    buffer_free(&plain);
    free(probs);
    free(out);
    return status;
}

static int compare_copies(struct span packed, size_t length, long count)
{
    uint32_t state = 1;
    int status = compare(packed, length, 0);

    if (accepted != 1)
        return fail("the intact payload is refused", 0);
    for (long round = 1; round <= count && !status; round++) {
        size_t size = packed.length;
        uint8_t *copy;

        state = state * 1664525 + 1013904223; /* Numerical Recipes, 7.1 */
        if (round % 8 == 0)
            size -= 1 + (state >> 8) % size;
        /* Exactly as long as the payload, for the sanitizer again. */
        copy = malloc(size ? size : 1);
        if (!copy)
            return STATUS_TROUBLE;
        memcpy(copy, packed.data, size);
        if (size && round % 8)
            copy[(state >> 12) % (round % 2   ? size
                                  : size < 40 ? size
                                              : 40)] ^= (uint8_t)(1u << (state >> 8) % 8);
        status = compare((struct span){copy, size}, length + (round % 16 == 1), round);
        free(copy);
    }
    return status;
}

int main(int argc, char **argv)
{
    struct buffer image = {NULL, 0};
    struct identity identity;
    struct problem problem;
    struct span packed;
    int status;

    if (argc != 3 || file_read(argv[2], &image) ||
        identity_read(buffer_span(&image), &identity, &problem) != IDENTITY_FOUND)
        return STATUS_TROUBLE;
    packed = span_part(buffer_span(&image), identity.payload, identity.packed_length);
    if (crc32_of(packed.data, packed.length) != lzma_crc32(packed.data, packed.length, 0))
        status = fail("CRC-32 differs", 0);
    else
        status = compare_copies(packed, identity.unpacked_length, atol(argv[1]));
    printf("%u payloads unpacked at boot, %u refused\n", accepted, refused);
    buffer_free(&image);
    return status;
}
