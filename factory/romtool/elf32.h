/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading an ELF32 i386 executable (System V ABI, Intel386 supplement). Every access is checked:
 * the file may be hostile. */
#ifndef ROMTOOL_ELF32_H
#define ROMTOOL_ELF32_H

#include "bytes.h"
#include "message.h"

enum {
    ELF_SECTION_SYMBOLS = 2,
    ELF_SECTION_RELA = 4,
    ELF_SECTION_NO_BITS = 8,
    ELF_SECTION_REL = 9,
    ELF_FLAG_ALLOCATED = 2,
    ELF_SYMBOL_UNDEFINED = 0,
    ELF_SYMBOL_RESERVED = 0xff00, /* from here on: no section */
    ELF_SYMBOL_ABSOLUTE = 0xfff1,
};

/* Relocation types that a link with --emit-relocs may leave. */
enum {
    ELF_RELOCATION_NONE = 0,
    ELF_RELOCATION_32 = 1,
    ELF_RELOCATION_PC32 = 2,
    ELF_RELOCATION_PLT32 = 4,
    ELF_RELOCATION_PC16 = 21,
    ELF_RELOCATION_PC8 = 23,
};

struct elf {
    struct span file;
    uint32_t section_table;
    uint16_t section_count;
    uint32_t symbols; /* section number of the symbol table */
};

struct elf_section {
    uint32_t type, flags, address, offset, size, link, info;
};

struct elf_symbol {
    const char *name; /* never NULL, ends inside the file */
    uint32_t value;
    uint16_t section;
};

struct elf_relocation {
    uint32_t address, symbol;
    uint8_t type;
};

/* Checks the header and finds the symbol table. */
bool elf_open(struct span file, struct elf *elf, struct problem *problem);

/* Section `number`; its bytes, unless it has none, are inside the file. */
bool elf_section(const struct elf *elf, uint32_t number, struct elf_section *section,
                 struct problem *problem);

/* Symbol `number` of the symbol table. */
bool elf_symbol(const struct elf *elf, uint32_t number, struct elf_symbol *symbol,
                struct problem *problem);

/* The symbol with this name; it must be defined. */
bool elf_find_symbol(const struct elf *elf, const char *name, struct elf_symbol *symbol,
                     struct problem *problem);

/* Entry `number` of a section of type ELF_SECTION_REL; number < size / 8. */
struct elf_relocation elf_relocation(const struct elf *elf, const struct elf_section *section,
                                     uint32_t number);

#endif
