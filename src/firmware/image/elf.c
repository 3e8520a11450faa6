/* SPDX-License-Identifier: BSD-2-Clause */
/* ELF programs, entered in 32-bit mode as Etherboot's elf loader does: with the boot notes of its
 * elf_boot.h. */
#include "image/elf.h"

#include "image/handover.h"
#include "lib/checksum.h"
#include "lib/features.h"
#include "lib/string.h"

enum { ELF_MAGIC = 0x464c457f, HEADER = 64, LOAD = 1 };
enum { EXECUTABLE_386 = 0x00030002, EXECUTABLE_X86_64 = 0x003e0002 };

/* Behind the entry, fields are as wide as the class says: so they lie at `word` times something. */
struct header {
    uint32_t magic;
    uint8_t class, order, version, padding[9];
    uint32_t kind; /* type and machine */
    uint32_t version_again;
    uint8_t entry[];
} __attribute__((packed));

struct number {
    uint32_t low, high;
} __attribute__((packed));

/* A number of 2, 4 or 8 bytes, with two more behind it. What does not fit 32 bits is more than any
 * limit. */
static __attribute__((noinline)) uint32_t number(const uint8_t *at, unsigned word)
{
    const struct number *number = (const struct number *)at;

    if (word < 4)
        return (uint16_t)number->low;
    return word > 4 && number->high ? UINT32_MAX : number->low;
}

void elf_add(struct plan *plan)
{
    const struct header *header = (const struct header *)plan->file->data;
    unsigned word = header->class * 4u;
    const uint8_t *sizes = header->entry + 3 * word + 6;
    uint32_t entry, at, count;

    if (word - 4 > 4 || (header->kind != EXECUTABLE_386 && header->kind != EXECUTABLE_X86_64)) {
        plan_fail(plan, E_UNSUPPORTED, "ELF class %u, type and machine %x", header->class,
                  header->kind);
        return;
    }
    entry = plan->entry.flat = number(header->entry, word);
    at = number(header->entry + word, word);
    plan->part.what = "segment %u";
    plan->part.clear = true;
    for (count = number(sizes, 4) >> 16; count--; at += number(sizes, 2)) {
        const uint8_t *program;
        uint32_t address;

        plan->part.number++;
        plan_file(plan, at, 6 * word);
        if (plan->error)
            return;
        program = plan->file->data + at;
        if (*program != LOAD)
            continue;
        address = number(program + 2 * word, word);
        plan->part.to.start = number(program + 3 * word, word);
        plan->part.to.length = number(program + 5 * word, word);
        plan_file(plan, number(program + word, word), number(program + 4 * word, word));
        plan_add(plan);
        if (entry - address < plan->part.to.length)
            plan->entry.flat = entry - address + (uint32_t)plan->part.to.start;
    }
}

static bool elf_recognise(const uint8_t *data, size_t length)
{
    return length >= HEADER && *(const uint32_t *)data == ELF_MAGIC;
}

/* Boot notes. */
enum { NOTES_MAGIC = 0x0e1fb007, NOTE_BOOTP = 5, NOTE_MEMORY = 8 };
struct note {
    uint32_t name_length, length, type;
    char name[12];
};
struct notes {
    uint32_t magic, size;
    uint16_t checksum, count;
    struct note bootp;
    uint32_t bootp_address;
    struct note memory;
    uint32_t kilobytes[2]; /* below 640 KiB, from 1 MiB on */
    uint32_t ranges;
    uint32_t range[]; /* start, length, type: 20 bytes each */
};
static int elf_check(const struct boot_file *file, const struct memory_map *map, struct plan *plan)
{
    plan_start(plan, file, map);
    elf_add(plan);
    return handover_add(plan, NOTES_MAGIC);
}

static void write_note(struct note *note, uint32_t type, uint32_t length)
{
    note->name_length = sizeof("Etherboot");
    note->length = length;
    note->type = type;
    memcpy(note->name, "Etherboot", sizeof("Etherboot"));
}

static void elf_finish(const struct plan *plan)
{
    struct notes *to = (struct notes *)plan->entry.argument[0];

    to->magic = NOTES_MAGIC;
    to->count = 2;
    write_note(&to->bootp, NOTE_BOOTP, sizeof(to->bootp_address));
    to->bootp_address = (uint32_t)(uintptr_t)plan->file->bootp;
    handover_sizes(plan, to->kilobytes);
    to->ranges = plan->file->ram->count;
    to->size = (uint32_t)((uintptr_t)handover_memory(plan, to->range, 20, 0) - (uintptr_t)to);
    write_note(&to->memory, NOTE_MEMORY, to->size - offsetof(struct notes, kilobytes));
    to->checksum = (uint16_t)~checksum_add(0, to, to->size);
}

const struct image_type elf_image = {"ELF", elf_recognise, elf_check, elf_finish,
                                     .takes_initrd = false};

FEATURE(ELF);
