/* SPDX-License-Identifier: BSD-2-Clause */
/* Linux bzImage, entered in real mode (Documentation/x86/boot.rst of the kernel, protocol 2.00 and
 * later). */
#include "image/image.h"
#include "lib/features.h"

#include "lib/print.h"
#include "lib/string.h"

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

/* plan->detail: addresses of setup code, initrd and kernel; length of the initrd */
enum { SETUP, INITRD, KERNEL, INITRD_LENGTH };

/* A header of a cpio archive, format newc, without its name (buffer-format.rst of the kernel). */
enum { CPIO_HEADER = 110 };

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
static void add_setup(struct plan *plan, const struct setup *setup, uint32_t setup_length)
{
    uint32_t args_length = strlen(plan->file->args);
    uint32_t args_max = setup->version < 0x206 ? 255 : setup->command_line_max;

    if (args_length > args_max)
        plan_fail(plan, E_BAD_IMAGE, "command line has %u bytes, the kernel takes %u", args_length,
                  args_max);
    plan->part.what = "setup code";
    plan_file(plan, 0, setup_length);
    plan->part.to.start = OLD_SETUP_ADDRESS;
    plan->part.to.length = heap_end(setup) + args_length + 1;
    if (setup->version >= 0x202)
        plan_place(plan, 0xa0000, 16);
    plan->detail[SETUP] = (uint32_t)plan->part.to.start;
    plan_add(plan);
}

/* A kernel that can run anywhere goes where it would move itself, or if that isn't free as high as
 * its initrd might. The others go to 1 MiB, and all up to where they unpack themselves must be
 * free. */
static void add_kernel(struct plan *plan, const struct setup *setup, uint32_t setup_length,
                       uint32_t limit)
{
    uint32_t length = (uint32_t)plan->file->length - setup_length;
    uint32_t preferred = KERNEL_ADDRESS, room = length >> 30 ? UINT32_MAX : length * 3;

    plan->part.what = "kernel";
    plan_file(plan, setup_length, length);
    if (setup->version >= 0x20a) {
        preferred = setup->preferred_address;
        room = setup->init_size;
    }
    plan->part.to.start = KERNEL_ADDRESS;
    if (setup->version >= 0x205 && setup->relocatable) {
        plan->part.to.start = preferred;
        if (!memory_map_holds(plan->map, preferred, room))
            plan->part.to.start = plan_room(plan, room, limit, setup->alignment);
        if (plan->part.to.start < preferred)
            plan_fail(plan, E_NO_MEMORY, "kernel needs %x bytes from %x on", room, preferred);
    } else if ((room | preferred) >> 31) {
        room = UINT32_MAX; /* whatever their sum is, it may not fit 32 bits */
    } else {
        room += preferred - KERNEL_ADDRESS;
    }
    plan->part.to.length = room > length ? room : length;
    plan->detail[KERNEL] = (uint32_t)plan->part.to.start;
    plan_add(plan);
}

static uint32_t aligned(uint32_t length)
{
    return (length + 3) & ~3u;
}

/* Of the name that the initrd is to have a module by; 0 when the module is an archive. */
static uint32_t name_length(const struct module *module)
{
    const char *end = module->arguments;

    while (*end > ' ')
        end++;
    return (uint32_t)(end - module->arguments);
}

/* Where a module lies in the initrd, when what is before it ends at `end`. */
static uint32_t module_start(const struct module *module, uint32_t end)
{
    uint32_t name = name_length(module);

    return aligned(end) + (name ? aligned(CPIO_HEADER + name + 1) : 0);
}

/* The kernel sees one initrd, made of all modules. */
static void add_initrd(struct plan *plan, uint32_t limit)
{
    const struct boot_file *file = plan->file;
    const struct module *module = file->modules;
    uint32_t end = 0;

    for (unsigned i = file->module_count; i--; module++)
        end = module_start(module, end) + module->length;
    plan->detail[INITRD_LENGTH] = end;
    plan->part = (struct plan_copy){.to.length = aligned(end), .what = "initrd", .clear = true};
    plan_place(plan, limit, 4096);
    plan->detail[INITRD] = end = (uint32_t)plan->part.to.start;
    for (module = file->modules; plan->part.number < file->module_count; module++) {
        plan->part.number++;
        plan->part.from = (struct memory_block){(uintptr_t)module->data, module->length};
        plan->part.to.start = module_start(module, end);
        plan->part.to.length = aligned(module->length);
        end = (uint32_t)plan->part.to.start + module->length;
        plan_add(plan);
    }
}

/* The archive's headers, between its files. */
static void write_headers(const struct plan *plan)
{
    const struct module *module = plan->file->modules;
    uint32_t end = plan->detail[INITRD];

    for (unsigned i = plan->file->module_count; i--; module++) {
        char *header = (char *)(uintptr_t)aligned(end);
        uint32_t name = name_length(module);

        end = module_start(module, end);
        memset(header, 0, (char *)(uintptr_t)end - header);
        /* number, mode, owner, group, links, time, length, device twice, name's length, checksum;
         * what is behind the name does not fit */
        if (name)
            print_format(header, CPIO_HEADER + name + 1,
                         "07070100000000000081a40000000000000000"
                         "0000000100000000%08x%032x%08x00000000%S",
                         module->length, 0, name + 1, module->arguments);
        end += module->length;
    }
}

static int linux_check(const struct boot_file *file, const struct memory_map *map,
                       struct plan *plan)
{
    const struct setup *setup = (const struct setup *)file->data;
    uint32_t setup_length = ((setup->setup_sectors ? setup->setup_sectors : 4) + 1) * 512;
    uint32_t length = (uint32_t)file->length - setup_length;
    uint32_t limit = setup->version < 0x203 ? 0x38000000 : setup->initrd_max + 1;

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
    add_setup(plan, setup, setup_length);
    plan->entry.stack = (struct far_pointer){heap_end(setup), plan->detail[SETUP] / 16};
    plan->entry.code.segment = plan->entry.stack.segment + offsetof(struct setup, jump) / 16;
    add_kernel(plan, setup, setup_length, limit);
    if (file->module_count)
        add_initrd(plan, limit);
    return plan_order(plan);
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
    setup->initrd_length = plan->detail[INITRD_LENGTH];
    write_headers(plan);
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
