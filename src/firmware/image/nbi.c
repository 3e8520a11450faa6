/* SPDX-License-Identifier: BSD-2-Clause */
/* Network Boot Images (the "Draft Net Boot Image Proposal" 0.3 that Etherboot and mknbi implement).
 */
#include "image/image.h"
#include "lib/features.h"

#include "lib/string.h"

enum { NBI_MAGIC = 0x1b031336, NBI_HEADER = 512, NBI_LINEAR_ENTRY = 1u << 31 };
enum { SEGMENT_PLACE = 3, SEGMENT_LAST = 4 };
enum { PLACE_AT, PLACE_AFTER, PLACE_DOWN_FROM_TOP, PLACE_BEFORE };

/* Lengths of the header and of each segment record: dwords of its own in the low nibble, of vendor
 * data in the high. */
struct nbi_header {
    uint32_t magic;
    uint32_t flags;
    uint32_t location; /* where a copy of the header goes, segment:offset */
    uint32_t entry;
} __attribute__((packed));

struct nbi_segment {
    uint8_t lengths, vendor_tag, reserved, flags;
    uint32_t address;
    uint32_t image_length, memory_length;
} __attribute__((packed));

enum { LOCATION, OFFSET }; /* plan->detail: of the header's copy; of the next segment in the file */

/* As much as loaders packed with LZMA want. */
enum { STACK_SIZE = 16384 };

static uint32_t linear(uint32_t segment_offset)
{
    return (segment_offset >> 16) * 16 + (segment_offset & 0xffff);
}

static bool nbi_recognise(const uint8_t *data, size_t length)
{
    return length >= NBI_HEADER && ((const struct nbi_header *)data)->magic == NBI_MAGIC;
}

/* Append the segment. plan->part is the one before, or the header, to which it is relative. */
static void add_segment(struct plan *plan, const struct nbi_segment *segment)
{
    struct plan_copy *part = &plan->part;
    uint32_t start = (uint32_t)part->to.start;

    switch (segment->flags & SEGMENT_PLACE) {
    case PLACE_AT:
        start = segment->address;
        break;
    case PLACE_AFTER:
        start += part->to.length + segment->address;
        break;
    case PLACE_DOWN_FROM_TOP:
        start = memory_map_end(plan->map, 0x100000) - segment->address;
        break;
    case PLACE_BEFORE:
        start -= segment->address;
    }
    part->what = "segment %u";
    part->to.start = start;
    part->to.length = segment->memory_length;
    plan_file(plan, plan->detail[OFFSET], segment->image_length);
    plan->detail[OFFSET] += segment->image_length;
    plan_add(plan);
}

/* Append the header's copy and all segments. */
static void add_parts(struct plan *plan, const struct nbi_header *header)
{
    const struct nbi_segment *segment;
    uint32_t lengths = header->flags;
    unsigned at = 0;

    plan->part.what = "header";
    plan->part.clear = true;
    plan->part.to = (struct memory_block){plan->detail[LOCATION], NBI_HEADER};
    plan_file(plan, 0, NBI_HEADER);
    plan->detail[OFFSET] = NBI_HEADER;
    plan_add(plan);
    do {
        at += ((lengths & 15) + (lengths >> 4 & 15)) * 4;
        plan->part.number++;
        segment = (const struct nbi_segment *)((const uint8_t *)header + at);
        if (at < sizeof(*header) || at > NBI_HEADER - sizeof(*segment) ||
            (segment->lengths & 15) < sizeof(*segment) / 4) {
            plan_fail(plan, E_BAD_IMAGE, "no record of segment %u at byte %u of the header",
                      plan->part.number, at);
            return;
        }
        lengths = segment->lengths;
        add_segment(plan, segment);
    } while (!(segment->flags & SEGMENT_LAST));
}

static void add_stack(struct plan *plan)
{
    plan->part = (struct plan_copy){.to.length = STACK_SIZE, .what = "stack"};
    plan_place(plan, 0xa0000, 16);
    plan_add(plan);
    /* Programs that put themselves at the top of base memory stay clear of the stack and of us. */
    plan->entry.base_kb = (uint16_t)(plan->part.to.start / 1024);
    plan->entry.stack = (struct far_pointer){STACK_SIZE, plan->part.to.start / 16};
}

/* Real-mode code that calls a 16-bit entry as the proposal wants it: A20 off, far pointers to
 * header and BOOTP record on the stack. The callee may remove them or not, and may change the
 * stack. */
struct far_call {
    uint8_t start[11];
    struct far_pointer bootp;
    uint8_t push_header[2];
    uint32_t header;
    uint8_t call;
    uint32_t entry;
    uint8_t load_stack;
    uint16_t stack_segment;
    uint8_t set_stack[3];
    uint16_t stack_pointer;
    uint8_t back[6];
} __attribute__((packed));

static const struct far_call far_call_code = {
    /* movzx esp, sp; mov ax, 2400h; int 15h; push dword */
    .start = {0x66, 0x0f, 0xb7, 0xe4, 0xb8, 0x00, 0x24, 0xcd, 0x15, 0x66, 0x68},
    .push_header = {0x66, 0x68},                  /* push dword */
    .call = 0x9a,                                 /* call far */
    .load_stack = 0xb8,                           /* mov ax, segment */
    .set_stack = {0x8e, 0xd0, 0xbc},              /* mov ss, ax; mov sp, pointer */
    .stack_pointer = STACK_SIZE - 4,              /* the way back to us is there */
    .back = {0xb8, 0x01, 0x24, 0xcd, 0x15, 0xcb}, /* mov ax, 2401h; int 15h; retf */
};

/* What a 32-bit entry is told of its loader: version of the interface (Etherboot's last), flags. */
static const struct ebinfo {
    uint8_t major, minor;
    uint16_t flags;
} ebinfo = {5, 4, 0};

static int nbi_check(const struct boot_file *file, const struct memory_map *map, struct plan *plan)
{
    const struct nbi_header *header = (const struct nbi_header *)file->data;
    uint32_t entry = header->entry;

    plan_start(plan, file, map);
    plan->detail[LOCATION] = linear(header->location);
    plan->entry.code = rm_far(file->scratch);
    plan->entry.flat = entry;
    plan->entry.argument[0] = (uintptr_t)&ebinfo;
    plan->entry.argument[1] = plan->detail[LOCATION];
    plan->entry.argument[2] = (uintptr_t)file->bootp;
    add_parts(plan, header);
    add_stack(plan);
    plan->entry.kind = ENTRY_CALL_32;
    if (!(header->flags & NBI_LINEAR_ENTRY)) {
        plan->entry.kind = ENTRY_CALL;
        entry = linear(entry);
    }
    return plan_enter(plan, entry);
}

static void nbi_finish(const struct plan *plan)
{
    const struct nbi_header *header = (const struct nbi_header *)(uintptr_t)plan->detail[LOCATION];
    struct far_call *code = (struct far_call *)plan->file->scratch;

    *code = far_call_code;
    code->bootp = rm_far(plan->file->bootp);
    code->header = header->location;
    code->entry = header->entry;
    code->stack_segment = plan->entry.stack.segment;
}

const struct image_type nbi_image = {"NBI", nbi_recognise, nbi_check, nbi_finish,
                                     .takes_initrd = false};

FEATURE(NBI);
