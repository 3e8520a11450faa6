/* SPDX-License-Identifier: BSD-2-Clause */
/* Multiboot2 kernels (Multiboot2 Specification 2.0). */
#include "image/handover.h"
#include "image/multiboot.h"
#include "lib/string.h"

enum { HEADER_MAGIC = 0xe85250d6, HEADER_WITHIN = 32768, HEADER_WORDS = 4 };
enum { ENTERED_WITH = 0x36d76289 };

struct header {
    uint32_t magic, architecture, length, checksum;
};

/* Tags of the header. Those of EFI say how the kernel may be started by EFI, and the one for the
 * alignment of modules asks for what they have anyway. */
enum {
    TAG_END,
    TAG_REQUEST,
    TAG_ADDRESSES,
    TAG_ENTRY,
    TAG_CONSOLE,
    TAG_SCREEN,
    TAG_RELOCATABLE = 10,
    TAGS
};
enum { OPTIONAL = 1, TEXT_IS_SUPPORTED = 2, REQUEST_MAX = 21 };
struct header_tag {
    uint16_t type, flags;
    uint32_t size;
    uint32_t value[];
};

/* Tags of what the kernel is told. */
enum { COMMAND_LINE = 1, LOADER_NAME, MODULE, MEMORY_SIZES, MEMORY_MAP = 6 };
struct tag {
    uint32_t type, size;
    uint32_t value[];
};

static const struct header *find(const uint8_t *data, size_t length)
{
    return (const struct header *)multiboot_header(data, length, HEADER_MAGIC, HEADER_WITHIN,
                                                   HEADER_WORDS);
}

static bool multiboot2_recognise(const uint8_t *data, size_t length)
{
    return find(data, length);
}

/* The first tag of each kind; NULL when there is none. */
static void read_tags(struct plan *plan, const struct header *header,
                      const struct header_tag *tags[TAGS])
{
    static const uint8_t least[TAGS] = {8, 8, 24, 12, 12, 20, 8, 8, 12, 12, 24};
    uint32_t at = (uint32_t)((const uint8_t *)header - plan->file->data) + sizeof(*header);

    for (;;) {
        const struct header_tag *tag = (const struct header_tag *)(plan->file->data + at);

        plan->part.what = "header";
        plan_file(plan, at, sizeof(*tag));
        if (plan->error)
            return;
        plan->part.what = "tag %u";
        plan->part.number = tag->type;
        plan_file(plan, at, tag->size);
        if (tag->size < (tag->type < TAGS ? least[tag->type] : 8) ||
            (tag->type >= TAGS && !(tag->flags & OPTIONAL)))
            plan_fail(plan, E_UNSUPPORTED, "tag %u of %u bytes", tag->type, tag->size);
        if (plan->error || tag->type == TAG_END)
            return;
        if (tag->type < TAGS)
            tags[tag->type] = tag;
        at += (tag->size + 7) & ~7u;
    }
}

/* What it must be told is nothing unknown; and it can do without graphics. */
static void check_needs(struct plan *plan, const struct header_tag *const tags[TAGS])
{
    const struct header_tag *request = tags[TAG_REQUEST], *screen = tags[TAG_SCREEN];
    const struct header_tag *console = tags[TAG_CONSOLE];

    if (request && !(request->flags & OPTIONAL))
        for (unsigned i = (request->size - 8) / 4; i--;)
            if (request->value[i] > REQUEST_MAX)
                plan_fail(plan, E_UNSUPPORTED, "information %u", request->value[i]);
    if (screen && !(screen->flags & OPTIONAL) &&
        !(console && console->value[0] & TEXT_IS_SUPPORTED))
        plan_fail(plan, E_UNSUPPORTED, "graphics mode");
}

static int multiboot2_check(const struct boot_file *file, const struct memory_map *map,
                            struct plan *plan)
{
    const struct header *header = find(file->data, file->length);
    const struct header_tag *tags[TAGS] = {NULL};

    plan_start(plan, file, map);
    if (header->architecture)
        plan_fail(plan, E_UNSUPPORTED, "architecture %u", header->architecture);
    read_tags(plan, header, tags);
    check_needs(plan, tags);
    multiboot_add(plan, header,
                  tags[TAG_ADDRESSES] ? (const void *)tags[TAG_ADDRESSES]->value : NULL);
    if (tags[TAG_ENTRY])
        plan->entry.flat = tags[TAG_ENTRY]->value[0];
    return handover_add(plan, ENTERED_WITH);
}

/* Make what lies between them a tag. Returns the place of the next one. */
static __attribute__((noinline)) struct tag *close_tag(struct tag *tag, uint32_t type,
                                                       const void *end)
{
    tag->type = type;
    tag->size = (uint32_t)((const uint8_t *)end - (const uint8_t *)tag);
    return (struct tag *)((uint8_t *)tag + ((tag->size + 7) & ~7u));
}

static void multiboot2_finish(const struct plan *plan)
{
    const struct boot_file *file = plan->file;
    const struct module *module = file->modules;
    struct tag *start = (struct tag *)plan->entry.argument[0];
    struct tag *tag = start + 1; /* total length, and a word of zeros */

    tag = close_tag(tag, LOADER_NAME, handover_text((char *)tag->value, "Etherforge", ""));
    tag = close_tag(tag, COMMAND_LINE, handover_text((char *)tag->value, file->name, file->args));
    for (unsigned i = 0; i < file->module_count; i++, module++) {
        tag->value[0] = plan->detail[i];
        tag->value[1] = plan->detail[i] + module->length;
        tag = close_tag(tag, MODULE,
                        handover_text((char *)(tag->value + 2), module->name, module->arguments));
    }
    handover_sizes(plan, tag->value);
    tag = close_tag(tag, MEMORY_SIZES, tag->value + 2);
    tag->value[0] = 24; /* bytes of each range */
    tag = close_tag(tag, MEMORY_MAP, handover_memory(plan, tag->value + 2, 24, 0));
    tag = close_tag(tag, TAG_END, tag->value);
    close_tag(start, 0, tag);
    start->type = start->size;
    start->size = 0;
}

const struct image_type multiboot2_image = {"Multiboot2", multiboot2_recognise, multiboot2_check,
                                            multiboot2_finish, .takes_initrd = true};
