/* SPDX-License-Identifier: BSD-2-Clause */
#include "rom.h"

bool rom_is_rom(struct span file)
{
    return span_equals(file, 0, "\x55\xaa", 2);
}

static void read_pcir(struct rom_image *image, const uint8_t *pcir)
{
    image->vendor = get16(pcir + PCIR_VENDOR);
    image->device = get16(pcir + PCIR_DEVICE);
    image->pcir_length = get16(pcir + PCIR_LENGTH);
    image->revision = pcir[PCIR_REVISION];
    image->class_code = get32(pcir + PCIR_CLASS) & 0xffffff;
    image->code_type = pcir[PCIR_CODE_TYPE];
    image->last = pcir[PCIR_INDICATOR] & PCIR_LAST_IMAGE;
}

static bool find_pcir(struct span file, struct rom_image *image, struct problem *problem)
{
    struct span rest = span_part(file, image->offset, file.length);

    if (!span_has(rest, 0, ROM_HEADER_SIZE) || !rom_is_rom(rest))
        return problem_at(problem, image->offset, "an option ROM image starts with 55 AA",
                          "no ROM signature");
    image->pcir = get16(rest.data + ROM_PCIR);
    if (image->pcir < ROM_HEADER_SIZE || !span_has(rest, image->pcir, PCIR_SIZE_2))
        return problem_at(problem, image->offset + ROM_PCIR,
                          "an ISA ROM has no PCIR structure; a PCI ROM must",
                          "PCIR pointer 0x%zx is not inside the file", image->pcir);
    if (memcmp(rest.data + image->pcir, "PCIR", 4) != 0)
        return problem_at(problem, image->offset + image->pcir,
                          "the pointer at 18h must lead to the PCI data structure",
                          "no PCIR signature");
    return true;
}

bool rom_read(struct span file, size_t offset, struct rom_image *image, struct problem *problem)
{
    const uint8_t *start, *pcir;
    size_t length;

    *image = (struct rom_image){.offset = offset};
    if (!find_pcir(file, image, problem))
        return false;
    start = file.data + offset;
    pcir = start + image->pcir;
    read_pcir(image, pcir);
    length = (size_t)get16(pcir + PCIR_IMAGE_LENGTH) * ROM_UNIT;
    image->init_length =
        (image->code_type == CODE_TYPE_EFI ? get16(start + ROM_LENGTH) : start[ROM_LENGTH]) *
        (size_t)ROM_UNIT;
    if (length == 0)
        return problem_at(problem, offset + image->pcir + PCIR_IMAGE_LENGTH, NULL,
                          "PCIR image length is 0");
    if (!span_has(file, offset, length))
        return problem_at(problem, offset + image->pcir + PCIR_IMAGE_LENGTH,
                          "the file is truncated, or the length is wrong",
                          "image of %zu bytes, but only %zu follow", length, file.length - offset);
    image->bytes = span_part(file, offset, length);
    if (image->revision >= 3 && span_has(image->bytes, image->pcir, PCIR_SIZE_3)) {
        image->device_list = get16(pcir + PCIR_DEVICE_LIST);
        image->runtime_length = get16(pcir + PCIR_RUNTIME_LENGTH) * (size_t)ROM_UNIT;
    }
    return span_has(image->bytes, image->pcir, PCIR_SIZE_2) ||
           problem_at(problem, offset + ROM_PCIR, NULL, "PCIR is not inside its own image");
}

size_t rom_checked_length(const struct rom_image *image)
{
    size_t length = image->init_length;

    return length && length <= image->bytes.length ? length : image->bytes.length;
}

bool pnp_read(struct span image, size_t offset, struct pnp *pnp, struct problem *problem)
{
    const uint8_t *at;

    if (!span_has(image, offset, PNP_SIZE))
        return problem_at(problem, offset, NULL, "PnP header is not inside the image");
    at = image.data + offset;
    if (memcmp(at, "$PnP", 4) != 0)
        return problem_at(problem, offset, "the pointer at 1Ah must lead to it",
                          "no $PnP signature");
    *pnp = (struct pnp){
        .offset = offset,
        .next = get16(at + PNP_NEXT),
        .manufacturer = get16(at + PNP_MANUFACTURER),
        .product = get16(at + PNP_PRODUCT),
        .bcv = get16(at + PNP_BCV),
        .bev = get16(at + PNP_BEV),
    };
    return true;
}

size_t rom_bar_size(size_t size)
{
    size_t bar = 2048;

    while (bar < size)
        bar *= 2;
    return bar;
}

long rom_device_list(const struct rom_image *image)
{
    size_t at = image->pcir + image->device_list;
    long count = 0;

    if (!image->device_list)
        return 0;
    for (; span_has(image->bytes, at, 2); at += 2, count++)
        if (get16(image->bytes.data + at) == 0)
            return count;
    return -1;
}

const char *rom_code_type_name(uint8_t code_type)
{
    static const char *const names[] = {"x86", "Open Firmware", "PA-RISC", "EFI"};

    if (code_type < sizeof(names) / sizeof(names[0]))
        return names[code_type];
    return code_type == 0xff ? "private" : "unknown";
}
