/* What a prefix calls in 32-bit mode: check the payload its identity block names, expand it. Same
 * conditions as unlzma.c: no data, no relocations (boot/unpack.lds asserts it). */
#include "boot/unlzma.h"
#include "core/identity.h"

/* image: physical address of the image; identity: of its identity block; out: where the payload is
 * linked to run. The decoder works in the memory behind the payload. Returns 0, or -1 when the
 * image is damaged (nothing is to be entered then). */
__attribute__((section(".text.entry"), externally_visible)) int
unpack(const uint8_t *image, const struct identity *id, uint8_t *out)
{
    const uint8_t *packed = image + id->payload;
    uint8_t sum = 0;

    for (unsigned i = 0; i < id->paragraphs * 16u; i++)
        sum += ((const uint8_t *)id)[i];
    if (id->magic != IDENTITY_MAGIC || sum || crc32_of(packed, id->packed_length) != id->packed_crc)
        return -1;
    if (lzma_expand(packed, id->packed_length, out, id->unpacked_length,
                    (uint16_t *)(out + (id->unpacked_length + 15) / 16 * 16)))
        return -1;
    branch_unfilter(out, id->unpacked_length);
    return 0;
}
