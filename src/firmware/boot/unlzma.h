/* The unpacker that every prefix carries: checks and expands the packed payload of an image
 * (docs/formats.md). */
#ifndef BOOT_UNLZMA_H
#define BOOT_UNLZMA_H

#include <stddef.h>
#include <stdint.h>

/* Entries (16 bit each) of the decoder's working memory for a properties byte with lc + lp <= 4. */
enum { LZMA_PROBS = 2048 + (0x300 << 4) };

/* Expand `packed` (properties byte, raw LZMA1 stream) to exactly `out_len` bytes at `out`.
 * Returns 0, or -1 when the stream is damaged; writes nothing outside out[0 … out_len) and probs[0
 * … LZMA_PROBS). */
int lzma_expand(const uint8_t *packed, size_t packed_len, uint8_t *out, size_t out_len,
                uint16_t *probs);

/* Undo the branch filter in place. */
void branch_unfilter(uint8_t *data, size_t len);

/* CRC-32 as in IEEE 802.3 (reflected, polynomial EDB88320h). */
uint32_t crc32_of(const uint8_t *data, size_t len);

#endif
