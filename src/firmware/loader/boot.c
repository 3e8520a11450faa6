#include "loader/boot.h"

#include "platform/bios/memory.h"
#include "platform/bios/realmode.h"
#include "platform/bios/smbios.h"
#include "loader/enter.h"
#include "loader/menu.h"
#include "platform/nic.h"
#include "lib/print.h"
#include "loader/prompt.h"
#include "lib/string.h"
#include "platform/bios/timer.h"
#include "net/bootname.h"
#include "net/dhcp_options.h"
#include "net/net.h"
#include "net/random.h"
#include "net/tftp.h"
#include "pxe/api.h"
#include "pxe/stack.h"

enum { PROGRESS_MS = 500, PROGRESS_FROM = 1 << 18, PAGE = 4096 };
#define FOUR_GIB (1ULL << 32)

struct first_stage first_stage;
static struct dhcp_lease lease;
static char full_name[DHCP_NAME_MAX + 1]; /* to try where there is no boot file; "" = none */
static struct memory_map free_memory;     /* shrinks as files arrive */
struct memory_map all_memory;
static char typed[DHCP_NAME_MAX + 1]; /* the user's choice, for every card; "" = none */

static int failed(const char *step, int error)
{
    print("%s: %E\n", step, error);
    return error;
}

/* Largest piece of RAM below 4 GiB. */
static int largest_range(uint32_t *start, uint32_t *length)
{
    *length = 0;
    for (unsigned i = 0; i < free_memory.count; i++) {
        const struct memory_range *r = &free_memory.range[i];
        uint64_t end = r->end < FOUR_GIB ? r->end : FOUR_GIB - PAGE;

        if (r->start < end && end - r->start > *length) {
            *start = (uint32_t)r->start;
            *length = (uint32_t)(end - r->start);
        }
    }
    return *length ? 0 : E_NO_MEMORY;
}

static void show_progress(const struct download *file)
{
    static uint32_t shown;

    if (file->length < PROGRESS_FROM || timer_ms() - shown < PROGRESS_MS)
        return;
    shown = timer_ms();
    print(file->total ? "\r%u of %u KiB " : "\r%u KiB ", file->length / 1024, file->total / 1024);
}

/* Fetch `name` to the top of the largest piece of free memory, and take that memory out of
 * free_memory. */
static int fetch(const char *name, struct download *file)
{
    uint32_t start, length;
    uint8_t *top;
    int error = largest_range(&start, &length);

    if (error)
        return failed(name, error);
    /* What a file is loaded to is mostly at the bottom. */
    *file = (struct download){
        .base = (uint8_t *)start, .cap = length, .at_end = true, .progress = show_progress};
    print("tftp://%I/%s ", lease.boot_server, name);
    error = tftp_get(lease.boot_server, name, file);
    if (error == E_FILE_NOT_FOUND && full_name[0]) {
        print("not found, trying %s\n", full_name);
        return error;
    }
    if (error) {
        print("%E %s\n", error, tftp_server_message());
        return error;
    }
    print("\r%u bytes loaded: %s\n", file->length, name);
    top = (uint8_t *)((start + length - file->length) & ~(uint32_t)(PAGE - 1));
    if (file->data == file->base)
        file->data = memmove(top, file->data, file->length);
    memory_reserve(&free_memory, (uint32_t)file->data, (uint32_t)file->data + file->length);
    return 0;
}

/* The value of `initrd=` in a kernel command line, "" when there is none. */
static void initrd_name(const char *args, char name[DHCP_NAME_MAX + 1])
{
    static const char key[] = "initrd=";
    size_t n = 0;

    for (; *args; args++) {
        if (memcmp(args, key, sizeof(key) - 1))
            continue;
        for (args += sizeof(key) - 1; *args && *args != ' ' && n < DHCP_NAME_MAX; args++)
            name[n++] = *args;
        break;
    }
    name[n] = 0;
}

void leave_to_next_device(void)
{
    struct rm_regs regs = {.eax = 0};

    for (;;)
        rm_interrupt(0x18, &regs);
}

static const struct image_type *recognise(const struct download *file)
{
    const struct image_type *const *t = image_types;

    while (*t && !(*t)->recognise(file->data, file->length))
        t++;
    return *t;
}

/* Returns without having touched memory, or not at all. */
static int boot_image(const struct image_type *type, const struct boot_file *file)
{
    static struct plan plan;
    int error = type->check(file, &all_memory, &plan);

    if (error) {
        print("%s %s: %E: %s\n", type->name, file->name, error, plan.problem);
        return error;
    }
    if (!pxe_uninstall()) /* a program that asked for another is still in the way of interrupts */
        return failed(file->name, E_NO_MEMORY);
    if (!type->keeps_card)
        pxe_stack_unload();
    failed(file->name, enter_image(type, &plan, &lease));
    leave_to_next_device(); /* what we came from may have been overwritten */
}

static int fetch_and_boot(void)
{
    struct download kernel, initrd = {.length = 0};
    static char name[DHCP_NAME_MAX + 1];
    const struct image_type *type;
    struct boot_file file;
    int error;

    free_memory = all_memory;
    error = fetch(lease.boot_file, &kernel);

    if (error == E_FILE_NOT_FOUND && full_name[0]) {
        memcpy(lease.boot_file, full_name, sizeof(full_name));
        full_name[0] = 0;
        error = fetch(lease.boot_file, &kernel);
    }
    full_name[0] = 0;
    if (error)
        return error;
    /* Whatever name it came by, it would do what we did. */
    if (first_stage.self && identity_in_file(first_stage.self, kernel.data, kernel.length))
        return failed(lease.boot_file, E_SELF_LOOP);
    type = recognise(&kernel);
    if (!type)
        return failed(lease.boot_file, E_NOT_BOOTABLE);
    name[0] = 0;
    if (type->takes_initrd)
        initrd_name(lease.kernel_args, name);
    if (name[0]) {
        error = fetch(name, &initrd);
        if (error)
            return error;
    }
    file = (struct boot_file){.data = kernel.data,
                              .length = kernel.length,
                              .name = lease.boot_file,
                              .args = lease.kernel_args,
                              .initrd = initrd.data,
                              .initrd_length = initrd.length,
                              .bootp = rm_buffer,
                              .scratch = rm_buffer + DHCP_PACKET_MAX,
                              .services = PXE_BASE_MEMORY};
    return boot_image(type, &file);
}

/* The user's choice from the boot menu. A first stage was led to us by one of its items: when that
 * one's name says what we are to load, it is not asked for again. */
static int choose(void)
{
    char name[DHCP_NAME_MAX + 1];
    int type, error;

    memcpy(name, first_stage.file, sizeof(name));
    if (!boot_name_resolve(name) && strcmp(name, first_stage.file)) {
        lease.boot_server = first_stage.server;
        memcpy(lease.boot_file, first_stage.file, sizeof(lease.boot_file));
        return 0;
    }
    type = menu_choose(lease.menu);
    if (type < 0)
        return E_CANCELLED;
    error = dhcp_find_boot_server(&lease, (uint16_t)type);
    return error ? failed("Boot server", error) : 0;
}

/* DHCP, and the name of the file to fetch in lease.boot_file. */
static int configure(void)
{
    struct dhcp_identity me = {.second_stage = first_stage.file[0], .knows_file = typed[0]};
    int error;

    me.have_uuid = smbios_uuid(me.uuid);
    smbios_uuid((uint8_t *)net.noise);
    error = dhcp_configure(&me, &lease);
    if (error && error != E_CANCELLED && first_stage.ack.len) {
        failed("DHCP", error);
        print("Going on as configured by the PXE stack\n");
        error = dhcp_adopt(&first_stage.ack, &first_stage.reply, &lease);
    }
    if (typed[0] && (!error || error == E_NO_BOOT_FILE)) {
        memcpy(lease.boot_file, typed, strlen(typed) + 1);
        error = 0;
    } else if (!error && lease.menu) {
        error = choose();
        if (error)
            return error;
    }
    if (error)
        return failed("DHCP", error);
    print("DHCP: %I from %I, boot file %s\n", net.ip, lease.server_id, lease.boot_file);
    if (!lease.boot_server) {
        dhcp_option_string(lease.proxy.len ? &lease.proxy : &lease.ack, OPTION_TFTP_SERVER,
                           full_name, DHCP_NAME_MAX);
        return failed(full_name, E_NO_DNS);
    }
    memcpy(full_name, lease.boot_file, sizeof(full_name));
    error = boot_name_resolve(lease.boot_file);
    /* For a ROM, "x.zpxe" may also be just what it says: a second stage. */
    if (first_stage.file[0] || !strcmp(full_name, lease.boot_file))
        full_name[0] = 0;
    if (!error &&
        boot_name_is_self(lease.boot_server, lease.boot_file, first_stage.server, first_stage.file))
        error = E_SELF_LOOP;
    return error ? failed(lease.boot_file, error) : 0;
}

int boot_another(uint32_t server, const char *command)
{
    int error = nic_open();
    char *to = lease.boot_file;

    if (error)
        return failed(command, error);
    lease.boot_server = server;
    while (*command && *command != ' ')
        *to++ = *command++;
    *to = 0;
    if (*command)
        memcpy(lease.kernel_args, command + 1, strlen(command));
    return fetch_and_boot();
}

int boot_from_network(void)
{
    int error = 0;

    if (!typed[0])
        error = prompt_boot_file(typed, sizeof(typed));
    if (!error)
        error = configure();
    return error ? error : fetch_and_boot();
}
