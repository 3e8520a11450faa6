/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/boot.h"

#include "lib/print.h"
#include "lib/settings.h"
#include "lib/string.h"
#include "loader/enter.h"
#include "loader/menu.h"
#include "loader/prompt.h"
#include "net/bootname.h"
#include "net/dhcp_options.h"
#include "net/net.h"
#include "net/random.h"
#include "net/tftp.h"
#include "platform/bios/memory.h"
#include "platform/bios/realmode.h"
#include "platform/bios/smbios.h"
#include "platform/bios/timer.h"
#include "platform/nic.h"
#include "pxe/stack.h"

enum { PROGRESS_MS = 500, PROGRESS_FROM = 1 << 18, PAGE = 4096 };
#define FOUR_GIB (1ULL << 32)

/* A file to boot. */
struct boot_request {
    struct uri uri;
    char *suffix;          /* of its name, which begins with a '.' that is missing: where there is
                              no such file, try it with that; NULL = none */
    const char *arguments; /* kernel command line, "" = none; may name an initrd */
};

__attribute__((noinline)) int failed(const char *step, int error)
{
    print("%s: %E\n", step, error);
    return error;
}

/* What is set goes before what `to` has. */
static void apply(enum setting setting, char *to)
{
    const char *text = (const char *)settings[setting];

    if (text)
        memcpy(to, text, strlen(text) + 1);
}

/* Largest piece of RAM below 4 GiB. */
static int largest_range(const struct memory_map *map, uint32_t *start, uint32_t *length)
{
    *length = 0;
    for (unsigned i = 0; i < map->count; i++) {
        const struct memory_range *r = &map->range[i];
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

/* Fetch the file that is asked for to the top of the largest piece of memory that is left, and take
 * what it fills out of that. */
static int fetch(struct boot *boot, struct boot_request *request, struct download *file)
{
    const char *name = request->uri.path;
    uint32_t start, length;
    uint8_t *top;
    int error = largest_range(&boot->left, &start, &length);

    if (error)
        return failed(name, error);
    /* What a file is loaded to is mostly at the bottom. */
    *file = (struct download){
        .base = (uint8_t *)start, .cap = length, .at_end = true, .progress = show_progress};
    print("%s%I/%s ", request->uri.fetcher->scheme, request->uri.server, name);
    error = fetch_file(&request->uri, file);
    if (error == E_FILE_NOT_FOUND && request->suffix) {
        print("not found, ");
        return error;
    }
    if (error) {
        print("%E %s\n", error, server_message);
        return error;
    }
    print("\r%u bytes loaded: %s\n", file->length, name);
    top = (uint8_t *)((start + length - file->length) & ~(uint32_t)(PAGE - 1));
    if (file->data == file->base)
        file->data = memmove(top, file->data, file->length);
    memory_reserve(&boot->left, (uint32_t)file->data, (uint32_t)file->data + file->length);
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

static const struct image_type *recognise(const struct download *file)
{
    const struct image_type *const *t = image_types;

    while (*t && !(*t)->recognise(file->data, file->length))
        t++;
    return *t;
}

/* Returns without having touched memory, or not at all. */
static int boot_image(const struct boot *boot, const struct image_type *type,
                      const struct boot_file *file)
{
    static struct plan plan;
    int error = type->check(file, &boot->memory, &plan);

    if (error) {
        print("%s %s: %E: %s\n", type->name, file->name, error, plan.problem);
        return error;
    }
    if (!pxe_uninstall()) /* a program that asked for another is still in the way of interrupts */
        return failed(file->name, E_NO_MEMORY);
    if (!type->keeps_card)
        pxe_stack_unload();
    failed(file->name, enter_image(type, &plan, &boot->lease));
    leave_to_next_device(); /* what we came from may have been overwritten */
}

static int try_request(struct boot *boot, struct boot_request *request)
{
    static char initrd_path[DHCP_NAME_MAX + 1];
    struct download kernel, initrd = {.length = 0};
    const char *name = boot->lease.boot_file;
    const struct image_type *type;
    struct boot_file file;
    int error;

    boot->left = boot->memory;
    error = fetch(boot, request, &kernel);
    if (error)
        return error;
    /* Whatever name it came by, it would do what we did. */
    if (boot->first_stage.self &&
        identity_in_file(boot->first_stage.self, kernel.data, kernel.length))
        return failed(name, E_SELF_LOOP);
    type = recognise(&kernel);
    if (!type)
        return failed(name, E_NOT_BOOTABLE);
    request->suffix = NULL;
    initrd_path[0] = 0;
    if (type->takes_initrd)
        initrd_name(request->arguments, initrd_path);
    if (initrd_path[0]) {
        error = uri_parse(initrd_path, &request->uri);
        error = error ? failed(initrd_path, error) : fetch(boot, request, &initrd);
        if (error)
            return error;
    }
    file = (struct boot_file){.data = kernel.data,
                              .length = kernel.length,
                              .name = name,
                              .args = request->arguments,
                              .initrd = initrd.data,
                              .initrd_length = initrd.length,
                              .bootp = rm_buffer,
                              .scratch = rm_buffer + DHCP_PACKET_MAX,
                              .services = PXE_BASE_MEMORY};
    return boot_image(boot, type, &file);
}

/* Try a request, then what else it may mean. Returns why the last one did not boot. */
static int boot_requested(struct boot *boot, struct boot_request *request)
{
    for (;;) {
        int error = try_request(boot, request);

        if (error != E_FILE_NOT_FOUND || !request->suffix)
            return error;
        *request->suffix = '.';
        request->suffix = NULL;
        memcpy(boot->lease.boot_file, request->uri.path, sizeof(request->uri.path));
        print("trying %s\n", request->uri.path);
    }
}

/* The user's choice from the boot menu. A first stage was led to us by one of its items: when that
 * one's name says what we are to load, it is not asked for again. */
static int choose(struct boot *boot)
{
    struct dhcp_lease *lease = &boot->lease;
    char *suffix;
    int type, error;

    memcpy(lease->boot_file, boot->first_stage.file, sizeof(lease->boot_file));
    if (!boot_name_resolve(lease->boot_file, &suffix) && suffix) {
        *suffix = '.';
        lease->boot_server = boot->first_stage.server;
        return 0;
    }
    type = menu_choose(lease->menu);
    if (type < 0)
        return E_CANCELLED;
    error = dhcp_find_boot_server(lease, (uint16_t)type);
    return error ? failed("Boot server", error) : 0;
}

/* DHCP, and what the user wants: lease->boot_file as it was named. */
static int configure(struct boot *boot)
{
    struct dhcp_lease *lease = &boot->lease;
    const struct first_stage *first = &boot->first_stage;
    struct dhcp_identity me = {.second_stage = first->file[0], .knows_file = boot->typed[0]};
    int error;

    me.have_uuid = smbios_uuid(me.uuid);
    smbios_uuid((uint8_t *)net.noise);
    error = dhcp_configure(&me, lease);
    if (error && error != E_CANCELLED && first->ack.len) {
        failed("DHCP", error);
        print("Going on as configured by the PXE stack\n");
        error = dhcp_adopt(&first->ack, &first->reply, lease);
    }
    if (boot->typed[0] && (!error || error == E_NO_BOOT_FILE)) {
        memcpy(lease->boot_file, boot->typed, sizeof(boot->typed));
        error = 0;
    } else if (!error && lease->menu) {
        return choose(boot);
    }
    return error ? failed("DHCP", error) : 0;
}

/* Boot the file that the lease names. It and its server are noted there as they are at last, for
 * programs that ask where they came from. */
static int boot_leased(struct boot *boot)
{
    const struct first_stage *first = &boot->first_stage;
    struct dhcp_lease *lease = &boot->lease;
    uint32_t server = settings[SETTING_SERVER] ? settings[SETTING_SERVER] : lease->boot_server;
    char *name = lease->boot_file;
    struct boot_request request = {
        .uri = {&tftp_fetcher, server, TFTP_PORT, "", ""},
        .arguments = lease->kernel_args,
    };
    int error = uri_parse(name, &request.uri);

    apply(SETTING_ARGS, lease->kernel_args);
    print("DHCP: %I from %I, boot file %s\n", net.ip, lease->server_id, name);
    if (!error && !request.uri.server && !request.uri.authority[0]) {
        dhcp_option_string(lease->proxy.len ? &lease->proxy : &lease->ack, OPTION_TFTP_SERVER, name,
                           DHCP_NAME_MAX);
        error = E_NO_DNS;
    }
    if (error)
        return failed(name, error);
    lease->boot_server = request.uri.server;
    error = boot_name_resolve(request.uri.path, &request.suffix);
    memcpy(name, request.uri.path, strlen(request.uri.path) + 1);
    if (first->file[0]) /* only for a ROM "x.zpxe" may also be just what it says: a second stage */
        request.suffix = NULL;
    if (!error && boot_name_is_self(lease->boot_server, name, first->server, first->file))
        error = E_SELF_LOOP;
    return error ? failed(name, error) : boot_requested(boot, &request);
}

static int boot_another(struct pxe_loader *loader, const struct uri *uri)
{
    struct boot *boot = (struct boot *)loader;
    struct dhcp_lease *lease = &boot->lease;
    struct boot_request request = {*uri, NULL, lease->kernel_args};
    const char *command = uri->path;
    char *dst = request.uri.path;
    int error = nic_open();

    if (error)
        return failed(command, error);
    lease->boot_server = uri->server;
    while (*command && *command != ' ')
        *dst++ = *command++;
    *dst = 0;
    memcpy(lease->boot_file, request.uri.path, sizeof(request.uri.path));
    if (*command)
        memcpy(lease->kernel_args, command + 1, strlen(command));
    return boot_requested(boot, &request);
}

int boot_from_network(struct boot *boot)
{
    int error = 0;

    boot->loader.boot = boot_another;
    pxe_loader = &boot->loader;
    if (!boot->typed[0])
        error = prompt_boot_file(boot->typed, sizeof(boot->typed));
    if (!boot->typed[0])
        apply(SETTING_BOOTFILE, boot->typed);
    if (!error)
        error = configure(boot);
    return error ? error : boot_leased(boot);
}
