/* SPDX-License-Identifier: BSD-2-Clause */
#include "lint.h"

enum { CHAIN_LIMIT = 16 };

static void lint_string(struct lint *lint, const struct rom_image *image, size_t field,
                        uint16_t pointer, const char *name)
{
    if (pointer && string_length(image->bytes, pointer) < 0)
        finding(lint, LINT_WARNING, field, "it is an offset in the image, the text ends with 00",
                "%s string pointer 0x%x does not lead to a text", name, pointer);
}

static void lint_vector(struct lint *lint, const struct rom_image *image, size_t field,
                        uint16_t vector, const char *name)
{
    if (vector && !span_has(image->bytes, vector, 1))
        finding(lint, LINT_ERROR, field, "it is an offset in the image",
                "%s 0x%x is outside the image", name, vector);
}

static void lint_header(struct lint *lint, const struct rom_image *image, const struct pnp *pnp)
{
    size_t length = image->bytes.data[pnp->offset + PNP_PARAGRAPHS] * (size_t)16;
    uint8_t sum;

    if (pnp->offset % 16)
        finding(lint, LINT_WARNING, pnp->offset, "some BIOSes look at 16-byte boundaries only",
                "PnP header is not aligned");
    if (length < PNP_SIZE || !span_has(image->bytes, pnp->offset, length)) {
        finding(lint, LINT_ERROR, pnp->offset + PNP_PARAGRAPHS, "20h bytes are usual",
                "PnP header of 0x%zx bytes", length);
        return;
    }
    sum = byte_sum(image->bytes.data + pnp->offset, length);
    if (sum)
        finding(lint, LINT_ERROR, pnp->offset + PNP_CHECKSUM,
                "a BIOS ignores a header with a wrong checksum", "PnP checksum is off by 0x%02x",
                sum);
    lint_string(lint, image, pnp->offset + PNP_MANUFACTURER, pnp->manufacturer, "manufacturer");
    lint_string(lint, image, pnp->offset + PNP_PRODUCT, pnp->product, "product");
    lint_vector(lint, image, pnp->offset + PNP_BCV, pnp->bcv, "boot connection vector");
    lint_vector(lint, image, pnp->offset + PNP_BEV, pnp->bev, "boot entry vector");
}

static void lint_ours(struct lint *lint, const struct pnp *pnp, const struct identity *identity)
{
    if (pnp->product != identity->product)
        finding(lint, LINT_ERROR, pnp->offset + PNP_PRODUCT,
                "PnP header and identity block differ; pack the image again",
                "product string pointer is 0x%x, the product name is at 0x%zx", pnp->product,
                identity->product);
    if (!pnp->bev)
        finding(lint, LINT_ERROR, pnp->offset + PNP_BEV, "the BIOS could not boot from it",
                "no boot entry vector");
    if (!pnp->manufacturer)
        finding(lint, LINT_ERROR, pnp->offset + PNP_MANUFACTURER, "the prefix has it",
                "no manufacturer string");
}

void lint_pnp(struct lint *lint, const struct rom_image *image, const struct identity *identity)
{
    size_t at = get16(image->bytes.data + ROM_PNP);
    size_t field = ROM_PNP;
    struct pnp pnp;
    struct problem problem;

    if (!at && identity)
        finding(lint, LINT_ERROR, ROM_PNP, "the image is damaged", "no PnP header");
    for (int count = 0; at; count++) {
        if (count == CHAIN_LIMIT) {
            finding(lint, LINT_ERROR, field, "the last header's next pointer is 0",
                    "PnP headers make a chain of over %d, or a loop", CHAIN_LIMIT);
            return;
        }
        if (!pnp_read(image->bytes, at, &pnp, &problem)) {
            finding(lint, identity || count ? LINT_ERROR : LINT_WARNING, field,
                    "it leads to a $PnP structure, or is 0", "PnP pointer 0x%zx: %s", at,
                    problem.what);
            return;
        }
        lint_header(lint, image, &pnp);
        if (identity)
            lint_ours(lint, &pnp, identity);
        field = at + PNP_NEXT;
        at = pnp.next;
    }
}
