/* SPDX-License-Identifier: BSD-2-Clause */
#include "elf32.h"

enum {
    HEADER_SIZE = 52,
    SECTION_SIZE = 40,
    SYMBOL_SIZE = 16,
    RELOCATION_SIZE = 8,
    TYPE_EXECUTABLE = 2,
    MACHINE_386 = 3,
};

static bool find_symbol_table(struct elf *elf, struct problem *problem)
{
    struct elf_section section;

    for (uint32_t i = 1; i < elf->section_count; i++) {
        if (!elf_section(elf, i, &section, problem))
            return false;
        if (section.type != ELF_SECTION_SYMBOLS)
            continue;
        elf->symbols = i;
        return true;
    }
    return problem_at(problem, elf->section_table, "link without -s", "no symbol table");
}

bool elf_open(struct span file, struct elf *elf, struct problem *problem)
{
    static const uint8_t elf32_little_endian[] = {0x7f, 'E', 'L', 'F', 1, 1, 1};

    if (!span_has(file, 0, HEADER_SIZE) ||
        !span_equals(file, 0, elf32_little_endian, sizeof(elf32_little_endian)))
        return problem_at(problem, 0, "link with -m elf_i386", "not an ELF32 little-endian file");
    if (get16(file.data + 18) != MACHINE_386)
        return problem_at(problem, 18, "link with -m elf_i386", "ELF machine %u is not 386",
                          get16(file.data + 18));
    if (get16(file.data + 16) != TYPE_EXECUTABLE)
        return problem_at(problem, 16, "this must be the linked firmware, not an object",
                          "ELF type %u is not executable", get16(file.data + 16));
    *elf = (struct elf){
        .file = file,
        .section_table = get32(file.data + 32),
        .section_count = get16(file.data + 48),
    };
    if (get16(file.data + 46) != SECTION_SIZE ||
        !span_has(file, elf->section_table, (size_t)elf->section_count * SECTION_SIZE))
        return problem_at(problem, 32, NULL, "section table is not inside the file");
    return find_symbol_table(elf, problem);
}

bool elf_section(const struct elf *elf, uint32_t number, struct elf_section *section,
                 struct problem *problem)
{
    size_t offset = elf->section_table + (size_t)number * SECTION_SIZE;
    const uint8_t *at;

    if (number >= elf->section_count)
        return problem_at(problem, elf->section_table, NULL, "there is no section %u", number);
    at = elf->file.data + offset;
    *section = (struct elf_section){
        .type = get32(at + 4),
        .flags = get32(at + 8),
        .address = get32(at + 12),
        .offset = get32(at + 16),
        .size = get32(at + 20),
        .link = get32(at + 24),
        .info = get32(at + 28),
    };
    if (section->type != ELF_SECTION_NO_BITS && section->type != 0 &&
        !span_has(elf->file, section->offset, section->size))
        return problem_at(problem, offset, NULL, "section %u is not inside the file", number);
    return true;
}

bool elf_symbol(const struct elf *elf, uint32_t number, struct elf_symbol *symbol,
                struct problem *problem)
{
    struct elf_section table, names;
    struct span name_bytes;
    const uint8_t *at;

    if (!elf_section(elf, elf->symbols, &table, problem) ||
        !elf_section(elf, table.link, &names, problem))
        return false;
    if (number >= table.size / SYMBOL_SIZE)
        return problem_at(problem, table.offset, NULL, "there is no symbol %u", number);
    at = elf->file.data + table.offset + (size_t)number * SYMBOL_SIZE;
    if (names.type == ELF_SECTION_NO_BITS)
        return problem_at(problem, table.offset, NULL, "symbol names are missing");
    name_bytes = span_part(elf->file, names.offset, names.size);
    if (string_length(name_bytes, get32(at)) < 0)
        return problem_at(problem, (size_t)(at - elf->file.data), NULL,
                          "name of symbol %u is not inside the file", number);
    *symbol = (struct elf_symbol){
        .name = (const char *)name_bytes.data + get32(at),
        .value = get32(at + 4),
        .section = get16(at + 14),
    };
    return true;
}

bool elf_find_symbol(const struct elf *elf, const char *name, struct elf_symbol *symbol,
                     struct problem *problem)
{
    struct elf_section table;

    if (!elf_section(elf, elf->symbols, &table, problem))
        return false;
    for (uint32_t i = 1; i < table.size / SYMBOL_SIZE; i++) {
        if (!elf_symbol(elf, i, symbol, problem))
            return false;
        if (symbol->section != ELF_SYMBOL_UNDEFINED && strcmp(symbol->name, name) == 0)
            return true;
    }
    return problem_at(problem, table.offset, "link with the rendered linker map",
                      "symbol %s is not defined", name);
}

struct elf_relocation elf_relocation(const struct elf *elf, const struct elf_section *section,
                                     uint32_t number)
{
    const uint8_t *at = elf->file.data + section->offset + (size_t)number * RELOCATION_SIZE;

    return (struct elf_relocation){get32(at), get32(at + 4) >> 8, at[4]};
}
