/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload.h"

#include <stdlib.h>
#include <string.h>

#include "elf32.h"
#include "relocation.h"
#include "squeeze.h"

/* In memory, with what is only zeroed. */
enum { IMAGE_LIMIT = 16 << 20 };

/* Addresses of the image's parts. */
struct extent {
    uint32_t start, data_end, image_end;
};

/* Offsets into the image of the words to relocate. */
struct words {
    uint32_t *offsets;
    size_t count;
};

static bool read_extent(const struct elf *elf, struct extent *extent, struct problem *problem)
{
    struct elf_symbol start, data_end, image_end;

    if (!elf_find_symbol(elf, "_image_start", &start, problem) ||
        !elf_find_symbol(elf, "_data_end", &data_end, problem) ||
        !elf_find_symbol(elf, "_image_end", &image_end, problem))
        return false;
    *extent = (struct extent){start.value, data_end.value, image_end.value};
    if (extent->start != LINK_BASE)
        return problem_at(problem, 0, "link with the rendered linker map",
                          "_image_start is 0x%x, not 0x%x", extent->start, LINK_BASE);
    if (extent->data_end <= extent->start || extent->image_end < extent->data_end ||
        extent->data_end - extent->start > UNPACKED_LIMIT ||
        extent->image_end - extent->start > IMAGE_LIMIT)
        return problem_at(problem, 0, "link with the rendered linker map",
                          "_image_start, _data_end, _image_end (0x%x, 0x%x, 0x%x) make no image",
                          extent->start, extent->data_end, extent->image_end);
    return true;
}

/* Copies one allocated section, or checks that it begins where there is only memory. That may go on
 * behind the image, where no address is relocated. */
static bool load_section(const struct elf *elf, const struct elf_section *section, uint32_t number,
                         const struct extent *extent, struct payload *payload,
                         struct problem *problem)
{
    bool has_bits = section->type != ELF_SECTION_NO_BITS;
    uint32_t limit = has_bits ? extent->data_end : extent->image_end;

    if (section->address < extent->start || section->address > limit ||
        (has_bits && section->size > limit - section->address))
        return problem_at(problem, section->offset, "name it in templates/image.lds.j2",
                          "section %u (0x%x bytes at 0x%x) lies outside the image", number,
                          section->size, section->address);
    if (has_bits)
        memcpy(payload->bytes.data + (section->address - extent->start),
               elf->file.data + section->offset, section->size);
    return true;
}

static bool load_sections(const struct elf *elf, const struct extent *extent,
                          struct payload *payload, struct problem *problem)
{
    struct elf_section section;

    buffer_resize(&payload->bytes, extent->data_end - extent->start);
    for (uint32_t i = 1; i < elf->section_count; i++) {
        if (!elf_section(elf, i, &section, problem))
            return false;
        if (!(section.flags & ELF_FLAG_ALLOCATED) || section.size == 0)
            continue;
        if (!load_section(elf, &section, i, extent, payload, problem))
            return false;
    }
    return true;
}

/* A number of bytes, which may be as high as addresses of the image are. */
static bool is_size(const char *name)
{
    const char *end = strrchr(name, '_');

    return end && !strcmp(end, "_size");
}

/* True in *moves when the symbol's address moves with the image. */
static bool symbol_moves(const struct elf *elf, const struct elf_symbol *symbol,
                         const struct extent *extent, bool *moves, struct problem *problem)
{
    struct elf_section section;
    bool inside = symbol->value >= extent->start && symbol->value <= extent->image_end;

    *moves = false;
    if (symbol->section == ELF_SYMBOL_UNDEFINED)
        return true; /* a weak symbol nobody defined: address 0 */
    if (symbol->section == ELF_SYMBOL_ABSOLUTE) {
        if (inside && !is_size(symbol->name))
            return problem_at(problem, 0, "define it inside an output section",
                              "absolute symbol %.80s lies in the image; it would not be relocated",
                              symbol->name);
        return true;
    }
    if (symbol->section >= ELF_SYMBOL_RESERVED)
        return problem_at(problem, 0, NULL, "symbol %.80s has the reserved section 0x%x",
                          symbol->name, symbol->section);
    if (!elf_section(elf, symbol->section, &section, problem))
        return false;
    if (!(section.flags & ELF_FLAG_ALLOCATED) || !inside)
        return problem_at(problem, 0, NULL, "symbol %.80s (0x%x) lies outside the image",
                          symbol->name, symbol->value);
    *moves = true;
    return true;
}

static bool add_relocation(const struct elf *elf, const struct elf_relocation *relocation,
                           const struct extent *extent, struct words *words,
                           struct problem *problem)
{
    uint32_t word = relocation->address - extent->start;
    struct elf_symbol symbol;
    bool moves;

    if (relocation->type == ELF_RELOCATION_NONE)
        return true;
    if (!elf_symbol(elf, relocation->symbol, &symbol, problem) ||
        !symbol_moves(elf, &symbol, extent, &moves, problem))
        return false;
    switch (relocation->type) {
    case ELF_RELOCATION_32:
        if (!moves)
            return true;
        if (relocation->address < extent->start || relocation->address > extent->data_end - 4)
            return problem_at(problem, relocation->address, NULL,
                              "relocation of a word outside the loadable bytes (symbol %.80s)",
                              symbol.name);
        words->offsets[words->count++] = word;
        return true;
    case ELF_RELOCATION_PC32:
    case ELF_RELOCATION_PLT32:
    case ELF_RELOCATION_PC16:
    case ELF_RELOCATION_PC8:
        /* A weak function that is not linked is called by nothing. */
        if (moves || symbol.section == ELF_SYMBOL_UNDEFINED)
            return true;
        return problem_at(problem, relocation->address, "the image moves, the target does not",
                          "relative reference to %.80s, which is not in the image",
                          symbol.name[0] ? symbol.name : "an absolute address");
    default:
        return problem_at(problem, relocation->address, "compile with -fno-pic -fno-pie",
                          "relocation type %u (symbol %.80s) is not supported", relocation->type,
                          symbol.name);
    }
}

/* Collects from one section; *seen tells that the link kept its relocations. */
static bool collect_section(const struct elf *elf, const struct elf_section *section,
                            const struct extent *extent, struct words *words, bool *seen,
                            struct problem *problem)
{
    struct elf_section target;
    uint32_t count = section->size / 8;

    if (section->type != ELF_SECTION_REL && section->type != ELF_SECTION_RELA)
        return true;
    if (!elf_section(elf, section->info, &target, problem))
        return false;
    if (!(target.flags & ELF_FLAG_ALLOCATED))
        return true;
    if (section->type == ELF_SECTION_RELA)
        return problem_at(problem, section->offset, NULL, "i386 has no RELA relocations");
    if (section->link != elf->symbols)
        return problem_at(problem, section->offset, "link statically",
                          "relocations refer to another symbol table");
    *seen = true;
    words->offsets = reallocarray(words->offsets, words->count + count + 1, sizeof(uint32_t));
    if (!words->offsets)
        return problem_at(problem, section->offset, NULL, "out of memory");
    for (uint32_t i = 0; i < count; i++) {
        struct elf_relocation relocation = elf_relocation(elf, section, i);

        if (!add_relocation(elf, &relocation, extent, words, problem))
            return false;
    }
    return true;
}

static bool collect_words(const struct elf *elf, const struct extent *extent, struct words *words,
                          struct problem *problem)
{
    struct elf_section section;
    bool seen = false;

    for (uint32_t i = 1; i < elf->section_count; i++)
        if (!elf_section(elf, i, &section, problem) ||
            !collect_section(elf, &section, extent, words, &seen, problem))
            return false;
    return seen ||
           problem_at(problem, 0, "link with --emit-relocs", "the link kept no relocations");
}

bool payload_read(struct span elf_file, struct payload *payload, struct problem *problem)
{
    struct words words = {NULL, 0};
    struct extent extent;
    struct elf elf;
    bool good;

    *payload = (struct payload){0};
    good = elf_open(elf_file, &elf, problem) && read_extent(&elf, &extent, problem) &&
           load_sections(&elf, &extent, payload, problem) &&
           collect_words(&elf, &extent, &words, problem) &&
           relocation_tag(words.offsets, words.count, extent.image_end - extent.start,
                          &payload->bytes, &payload->address_base, problem);
    payload->relocations = words.count;
    free(words.offsets);
    return good;
}
