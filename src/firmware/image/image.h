/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot-file formats. Each format is one file with one `struct image_type`, and one line in
 * image/table.c.
 *
 * A type first recognises (by content alone), then checks everything the file will touch. Checking
 * is pure: it reads the file and the memory map and writes only *plan, which says what to move and
 * how to enter the file. The loader does both (loader/enter.h). */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/errors.h"
#include "lib/far_pointer.h"

enum { PLAN_COPIES_MAX = 80, MEMORY_RANGES_MAX = 64, MODULES_MAX = 32 };

/* RAM a boot file may use: start..end (end exclusive), ascending, no overlaps, not from 0.
 * Firmware, BIOS areas and reserved memory are already cut out; the downloaded file is not, so a
 * boot file may be placed over itself. */
struct memory_range {
    uint64_t start, end;
};
struct memory_map {
    unsigned count;
    struct memory_range range[MEMORY_RANGES_MAX];
};

/* A further file that was fetched for a boot file: an initrd of Linux, a module of Multiboot. */
struct module {
    const uint8_t *data;
    uint32_t length;
    const char *name;      /* the last part of where it came from, or what it was given */
    const char *arguments; /* its command line, "" = none. For Linux: the name that the initrd has
                              it by, as in "/etc/issue mode=644"; "" = it is an archive by itself */
};

/* Everything the boot was configured with. Nothing of it is in memory of the map but data and
 * the modules' data. */
struct boot_file {
    const uint8_t *data;
    size_t length;
    const char *name; /* as asked from the server */
    const char *args; /* kernel command line, "" when none */
    const struct module *modules;
    unsigned module_count;        /* at most MODULES_MAX */
    const struct memory_map *ram; /* as the BIOS has it, with what the firmware takes of it */
    /* Base memory that stays the loader's: its BOOTP record, and what finish() may write to. */
    uint8_t *bootp, *scratch;
    uint32_t services; /* bytes of base memory that PXE services take */
};

struct memory_block {
    uintptr_t start;
    uint32_t length;
};

/* One part of a boot file and the memory it gets. */
struct plan_copy {
    struct memory_block to; /* the part's own, at least as long as `from`; all of it must be free */
    struct memory_block from; /* may overlap any part's memory */
    const char *what; /* for messages: a print_format text with at most one %u, for number */
    unsigned number;
    bool clear; /* zero the memory behind the copied bytes */
};

/* How the file is entered. */
struct image_entry {
    enum {
        ENTRY_JUMP, /* real mode, at code, for good; DS and ES are that of the stack, DL is 80h */
        ENTRY_CALL, /* real mode, far call to code; base_kb is what the BIOS counts meanwhile */
        ENTRY_CALL_32, /* call to `flat` with the arguments on our stack, the first of them in EBX,
                          and eax; likewise, when base_kb is not 0 */
        ENTRY_PXE,     /* as PXE_PROGRAM, with PXE services */
    } kind;
    struct far_pointer code, stack;
    uint16_t base_kb;
    uint32_t flat, eax;
    uintptr_t argument[3];
};

/* Where network bootstrap programs are loaded and entered (PXE 2.1 section 2.6). */
enum { PXE_PROGRAM = 0x7c00 };

/* A check fills in `part` and adds it, part by part. Once something is wrong, nothing more is
 * added, and what else is wrong is not noted: only the end of a check has to look at the error. */
struct plan {
    const struct boot_file *file;
    const struct memory_map *map;
    int error;             /* E_BAD_IMAGE, E_UNSUPPORTED, E_SHORT_FILE, E_OVERLAP, E_NO_MEMORY */
    struct plan_copy part; /* that is being made */
    unsigned count;
    uint32_t end;  /* of what has been planned, its highest address */
    bool ordering; /* sources count as used memory now */
    struct image_entry entry;
    uint32_t detail[MODULES_MAX]; /* type's own */
    struct plan_copy copy[PLAN_COPIES_MAX];
    char problem[96]; /* which segment, which address, which limit; "" without error */
};

struct image_type {
    const char *name; /* "NBI", "bzImage" … */
    bool (*recognise)(const uint8_t *data, size_t length);
    /* Fill *plan. Returns plan->error. */
    int (*check)(const struct boot_file *file, const struct memory_map *map, struct plan *plan);
    /* NULL, or: once the parts are in place, write to them or to scratch what the entry needs. */
    void (*finish)(const struct plan *plan);
    bool keeps_card;   /* the network card stays open for it */
    bool takes_initrd; /* uses struct boot_file's modules */
};

/* In the order in which they are tried; NULL where a profile leaves one out. */
enum { IMAGE_TYPES = 7 };
extern const struct image_type *const image_types[IMAGE_TYPES];

/* An address below 4 GiB less a page: nothing is placed above, so that the end of any part fits 32
 * bits. */
uint32_t memory_map_clip(const uint64_t *address);

/* True when they have a byte in common. */
bool memory_overlap(const struct memory_block *a, const struct memory_block *b);

/* The rest is for the types. */

/* First address from `address` on that is not free memory below 4 GiB. */
uint32_t memory_map_end(const struct memory_map *map, uint32_t address);

/* True when start..start+length lies wholly inside one range of the map. */
bool memory_map_holds(const struct memory_map *map, uint32_t start, uint32_t length);

/* First step of every check: an empty plan. */
void plan_start(struct plan *plan, const struct boot_file *file, const struct memory_map *map);

/* The first time, note `error` and plan->problem. Returns what is noted. */
int plan_fail(struct plan *plan, int error, const char *format, ...);

/* The part's source is so many bytes of the boot file, from `offset` on. E_SHORT_FILE when it does
 * not have them. */
void plan_file(struct plan *plan, uint32_t offset, uint32_t length);

/* Append the part once its memory is known to be free and no other part's. Else E_BAD_IMAGE (parts
 * overlap, too many parts, more source than memory) or E_OVERLAP (not free memory). A
 * part without memory is left out. */
void plan_add(struct plan *plan);

/* Highest multiple of `align` (a power of two) at which `length` bytes below `high` are free memory
 * and no part's own; 0 when there is none. At or above 1 MiB when `high` is, else below it. */
uint32_t plan_room(const struct plan *plan, uint32_t length, uint32_t high, uint32_t align);

/* Give the part the place that plan_room() finds; E_NO_MEMORY when there is none. */
void plan_place(struct plan *plan, uint32_t high, uint32_t align);

/* Last step of every check: sort the copies so that none overwrites what a later one reads, with
 * detours over spare memory where parts trade places. Returns plan->error; E_NO_MEMORY is new. */
int plan_order(struct plan *plan);

/* The same, when `entry` is an address in one of the parts; else E_BAD_IMAGE. */
int plan_enter(struct plan *plan, uint32_t entry);

/* Carry out the copies of an ordered plan. */
void image_place(const struct plan *plan);

#endif
