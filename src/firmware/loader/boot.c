/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/boot.h"

#include "lib/print.h"
#include "lib/settings.h"
#include "lib/string.h"
#include "loader/menu.h"
#include "loader/prompt.h"
#include "net/bootname.h"
#include "net/dhcp_options.h"
#include "net/net.h"
#include "net/random.h"
#include "net/tftp.h"
#include "platform/bios/console.h"
#include "platform/bios/smbios.h"

/* Not every image looks up names. */
__attribute__((weak)) int dns_resolve(const char *name, uint32_t *address);

__attribute__((noinline)) int failed(const char *step, int error)
{
    print("%s: %E\n", step, error);
    return error;
}

/* Not in every profile. */
__attribute__((weak)) int pxelinux_search(struct boot *boot, const struct uri *uri, int error);

/* What is set goes before what `to` has. */
static void apply(enum setting setting, char *to)
{
    const char *text = (const char *)settings[setting];

    if (text)
        memcpy(to, text, strlen(text) + 1);
}

int boot_request(struct boot *boot, struct boot_request *request)
{
    struct file *file;
    int error = file_try(boot, &request->uri, NULL, &file);

    if (error == E_FILE_NOT_FOUND && request->suffix) {
        *request->suffix = '.';
        request->suffix = NULL;
        print("not found, trying %s\n", request->uri.path);
        error = file_try(boot, &request->uri, NULL, &file);
    }
    if (error) {
        print("%E %s\n", error, server_message);
        return pxelinux_search ? pxelinux_search(boot, &request->uri, error) : error;
    }
    memcpy(file->arguments, request->arguments, strlen(request->arguments) + 1);
    file->wants_initrds = true;
    error = file_run(boot, file);
    do
        file->data = NULL;
    while (++file < boot->file + FILES_MAX);
    return error;
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

int boot_dhcp(struct boot *boot, bool knows_file)
{
    static struct dhcp_identity me;

    me.second_stage = boot->first_stage.file[0];
    me.knows_file = knows_file;
    me.have_uuid = smbios_uuid(me.uuid);
    smbios_uuid((uint8_t *)net.noise);
    return dhcp_configure(&me, &boot->lease);
}

int boot_configure(struct boot *boot)
{
    struct dhcp_lease *lease = &boot->lease;
    const struct first_stage *first = &boot->first_stage;
    int error = boot_dhcp(boot, boot->typed[0]);

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

int boot_lease_uri(const struct boot *boot, struct uri *uri)
{
    const struct dhcp_lease *lease = &boot->lease;
    uint32_t server = settings[SETTING_SERVER] ? settings[SETTING_SERVER] : lease->boot_server;
    const char *name = lease->boot_file;
    static char text[URI_TEXT_MAX];
    int error;

    tftp_root(uri, server);
    error = uri_parse(name, uri);
    if (!error && uri->authority[0]) {
        uri_print(uri, text, sizeof(text));
        name = text;
    }
    print("DHCP: %I from %I, boot file %s\n", net.ip, lease->server_id, name);
    return error;
}

int boot_leased(struct boot *boot)
{
    const struct first_stage *first = &boot->first_stage;
    struct dhcp_lease *lease = &boot->lease;
    char *name = lease->boot_file;
    static struct boot_request request; /* scripts within scripts may come here */
    int error;

    request = (struct boot_request){.arguments = lease->kernel_args};
    error = boot_lease_uri(boot, &request.uri);
    apply(SETTING_ARGS, lease->kernel_args);
    if (!error && !request.uri.server && !request.uri.authority[0]) {
        dhcp_option_string(lease->proxy.len ? &lease->proxy : &lease->ack, OPTION_TFTP_SERVER, name,
                           DHCP_NAME_MAX);
        error = dns_resolve ? dns_resolve(name, &request.uri.server) : E_NO_DNS;
    }
    if (error)
        return failed(name, error);
    error = boot_name_resolve(request.uri.path, &request.suffix);
    name = request.uri.path;
    if (first->file[0]) /* only for a ROM "x.zpxe" may also be just what it says: a second stage */
        request.suffix = NULL;
    if (!error && boot_name_is_self(request.uri.server, name, first->server, first->file))
        error = E_SELF_LOOP;
    return error ? failed(name, error) : boot_request(boot, &request);
}

static int boot_another(struct pxe_loader *loader, const struct uri *uri, const char *arguments)
{
    struct boot_request request = {*uri, NULL, arguments};

    return boot_request((struct boot *)loader, &request);
}

int boot_from_network(struct boot *boot)
{
    int error;

    boot->loader.boot = boot_another;
    pxe_loader = &boot->loader;
    for (;;) {
        error = boot->typed[0] ? 0 : prompt_boot_file(boot);
        if (!boot->typed[0])
            apply(SETTING_BOOTFILE, boot->typed);
        if (!error)
            error = boot_configure(boot);
        if (!error)
            error = boot_leased(boot);
        if (!error || error == E_CANCELLED || !console_shift_held())
            return error;
        boot->typed[0] = 0; /* the prompt once more */
    }
}
