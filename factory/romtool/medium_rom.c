/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI option ROMs: PCIR and PnP headers in front, and a sum over the whole image. What any PCI ROM
 * file has to be like, ours or not, is in rom.c and lint_rom.c. */
#include "medium.h"
#include "rom.h"

static bool check_rom_pcir(struct span prefix, size_t pcir, struct problem *problem)
{
    const uint8_t *at = prefix.data + pcir;

    if (pcir < ROM_HEADER_SIZE || pcir % 4 || !span_equals(prefix, pcir, "PCIR", 4) ||
        !span_has(prefix, pcir, PCIR_SIZE_3))
        return problem_at(problem, ROM_PCIR, "4-aligned, 1Ch bytes, inside the prefix",
                          "no PCIR structure at 0x%zx", pcir);
    if (get16(at + PCIR_LENGTH) != PCIR_SIZE_3 || at[PCIR_REVISION] != 3)
        return problem_at(problem, pcir + PCIR_LENGTH, "length 1Ch, revision 3",
                          "PCIR has length 0x%x and revision %u", get16(at + PCIR_LENGTH),
                          at[PCIR_REVISION]);
    if (at[PCIR_CODE_TYPE] != CODE_TYPE_X86 || !(at[PCIR_INDICATOR] & PCIR_LAST_IMAGE))
        return problem_at(problem, pcir + PCIR_CODE_TYPE, "code type 0, indicator 80h",
                          "PCIR has code type %u and indicator 0x%02x", at[PCIR_CODE_TYPE],
                          at[PCIR_INDICATOR]);
    return true;
}

static bool check_rom(struct span prefix, struct problem *problem)
{
    struct pnp pnp;

    if (!span_has(prefix, 0, ROM_HEADER_SIZE) || !rom_is_rom(prefix))
        return problem_at(problem, 0, "a .rom prefix starts with 55 AA", "no ROM signature");
    if (prefix.data[ROM_CHECKSUM] != 0)
        return problem_at(problem, ROM_CHECKSUM, "keep offset 06h free for the checksum",
                          "the checksum byte is 0x%02x, not 0", prefix.data[ROM_CHECKSUM]);
    if (!check_rom_pcir(prefix, get16(prefix.data + ROM_PCIR), problem))
        return false;
    if (!pnp_read(prefix, get16(prefix.data + ROM_PNP), &pnp, problem))
        return false;
    if (prefix.data[pnp.offset + PNP_PARAGRAPHS] * 16 != PNP_SIZE || pnp.offset % 16)
        return problem_at(problem, pnp.offset, "20h bytes on a 16-byte boundary",
                          "PnP header of 0x%x bytes",
                          prefix.data[pnp.offset + PNP_PARAGRAPHS] * 16);
    return true;
}

static bool complete_rom(struct buffer *image, size_t prefix_words,
                         const struct identity_spec *spec, struct problem *problem)
{
    uint32_t units = (uint32_t)(image->length / ROM_UNIT);
    size_t block = get32(image->data + prefix_words + PREFIX_BLOCK);
    size_t pcir_offset = get16(image->data + ROM_PCIR);
    uint8_t *pcir = image->data + pcir_offset;
    uint8_t *pnp = image->data + get16(image->data + ROM_PNP);

    if (image->length > ROM_LENGTH_LIMIT)
        return problem_at(problem, ROM_LENGTH, "the length byte counts 512-byte units, 255 at most",
                          "option ROM of %zu bytes is over %d", image->length, ROM_LENGTH_LIMIT);
    image->data[ROM_LENGTH] = (uint8_t)units;
    put16(pcir + PCIR_VENDOR, spec->vendor);
    put16(pcir + PCIR_DEVICE, spec->devices[0]);
    if (spec->device_count > 1)
        put16(pcir + PCIR_DEVICE_LIST,
              (uint32_t)(block + get16(image->data + block + BLOCK_DEVICES) - pcir_offset));
    put16(pcir + PCIR_IMAGE_LENGTH, units);
    put16(pcir + PCIR_RUNTIME_LENGTH, units);
    put16(pnp + PNP_PRODUCT, (uint32_t)(block + get16(image->data + block + BLOCK_PRODUCT)));
    pnp[PNP_CHECKSUM] = 0;
    pnp[PNP_CHECKSUM] = (uint8_t)-byte_sum(pnp, PNP_SIZE);
    identity_seal(image->data, image->length, spec->medium, prefix_words);
    image->data[ROM_CHECKSUM] -= byte_sum(image->data, image->length);
    return true;
}

static void lint_rom(struct lint *lint, struct span file, const struct identity *identity)
{
    (void)file;
    (void)identity;
    finding(lint, LINT_ERROR, 0, "a .rom starts with 55 AA", "no ROM signature");
}

const struct medium medium_rom = {
    .name = "rom",
    .option_rom = true,
    .safe_length = ROM_LENGTH_SAFE,
    .check = check_rom,
    .complete = complete_rom,
    .lint = lint_rom,
};
