/* SPDX-License-Identifier: BSD-2-Clause */
#include "lint.h"

#include "medium.h"

static void lint_pcir(struct lint *lint, const struct rom_image *image)
{
    size_t at = image->pcir;

    if (at % 4)
        finding(lint, LINT_WARNING, at, "PCI 3.0 wants a 4-byte boundary", "PCIR is not aligned");
    if (image->pcir_length < (image->revision >= 3 ? PCIR_SIZE_3 : PCIR_SIZE_2))
        finding(lint, LINT_ERROR, at + PCIR_LENGTH, "18h up to revision 2, 1Ch from revision 3",
                "PCIR length 0x%x is too short for revision %u", image->pcir_length,
                image->revision);
    if (!span_has(image->bytes, at, image->pcir_length))
        finding(lint, LINT_ERROR, at + PCIR_LENGTH, "18h up to revision 2, 1Ch from revision 3",
                "PCIR of 0x%x bytes ends outside its image", image->pcir_length);
    if (image->vendor == 0 || image->vendor == 0xffff)
        finding(lint, LINT_WARNING, at + PCIR_VENDOR, "no card has it; stamp the image",
                "vendor ID is %04x", image->vendor);
    if (image->class_code && (image->class_code & 0xff0000) == 0 && (image->class_code & 0xff))
        finding(lint, LINT_WARNING, at + PCIR_CLASS, "the order is interface, subclass, base class",
                "class code %06x looks reversed", image->class_code);
    if (rom_device_list(image) < 0)
        finding(lint, LINT_ERROR, at + PCIR_DEVICE_LIST, "the list ends with 0000",
                "device list at 0x%zx does not end inside the image", at + image->device_list);
    if (image->runtime_length > image->bytes.length)
        finding(lint, LINT_WARNING, at + PCIR_RUNTIME_LENGTH, "it can be the image length at most",
                "run-time length %zu is over the image length", image->runtime_length);
}

static void lint_x86(struct lint *lint, const struct rom_image *image)
{
    size_t checked = rom_checked_length(image);
    uint8_t sum = byte_sum(image->bytes.data, checked);

    if (image->init_length == 0)
        finding(lint, LINT_ERROR, ROM_LENGTH, "it counts 512-byte units", "length byte is 0");
    else if (image->init_length > image->bytes.length)
        finding(lint, LINT_ERROR, ROM_LENGTH, "one of the two lengths is wrong",
                "length byte says %zu bytes, PCIR only %zu", image->init_length,
                image->bytes.length);
    else if (image->init_length < image->bytes.length)
        finding(lint, LINT_WARNING, ROM_LENGTH, "the BIOS copies only the former",
                "length byte says %zu bytes, PCIR %zu", image->init_length, image->bytes.length);
    if (image->init_length > ROM_LENGTH_SAFE)
        finding(lint, LINT_WARNING, ROM_LENGTH, "not every BIOS runs it",
                "image of %zu bytes is over %d", image->init_length, ROM_LENGTH_SAFE);
    if (sum)
        finding(lint, LINT_ERROR, ROM_CHECKSUM, "the image is damaged, or was edited by hand",
                "checksum over %zu bytes is 0x%02x, not 0", checked, sum);
}

static void lint_efi(struct lint *lint, const struct rom_image *image)
{
    const uint8_t *at = image->bytes.data;
    size_t pe = get16(at + EFI_OFFSET_AT);

    if (get32(at + EFI_SIGNATURE_AT) != EFI_SIGNATURE)
        finding(lint, LINT_ERROR, EFI_SIGNATURE_AT, "UEFI wants 00000EF1h there",
                "EFI signature is 0x%08x", get32(at + EFI_SIGNATURE_AT));
    if (image->init_length > image->bytes.length)
        finding(lint, LINT_ERROR, ROM_LENGTH, "one of the two lengths is wrong",
                "initialization size %zu is over the image length %zu", image->init_length,
                image->bytes.length);
    if (pe < ROM_HEADER_SIZE || !span_has(image->bytes, pe, 2))
        finding(lint, LINT_ERROR, EFI_OFFSET_AT, "it leads to the PE image",
                "EFI image offset 0x%zx is not inside the image", pe);
    else if (get16(at + EFI_COMPRESSION_AT) == 0 && memcmp(at + pe, "MZ", 2) != 0)
        finding(lint, LINT_ERROR, pe, "an uncompressed EFI image starts with MZ",
                "no PE signature");
}

/* PCIR and the identity block must tell the same. */
static void lint_agreement(struct lint *lint, const struct rom_image *image,
                           const struct identity *identity)
{
    size_t list = identity->device_count > 1 ? identity->devices - image->pcir : 0;
    const char *hint = "PCIR and identity block differ; stamp the image again";

    if (image->vendor != identity->vendor || image->device != identity->device)
        finding(lint, LINT_ERROR, image->pcir + PCIR_VENDOR, hint,
                "PCIR is for %04x:%04x, the identity block for %04x:%04x", image->vendor,
                image->device, identity->vendor, identity->device);
    if (image->device_list != list)
        finding(lint, LINT_ERROR, image->pcir + PCIR_DEVICE_LIST, hint,
                "device list pointer is 0x%x, not 0x%zx", image->device_list, list);
    if (image->revision != 3 || image->class_code != CLASS_ETHERNET)
        finding(lint, LINT_ERROR, image->pcir + PCIR_REVISION, "revision 3, class 020000",
                "PCIR has revision %u and class code %06x", image->revision, image->class_code);
    if (image->init_length != image->bytes.length || image->runtime_length != image->bytes.length)
        finding(lint, LINT_ERROR, image->pcir + PCIR_IMAGE_LENGTH, "the image is damaged",
                "length byte, image length and run-time length differ (%zu, %zu, %zu)",
                image->init_length, image->bytes.length, image->runtime_length);
    if (!identity->medium->option_rom)
        finding(lint, LINT_ERROR, identity->block + BLOCK_MEDIUM, "the image is damaged",
                "identity block says medium %s in an option ROM", identity->medium->name);
}

void lint_rom_image(struct lint *lint, const struct rom_image *image)
{
    struct identity identity;
    struct problem problem;
    enum identity_result ours;

    lint_pcir(lint, image);
    if (image->code_type == CODE_TYPE_EFI)
        lint_efi(lint, image);
    else if (image->code_type != CODE_TYPE_X86)
        finding(lint, LINT_WARNING, image->pcir + PCIR_CODE_TYPE, "0 is x86, 3 is EFI",
                "code type %u (%s): nothing more is checked", image->code_type,
                rom_code_type_name(image->code_type));
    if (image->code_type != CODE_TYPE_X86)
        return;
    lint_x86(lint, image);
    ours = identity_read(image->bytes, &identity, &problem);
    if (ours == IDENTITY_BROKEN)
        finding_problem(lint, LINT_ERROR, &problem);
    lint_pnp(lint, image, ours == IDENTITY_FOUND ? &identity : NULL);
    if (ours != IDENTITY_FOUND)
        return;
    lint_agreement(lint, image, &identity);
    lint_identity(lint, image->bytes, &identity);
}
