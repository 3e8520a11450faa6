/* SPDX-License-Identifier: BSD-2-Clause */
/* Linux bzImage, entered in real mode (Documentation/x86/boot.rst of the kernel, protocol 2.00 and
 * later). */
#include "image/image.h"

#include "lib/string.h"
#include "net/features.h"

enum { SETUP_MAGIC = 0x53726448 /* "HdrS" */, BOOT_SIGNATURE = 0xaa55 };
enum { LOADED_HIGH = 1, CAN_USE_HEAP = 0x80 };
enum { LOADER_UNREGISTERED = 0xff, COMMAND_LINE_MAGIC = 0xa33f };
enum { KERNEL_ADDRESS = 0x100000, OLD_SETUP_ADDRESS = 0x90000, SETUP_MAX = 0x8000 };

/* The kernel's first bytes: its boot sector, and the setup header from 1F1h on. */
struct setup {
    uint8_t code[0x20];
    uint16_t command_line_magic, command_line_offset; /* until protocol 2.01 */
    uint8_t boot_sector[0x1f1 - 0x24];
    uint8_t setup_sectors;
    uint16_t root_flags;
    uint32_t paragraphs; /* of the protected-mode part */
    uint16_t ram_size, video_mode, root_device, boot_flag;
    uint16_t jump;
    uint32_t magic;
    uint16_t version;
    uint32_t switch_to_real_mode;
    uint16_t start_segment, kernel_version;
    uint8_t loader, load_flags;
    uint16_t move_size;
    uint32_t code32_start, initrd, initrd_length, bootsect_kludge;
    uint16_t heap_end; /* 2.01 */
    uint8_t loader_version, loader_type;
    uint32_t command_line; /* 2.02 */
    uint32_t initrd_max;   /* 2.03 */
    uint32_t alignment;    /* 2.05 */
    uint8_t relocatable, minimum_alignment;
    uint16_t extended_flags;
    uint32_t command_line_max; /* 2.06 */
    uint32_t hardware[3], payload[2], setup_data[2];
    uint32_t preferred_address, preferred_high; /* 2.10 */
    uint32_t init_size;
} __attribute__((packed));

/* plan->detail: addresses of setup code, initrd and kernel */
enum { SETUP, INITRD, KERNEL };

static bool linux_recognise(const uint8_t *data, size_t length)
{
    const struct setup *setup = (const struct setup *)data;

    return length >= sizeof(*setup) && setup->boot_flag == BOOT_SIGNATURE &&
           setup->magic == SETUP_MAGIC;
}

/* Where stack and heap of the setup code end and the command line starts, from its start. */
static uint32_t heap_end(const struct setup *setup)
{
    return setup->version < 0x202 ? 0x9800 : 0xe000;
}

/* Memory of the setup code: its sectors, heap and stack, then the command line. */
static int add_setup(struct plan *plan, const struct setup *setup, uint32_t setup_length)
{
    uint32_t args_length = strlen(plan->file->args);
    uint32_t args_max = setup->version < 0x206 ? 255 : setup->command_line_max;
    uint32_t room = heap_end(setup) + args_length + 1;
    struct plan_copy part = {
        {OLD_SETUP_ADDRESS, room}, {(uintptr_t)setup, setup_length}, "setup code", 0, false};

    if (args_length > args_max)
        return plan_fail(plan, E_BAD_IMAGE, "command line has %u bytes, the kernel takes %u",
                         args_length, args_max);
    if (setup->version >= 0x202)
        part.to.start = plan_room(plan, room, 0xa0000, 16);
    if (!part.to.start)
        return plan_fail(plan, E_NO_MEMORY, "setup code needs %x bytes below a0000", room);
    plan->detail[SETUP] = (uint32_t)part.to.start;
    return plan_add(plan, &part);
}

/* A kernel that can run anywhere goes where it would move itself, or if that isn't free as high as
 * its initrd might. The others go to 1 MiB, and all up to where they unpack themselves must be
 * free. */
static int add_kernel(struct plan *plan, const struct setup *setup, uint32_t setup_length,
                      uint32_t limit)
{
    uint32_t length = (uint32_t)plan->file->length - setup_length;
    uint32_t preferred = KERNEL_ADDRESS, room = length >> 30 ? UINT32_MAX : length * 3;
    struct plan_copy part = {
        {KERNEL_ADDRESS, 0}, {(uintptr_t)setup + setup_length, length}, "kernel", 0, false};

    if (setup->version >= 0x20a) {
        preferred = setup->preferred_address;
        room = setup->init_size;
    }
    if (setup->version >= 0x205 && setup->relocatable) {
        part.to.start = preferred;
        if (!memory_map_holds(plan->map, preferred, room))
            part.to.start = plan_room(plan, room, limit, setup->alignment);
        if (part.to.start < preferred)
            return plan_fail(plan, E_NO_MEMORY, "kernel needs %x bytes from %x on", room,
                             preferred);
    } else if ((room | preferred) >> 31) {
        room = UINT32_MAX; /* whatever their sum is, it may not fit 32 bits */
    } else {
        room += preferred - KERNEL_ADDRESS;
    }
    part.to.length = room > length ? room : length;
    plan->detail[KERNEL] = (uint32_t)part.to.start;
    return plan_add(plan, &part);
}

static int add_initrd(struct plan *plan, uint32_t limit)
{
    uint32_t length = (uint32_t)plan->file->initrd_length;
    struct plan_copy part = {{plan_room(plan, length, limit, 4096), length},
                             {(uintptr_t)plan->file->initrd, length},
                             "initrd",
                             0,
                             false};

    if (!part.to.start)
        return plan_fail(plan, E_NO_MEMORY, "initrd needs %x bytes below %x", length, limit);
    plan->detail[INITRD] = (uint32_t)part.to.start;
    return plan_add(plan, &part);
}

static int linux_check(const struct boot_file *file, const struct memory_map *map,
                       struct plan *plan)
{
    const struct setup *setup = (const struct setup *)file->data;
    uint32_t setup_length = ((setup->setup_sectors ? setup->setup_sectors : 4) + 1) * 512;
    uint32_t length = (uint32_t)file->length - setup_length;
    uint32_t limit = setup->version < 0x203 ? 0x38000000 : setup->initrd_max + 1;
    int error;

    plan_start(plan, file, map);
    if (setup->version < 0x200 || !(setup->load_flags & LOADED_HIGH))
        return plan_fail(plan, E_BAD_IMAGE, "boot protocol %x, flags %x: no bzImage",
                         setup->version, setup->load_flags);
    if (setup_length > SETUP_MAX)
        return plan_fail(plan, E_BAD_IMAGE, "setup code has %x bytes, at most %x can be",
                         setup_length, SETUP_MAX);
    if (file->length <= setup_length ||
        (setup->version >= 0x204 && (length + 15) / 16 < setup->paragraphs))
        return plan_fail(plan, E_SHORT_FILE, "file has %x bytes, not %x + %x0",
                         (uint32_t)file->length, setup_length, setup->paragraphs);
    if (!limit)
        limit--;
    error = add_setup(plan, setup, setup_length);
    plan->entry.stack = (struct far_pointer){heap_end(setup), plan->detail[SETUP] / 16};
    plan->entry.code.segment = plan->entry.stack.segment + offsetof(struct setup, jump) / 16;
    if (!error)
        error = add_kernel(plan, setup, setup_length, limit);
    if (!error && file->initrd)
        error = add_initrd(plan, limit);
    return error ? error : plan_order(plan);
}

static void linux_finish(const struct plan *plan)
{
    const struct boot_file *file = plan->file;
    struct setup *setup = (struct setup *)(uintptr_t)plan->detail[SETUP];
    uint32_t end = heap_end(setup);

    memcpy((char *)setup + end, file->args, strlen(file->args) + 1);
    setup->loader = LOADER_UNREGISTERED;
    setup->code32_start = plan->detail[KERNEL];
    setup->initrd = plan->detail[INITRD];
    setup->initrd_length = file->initrd ? (uint32_t)file->initrd_length : 0;
    if (setup->version >= 0x201) {
        setup->load_flags |= CAN_USE_HEAP;
        setup->heap_end = end - 0x200;
    }
    if (setup->version >= 0x202) {
        setup->command_line = plan->detail[SETUP] + end;
    } else {
        setup->command_line_magic = COMMAND_LINE_MAGIC;
        setup->command_line_offset = end;
        setup->move_size = end + strlen(file->args) + 1;
    }
}

const struct image_type linux_image = {"bzImage", linux_recognise, linux_check, linux_finish,
                                       .takes_initrd = true};

FEATURE(LINUX);
