/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about files: fetching and booting them. */
#include "lib/errors.h"
#include "lib/print.h"
#include "lib/string.h"
#include "loader/boot.h"
#include "loader/command.h"
#include "loader/script.h"
#include "loader/value.h"
#include "net/tftp.h"

/* What all of these take; a transfer has its own limits of time. */
#define OPTIONS "--name|-n= --timeout|-t= --autofree|-a --replace|-r "
enum { NAME, TIMEOUT, AUTOFREE, REPLACE };
enum { FIELD_MAX = 3 * 4096, FORM_MAX = 4 * FIELD_MAX };

static struct file *selected; /* what `boot` boots, when it still is a program */

static char form[FORM_MAX]; /* what `params` and `param` made */

/* Cut "##params" off a URI. Returns what it stands for. */
static const char *take_form(char *text)
{
    for (; *text; text++)
        if (text[0] == '#' && text[1] == '#') {
            *text = 0;
            return form;
        }
    return NULL;
}

static int begin_form(struct boot *boot, const struct arguments *arguments)
{
    form[0] = 0;
    return 0;
}
COMMAND("params", "--name|-n= --delete|-d", begin_form);

static int add_field(struct boot *boot, const struct arguments *arguments)
{
    const char *text = arguments_behind(arguments);
    struct value value = {(const uint8_t *)text, (uint32_t)strlen(text), TYPE_URISTRING};
    size_t length = strlen(form);

    /* No field is longer than a command, and each of its bytes becomes three at most. */
    if (length > FORM_MAX - FIELD_MAX)
        return E_NO_MEMORY;
    length +=
        (size_t)print_format(form + length, FIELD_MAX, length ? "&%S=" : "%S=", arguments->word[0]);
    value_print(&value, form + length, FIELD_MAX);
    return 0;
}
COMMAND("param", "--params|-p= NAME [VALUE...]", add_field);

/* The file that the first word is the name of, or else the URI, from where it is fetched then; the
 * other words are its command line. */
static int acquire(struct boot *boot, const struct arguments *arguments, struct file **file)
{
    static struct uri uri;
    const struct uri *base = script_uri();
    char *text = arguments->word[0];
    int error = 0;

    if (base)
        uri = *base;
    else
        tftp_root(&uri, boot->lease.boot_server);
    *file = file_find(boot, text);
    if (!*file) {
        const char *to_send = take_form(text);

        error = uri_parse(text, &uri);
        uri.form = to_send;
        if (!error)
            error = file_fetch(boot, &uri, arguments->option[NAME], file);
    }
    if (!error && arguments->count > 1 &&
        print_format((*file)->arguments, sizeof((*file)->arguments), "%S",
                     arguments_behind(arguments)) >= (int)sizeof((*file)->arguments))
        error = E_NO_MEMORY;
    return error;
}

static int fetch(struct boot *boot, const struct arguments *arguments)
{
    struct file *file;
    int error = acquire(boot, arguments, &file);

    if (!error && arguments->count == 1)
        file->arguments[0] = 0; /* a file that is there may have had some */
    return error;
}
COMMAND("imgfetch|initrd|module|imgargs", OPTIONS "URI [ARGUMENT]", fetch);

static int select(struct boot *boot, const struct arguments *arguments)
{
    struct file *file;
    int error = acquire(boot, arguments, &file);

    if (!error) {
        file->is_program = true;
        selected = file;
    }
    return error;
}
COMMAND("kernel|imgselect|imgload", OPTIONS "URI [ARGUMENT]", select);

static int chain(struct boot *boot, const struct arguments *arguments)
{
    struct file *file = selected;
    const char *autofree = arguments->option[AUTOFREE];
    int error = 0;

    if (arguments->count) {
        if (!file_find(boot, arguments->word[0]))
            autofree = "";
        error = acquire(boot, arguments, &file);
    } else if (!file || !file->data || !file->is_program) {
        error = E_NO_FILE;
    }
    if (error)
        return error;
    if (autofree)
        script_temporary = file;
    if (arguments->option[REPLACE] && script_replace(file))
        return SCRIPT_ENDS;
    error = file_run(boot, file);
    if (file == script_temporary)
        file_free(boot, file);
    script_temporary = NULL;
    return error;
}
COMMAND("boot|chain|imgexec", OPTIONS "[URI] [ARGUMENT]", chain);

static int show(struct boot *boot, const struct arguments *arguments)
{
    const struct file *file;

    for (unsigned n = 0; (file = file_at(boot, n)); n++)
        print("%s: %u bytes %s\n", file->name, file->length, file->arguments);
    return 0;
}
COMMAND("imgstat", "", show);

static int forget(struct boot *boot, const struct arguments *arguments)
{
    struct file *file = NULL;

    if (arguments->count) {
        file = file_find(boot, arguments->word[0]);
        if (!file)
            return E_NO_FILE;
    }
    file_free(boot, file);
    return 0;
}
COMMAND("imgfree", "[NAME]", forget);
