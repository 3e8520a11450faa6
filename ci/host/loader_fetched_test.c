/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands that fetch and boot files. */
#include <string.h>

#include "fake_boot.h"
#include "image/image.h"
#include "lib/errors.h"
#include "lib/print.h"
#include "loader/command.h"
#include "net/fetch.h"

/* NBI images, each of bytes of its own, and which of them ran. */
enum { PART = 64, CODE = 0x20000 };
static uint8_t nbi[512 + PART], other[512 + PART], ran;

static void make_nbi(uint8_t *image, uint8_t byte)
{
    static const uint32_t header[] = {0x1b031336,  4,    0x18000000, CODE << 12,
                                      4 | 4 << 24, CODE, PART,       PART};

    memset(image, byte, 512 + PART);
    memcpy(image, header, sizeof(header));
}

static void note(void)
{
    ran = *(const uint8_t *)(uintptr_t)CODE;
}

static int line(const char *format)
{
    static char copy[8192];

    strcpy(copy, format);
    fake_shown();
    return command_line(&fake_boot, copy);
}

static void start(const char *name)
{
    fake_boot_case(name);
    make_nbi(nbi, 'n');
    make_nbi(other, 'o');
    fake.on_run = note;
    fake_serve("dir/nbi", nbi, sizeof(nbi));
    fake_serve("dir/other", other, sizeof(other));
    fake_serve_text("dir/initrd", "\1nitrd");
    fake_serve_text("dir/two", "second");
    fake_serve_text("dir/hello.ipxe", "#!ipxe\necho hello ${x}");
    fake_serve_text("dir/fails", "#!ipxe\nexit 1");
}
#define DIR "mem://10.0.0.1/dir/"

TEST(fetching)
{
    struct file *file;

    start("by what commands there are");
    CHECK_EQUAL(line("kernel " DIR "nbi  console=ttyS0 quiet"), 0);
    CHECK_SHOWN(DIR "nbi \r576 bytes loaded: dir/nbi\n");
    CHECK_EQUAL(line("initrd --name boot.img " DIR "initrd /etc/x mode=644"), 0);
    CHECK_EQUAL(line("module --timeout 5000 -n=third -a " DIR "two ; imgfetch " DIR "other"), 0);
    file = file_at(&fake_boot, 0);
    CHECK_TEXT(file->name, "nbi");
    CHECK_TEXT(file->arguments, "console=ttyS0 quiet");
    CHECK(file->is_program);
    file = file_at(&fake_boot, 1);
    CHECK_TEXT(file->name, "boot.img");
    CHECK_TEXT(file->arguments, "/etc/x mode=644");
    CHECK(!file->is_program);
    CHECK_TEXT(file_at(&fake_boot, 2)->name, "third");
    CHECK_TEXT(file_at(&fake_boot, 3)->name, "other");
    CHECK(!file_at(&fake_boot, 4));

    check_case("what was fetched is not fetched again");
    CHECK_EQUAL(line("imgselect other a b"), 0);
    CHECK(file_at(&fake_boot, 3)->is_program);
    CHECK_TEXT(file_at(&fake_boot, 3)->arguments, "a b");
    CHECK_SHOWN("");
    CHECK_EQUAL(line("imgstat"), 0);
    CHECK_SHOWN("nbi: 576 bytes console=ttyS0 quiet\nboot.img: 6 bytes /etc/x mode=644\n"
                "third: 6 bytes \nother: 576 bytes a b\n");
    CHECK_EQUAL(line("imgargs other c ; imgargs nbi single"), 0);
    CHECK_TEXT(file_at(&fake_boot, 3)->arguments, "c");
    CHECK_TEXT(file_at(&fake_boot, 0)->arguments, "single");
    CHECK_EQUAL(line("imgselect nbi"), 0); /* they stay */
    CHECK_TEXT(file_at(&fake_boot, 0)->arguments, "single");
    CHECK_EQUAL(line("imgargs nbi"), 0); /* what follows: nothing */
    CHECK_TEXT(file_at(&fake_boot, 0)->arguments, "");
    CHECK_TEXT(file_at(&fake_boot, 1)->arguments, "/etc/x mode=644");
    CHECK_EQUAL(line("imgargs " DIR "initrd"), 0); /* as in other scripts, it is fetched */
    CHECK_TEXT(file_at(&fake_boot, 4)->name, "initrd");
    CHECK_EQUAL(line("imgfree third ; imgfree third ; imgfree third"), E_NO_FILE);
    CHECK_SHOWN("imgfree: no such file (E39), going on\n"
                "imgfree: no such file (E39)\n");
    CHECK_EQUAL(line("imgfree"), 0);
    CHECK(!file_at(&fake_boot, 0));
}

TEST(failures)
{
    static char long_line[3000] = "kernel " DIR "nbi ";

    start("what cannot be fetched");
    CHECK_EQUAL(line("kernel " DIR "nothing"), E_FILE_NOT_FOUND);
    CHECK_SHOWN(DIR "nothing server does not have the file (E14) \n"
                    "kernel: server does not have the file (E14)\n");
    CHECK_EQUAL(line("kernel ftp://10.0.0.1/x"), E_UNSUPPORTED);
    CHECK_SHOWN("kernel: not supported (E42)\n");
    CHECK_EQUAL(line("kernel"), E_ARGUMENTS);
    CHECK_EQUAL(line("boot"), E_NO_FILE);
    CHECK_SHOWN("boot: no such file (E39)\n");
    CHECK_EQUAL(line("initrd " DIR "initrd ; boot"), E_NO_FILE);
    memset(long_line + strlen(long_line), 'x', 1473);
    CHECK_EQUAL(line(long_line), E_NO_MEMORY);
    CHECK_EQUAL(line("chain " DIR "initrd"), E_NOT_BOOTABLE);
    CHECK_EQUAL(line("imgfree ; chain " DIR "initrd || imgstat"), 0);
    CHECK_SHOWS("going on\n");
    CHECK(!file_at(&fake_boot, 0));
}

TEST(booting)
{
    start("the program that was selected last");
    CHECK_EQUAL(line("kernel " DIR "nbi ; initrd " DIR "initrd ; kernel " DIR "other ; boot"),
                E_RETURNED);
    CHECK_SHOWS("boot: boot file returned (E24)\n");
    CHECK_EQUAL(fake.entered, 1);
    CHECK_EQUAL(ran, 'o');
    CHECK_EQUAL(line("boot"), E_NO_FILE);

    start("by name or URI");
    CHECK_EQUAL(line("imgfetch --name x " DIR "nbi ; boot x args"), E_RETURNED);
    CHECK_EQUAL(ran, 'n');
    CHECK_EQUAL(line("chain --autofree --replace " DIR "other a b || echo on"), 0);
    CHECK_EQUAL(ran, 'o');
    CHECK_SHOWS("on\n");
    CHECK_EQUAL(fake.entered, 2);

    start("scripts");
    CHECK_EQUAL(line("set x y ; chain " DIR "hello.ipxe && echo back ; clear x"), 0);
    CHECK_SHOWS("hello y\nback\n");
    CHECK(!file_at(&fake_boot, 0));
    CHECK_EQUAL(line("chain --replace " DIR "fails || echo failed"), 0);
    CHECK_SHOWN(DIR "fails \r13 bytes loaded: dir/fails\nfailed\n");
    CHECK_EQUAL(line("imgfetch " DIR "hello.ipxe ; chain hello.ipxe ; imgexec hello.ipxe"), 0);
    CHECK_EQUAL(strlen(strstr(fake.shown, "hello \n")), 14);
    CHECK(file_find(&fake_boot, "hello.ipxe"));
    CHECK_EQUAL(line("chain -a hello.ipxe"), 0);
    CHECK(!file_find(&fake_boot, "hello.ipxe"));
}

TEST(relative)
{
    start("to where the script came from");
    fake_serve_text("dir/sub/a", "#!ipxe\ninitrd b ; initrd ../two ; initrd " DIR "initrd");
    fake_serve_text("dir/sub/b", "b");
    CHECK_EQUAL(line("chain " DIR "sub/a"), 0);
    CHECK_TEXT(fake.fetched, "dir/sub/a dir/sub/b dir/two dir/initrd ");
}

static struct {
    char form[65536];
    bool any;
} sent;

static int keep_form(struct transfer *t, const struct uri *uri)
{
    sent.any = uri->form;
    strcpy(sent.form, uri->form ? uri->form : "");
    return E_FILE_NOT_FOUND;
}
static int keep_read(struct transfer *t)
{
    return 0;
}
static void keep_close(struct transfer *t, int rc)
{
}
FETCHER(form_fetcher) = {
    .scheme = "form://", .port = 1, .open = keep_form, .read = keep_read, .close = keep_close};

TEST(forms)
{
    static char text[2100] = "param x ";

    start("sent with a file");
    CHECK_EQUAL(line("imgfetch form://10.0.0.1/a"), E_FILE_NOT_FOUND);
    CHECK(!sent.any);
    CHECK_EQUAL(line("params ; param mac 52:54 ; param --params any name a  b&c ; param empty"), 0);
    CHECK_EQUAL(line("imgfetch form://10.0.0.1/a##params"), E_FILE_NOT_FOUND);
    CHECK_TEXT(sent.form, "mac=52%3a54&name=a%20b%26c&empty=");
    CHECK_EQUAL(line("imgfetch form://10.0.0.1/a##params=any"), E_FILE_NOT_FOUND);
    CHECK_TEXT(sent.form, "mac=52%3a54&name=a%20b%26c&empty=");
    CHECK_EQUAL(line("imgfetch form://10.0.0.1/a"), E_FILE_NOT_FOUND);
    CHECK(!sent.any);
    CHECK_EQUAL(line("params --name more ; imgfetch form://10.0.0.1/a##params"), E_FILE_NOT_FOUND);
    CHECK_TEXT(sent.form, "");
    CHECK(sent.any);

    check_case("too much");
    memset(text + strlen(text), ':', 2000);
    for (unsigned n = 0; n < 7; n++)
        CHECK_EQUAL(line(text), 0);
    CHECK_EQUAL(line(text), E_NO_MEMORY);
    CHECK_EQUAL(line("imgfetch form://10.0.0.1/a##params"), E_FILE_NOT_FOUND);
    CHECK_EQUAL(strlen(sent.form), 7 * 6003 - 1);
    CHECK_EQUAL(line("params ; param y z ; imgfetch form://10.0.0.1/a##params"), E_FILE_NOT_FOUND);
    CHECK_TEXT(sent.form, "y=z");
}
