/* SPDX-License-Identifier: BSD-2-Clause */
/* What a fetched file is, and the end of the boot in it. */
#include "lib/parse.h"
#include "lib/print.h"
#include "lib/string.h"
#include "loader/boot.h"
#include "loader/enter.h"
#include "loader/interpreter.h"
#include "net/tftp.h"
#include "platform/bios/realmode.h"
#include "pxe/stack.h"

/* Not in every profile. */
__attribute__((weak)) int file_unpack(struct boot *boot, struct file *file);

int file_initrds(struct boot *boot, const struct uri *base, const char *arguments)
{
    static char name[URI_PATH_MAX + 1];
    static struct uri uri;
    bool names = false; /* of files, up to the word's end */
    int error = 0;

    for (const char *p = arguments; *p && !error; p += *p != 0) {
        const char *behind = parse_prefix(p, "initrd=");
        struct file *initrd;
        size_t n = 0;

        if (behind) {
            names = true;
            p = behind;
        }
        while (*p && *p != ' ' && *p != ',' && n < URI_PATH_MAX)
            name[n++] = *p++;
        name[n] = 0;
        if (names && n) {
            uri = *base;
            error = uri_parse(name, &uri);
            error = error ? failed(name, error) : file_fetch(boot, &uri, NULL, &initrd);
        }
        if (*p == ' ')
            names = false;
    }
    return error;
}

/* All files that are initrds or modules; their number. */
static unsigned collect_modules(struct boot *boot, struct module *module)
{
    unsigned count = 0;
    const struct file *file;

    for (unsigned n = 0; (file = file_at(boot, n)); n++)
        if (!file->is_program)
            module[count++] =
                (struct module){file->data, file->length, file->name, file->arguments};
    return count;
}

/* Forget the files that the plan places something over. */
static void forget_overwritten(struct boot *boot, const struct plan *plan)
{
    for (struct file *file = boot->file; file < boot->file + FILES_MAX; file++) {
        const struct memory_block data = {(uintptr_t)file->data, file->length};

        for (unsigned i = 0; i < plan->count; i++)
            if (memory_overlap(&data, &plan->copy[i].to))
                file->data = NULL;
    }
}

/* What the file is told of the boot: the lease, with the file as it was asked for at last. Programs
 * may look for their own files beside it: by TFTP, unless it is a URI. */
static const struct dhcp_lease *lease_for(const struct boot *boot, const struct file *file)
{
    static struct dhcp_lease lease;

    lease = boot->lease;
    lease.boot_server = file->uri.server;
    if (file->uri.fetcher == &tftp_fetcher)
        memcpy(lease.boot_file, file->uri.path, sizeof(lease.boot_file));
    else
        uri_print(&file->uri, lease.boot_file, sizeof(lease.boot_file));
    memcpy(lease.kernel_args, file->arguments, sizeof(lease.kernel_args));
    return &lease;
}

static int boot_image(struct boot *boot, const struct image_type *type, struct file *file)
{
    static struct module modules[FILES_MAX];
    static struct plan plan;
    struct boot_file image = {.data = file->data,
                              .length = file->length,
                              .name = file->uri.path,
                              .args = file->arguments,
                              .modules = modules,
                              .module_count = collect_modules(boot, modules),
                              .ram = &boot->ram,
                              .bootp = rm_buffer,
                              .scratch = rm_buffer + DHCP_PACKET_MAX,
                              .services = PXE_BASE_MEMORY};
    int error = type->check(&image, &boot->memory, &plan);

    if (error) {
        print("%s %s: %E: %s\n", type->name, image.name, error, plan.problem);
        return error;
    }
    if (!pxe_uninstall()) /* a program that asked for another is still in the way of interrupts */
        return failed(image.name, E_NO_MEMORY);
    if (!type->keeps_card)
        pxe_stack_unload();
    file_free(boot, file);
    forget_overwritten(boot, &plan);
    boot->left = true;
    error = failed(image.name, enter_image(type, &plan, lease_for(boot, file)));
    if (!pxe_uninstall())
        leave_to_next_device();
    return error;
}

int file_run(struct boot *boot, struct file *file)
{
    int error = file_unpack ? file_unpack(boot, file) : 0;

    if (error)
        return error;
    /* Whatever name it came by, it would do what we did. */
    if (boot->first_stage.self &&
        identity_in_file(boot->first_stage.self, file->data, file->length))
        return failed(file->uri.path, E_SELF_LOOP);
    file->is_program = true;
    for (const struct interpreter *i = __start_interpreters; i < __stop_interpreters; i++)
        if (i->recognise(file->data, file->length))
            return i->run(boot, file);
    for (unsigned i = 0; i < IMAGE_TYPES; i++) {
        const struct image_type *type = image_types[i];

        if (!type || !type->recognise(file->data, file->length))
            continue;
        if (type->takes_initrd && file->wants_initrds)
            error = file_initrds(boot, &file->uri, file->arguments);
        return error ? error : boot_image(boot, type, file);
    }
    return failed(file->uri.path, E_NOT_BOOTABLE);
}
