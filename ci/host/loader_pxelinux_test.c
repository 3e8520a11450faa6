/* SPDX-License-Identifier: BSD-2-Clause */
/* Configuration files of PXELINUX: what is fetched, with which command line it is booted, and what
 * is said of files that are wrong. */
#include <stdio.h>
#include <string.h>

#include "fake_boot.h"
#include "lib/errors.h"
#include "loader/command.h"
#include "smbios_table.h"

/* A BIOS that fails every call. */
static uint8_t drive;

static void fail_call(uint8_t vector, struct rm_regs *regs)
{
    drive = (uint8_t)regs->edx;
    regs->flags |= 1;
}

extern const struct image_type nbi_image;
static const void *volatile linked[2]; /* what is called weakly */

/* A Network Boot Image, which comes back at once. */
static const struct {
    uint32_t header[4], segment[4];
    uint8_t rest[480], code[16];
} program = {{0x1b031336, 4, 0x12000000, 0x13000000}, {4 | 4 << 24, 0x13000, 16, 16}, {0}, {0xcb}};

/* What was booted last: file and arguments. */
static const char *booted, *arguments;

static void on_run(void)
{
    booted = fake_boot.file[0].uri.path;
    arguments = fake_boot.file[0].arguments;
}

static void start(const char *name, const char *keys)
{
    fake_boot_case(name);
    linked[0] = &nbi_image;
    linked[1] = (void *)command_line;
    fake.keys = keys;
    fake.on_run = on_run;
    booted = arguments = NULL;
    set_uuid(true);
    for (const char *const *file = (const char *const[]){"k", "x", "initrd", "second", NULL}; *file;
         file++)
        fake_serve(*file, &program, sizeof(program));
}

/* Run what is served as the file "c". */
static int run(const char *text)
{
    struct file *file;

    fake_serve_text("c", text);
    file = fake_fetch("c");
    fake_shown();
    fake.fetched[0] = 0;
    return file_run(&fake_boot, file);
}

static void check_booted(const char *file, const char *with)
{
    if (!CHECK(booted != NULL))
        return;
    CHECK_TEXT(booted, file);
    CHECK_TEXT(arguments, with);
}

TEST(labels)
{
    start("the default label", "");
    CHECK_EQUAL(run("# a comment\n\nDEFAULT two\nLABEL one\n KERNEL x\nlabel Two\r\n"
                    "\tkernel  k \r\n  append a  b=c  \r\n"),
                E_RETURNED);
    check_booted("k", "a  b=c ");
    CHECK_TEXT(fake.fetched, "k ");

    start("with arguments", "");
    CHECK_EQUAL(run("default two quiet\nlabel two\nlinux k\nappend a\n"), E_RETURNED);
    check_booted("k", "a quiet");

    start("the default is a file", "");
    CHECK_EQUAL(run("default k a b\nlabel kk\n kernel x\n"), E_RETURNED);
    check_booted("k", " a b");

    start("a label without a kernel is one", "");
    CHECK_EQUAL(run("default k\nlabel k\nappend a\n"), E_RETURNED);
    check_booted("k", "a ");

    start("what is said before the first label is for all", "");
    CHECK_EQUAL(run("append g\nlabel one\nkernel k\nlabel two\nkernel k\nappend o\n"
                    "label three\nkernel k\nappend -\ndefault one\n"),
                E_RETURNED);
    check_booted("k", "g ");
    CHECK_EQUAL(run("append g\ndefault three\nlabel three\nkernel k\nappend -\n"), E_RETURNED);
    check_booted("k", " ");

    start("initrds", "");
    CHECK_EQUAL(run("default k\nlabel k\nappend x=1 initrd=initrd,second y\n"), E_RETURNED);
    check_booted("k", "x=1 initrd=initrd,second y ");
    CHECK_TEXT(fake.fetched, "k initrd second ");
    CHECK_EQUAL(run("default k\nlabel k\ninitrd second\nappend y\n"), E_RETURNED);
    check_booted("k", "y  initrd=second");
    CHECK_TEXT(fake.fetched, "k second ");
    CHECK_EQUAL(run("default k\nlabel k\ninitrd none\n"), E_FILE_NOT_FOUND);
}

TEST(sysappend)
{
    start("addresses, hardware address, UUID", "");
    CHECK_EQUAL(run("default k\nipappend 7\nlabel k\nappend a\n"), E_RETURNED);
    check_booted("k", "a  ip=10.0.0.2:10.0.0.1:10.0.0.1:255.255.255.0 "
                      "BOOTIF=01-52-54-00-12-34-56 SYSUUID=01234567-89ab-cdef-1032-547698badcfe");
    CHECK_EQUAL(run("default k\nlabel k\nsysappend 2\n"), E_RETURNED);
    check_booted("k", "  BOOTIF=01-52-54-00-12-34-56");

    start("a UUID that is not known", "");
    set_uuid(false);
    CHECK_EQUAL(run("default k\nlabel k\nsysappend 6\n"), E_RETURNED);
    check_booted("k", "  BOOTIF=01-52-54-00-12-34-56");
}

TEST(includes)
{
    start("in place", "");
    fake_serve_text("i", "menu include j # not read\nlabel two\nkernel x\n");
    fake_serve_text("j", "label one\nkernel k\n");
    CHECK_EQUAL(run("include i\nappend a\ndefault one\ninclude none\nsay done\n"), E_RETURNED);
    check_booted("k", " ");
    CHECK_TEXT(fake.fetched, "i j none k ");
    CHECK_SHOWS("mem://10.0.0.1/none server does not have the file (E14) \ndone\n");

    start("for ever", "");
    fake_serve_text("i", "\ninclude i\n");
    CHECK_EQUAL(run("include i"), E_REDIRECTS);
    CHECK_SHOWS("i:2: i: too many redirections (E34)\n");

    start("until Esc", "");
    fake_serve_text("i", "include i\n");
    fake.pace = 1000;
    fake_cancel_at = fake_now + 5500;
    CHECK_EQUAL(run("include i"), E_CANCELLED);

    start("no text", "");
    fake_serve("i", "label\0", 6);
    CHECK_EQUAL(run("include i"), E_SYNTAX);
    CHECK_SHOWS("i: malformed line (E38)\n");

    start("other files: for ever", "");
    fake_serve_text("d", "default x\nlabel x\nconfig d\n");
    CHECK_EQUAL(run("default x\nlabel x\nconfig d\n"), E_REDIRECTS);
    CHECK_SHOWS("d: too many redirections (E34)\n");

    start("a kernel that is the file itself", "");
    CHECK_EQUAL(run("default c\n"), E_REDIRECTS);
}

TEST(local)
{
    start("the next boot device", "");
    CHECK_EQUAL(run("default l\nlabel l\nlocalboot 0\n"), E_CANCELLED);
    CHECK_SHOWN("Local boot: next boot device\n");
    CHECK_EQUAL(run("default l\nlabel l\nlocalboot -1\n"), E_CANCELLED);

    start("a disk", "");
    fake.on_interrupt = fail_call;
    CHECK_EQUAL(run("default l\nlabel l\nlocalboot 0x81\n"), E_NO_DISK);
    CHECK_EQUAL(drive, 0x81);
    CHECK_EQUAL(run("default l\nlabel l\ncom32 dir/chain.c32\nappend hd0\n"), E_NO_DISK);
    CHECK_EQUAL(drive, 0x80);
    CHECK_EQUAL(run("default l\nlabel l\ncom32 dir/poweroff.c32\n"), E_UNSUPPORTED);

    start("what has no counterpart", "");
    CHECK_EQUAL(run("default l\nlabel l\n com32 hdt.c32\n"), E_UNSUPPORTED);
    CHECK_SHOWN("c:3: hdt.c32: not supported (E42)\n");
    CHECK_EQUAL(run("default l\nlabel l\n com32 chain.c32\nappend hd1\n"), E_UNSUPPORTED);
    CHECK_EQUAL(run("default l\nlabel l\n com32 chain.c32\n"), E_UNSUPPORTED);
    CHECK_EQUAL(run("default l\nlabel l\nkernel k\nmenu passwd secret\n"), E_UNSUPPORTED);
    CHECK_EQUAL(fake.entered, 0);
}

static const char menus[] = "ui menu.c32\n"
                            "menu title The menu\n"
                            "label a\n menu label ^First\n kernel k\n append 1\n"
                            "label b\n menu label S^econd\n kernel k\n append 2\n menu default\n"
                            "label h\n menu hide\n kernel k\n"
                            "menu begin sub\n"
                            " menu label More\n menu title Below\n"
                            " label c\n  kernel k\n  append 3\n"
                            " text help\nlabel not\n endtext\n"
                            " label up\n  menu label Back\n  menu exit\n"
                            " label top\n  menu goto .top\n"
                            " label self\n  menu goto sub\n"
                            "menu end\n"
                            "label q\n menu quit\n";

TEST(menu)
{
    start("Enter on the default, then on another", "\r\x1b");
    CHECK_EQUAL(run(menus), E_CANCELLED);
    check_booted("k", "2 ");
    CHECK_SHOWS("The menu\n  f  First \n> e  Second\n");
    CHECK_SHOWS("More");
    CHECK(!strstr(fake.shown, "  h "));

    start("by its key", "f\x1b");
    CHECK_EQUAL(run(menus), E_CANCELLED);
    check_booted("k", "1 ");

    start("a menu below, and back", "\xd0\r\xd0\r\xd0\r\xd0\xd0\r\xd0\r\xd0\xd0\xd0\r\r\x1b");
    CHECK_EQUAL(run(menus), E_CANCELLED);
    CHECK_SHOWS("Below\n");
    check_booted("k", "3 ");

    start("left by an item", "\xd0\xd0\r");
    CHECK_EQUAL(run(menus), E_CANCELLED);
    CHECK_EQUAL(fake.entered, 0);

    start("after so many tenths of a second", "");
    CHECK_EQUAL(run("timeout 15\ndefault menu.c32\nlabel k\nlabel x\nmenu default\n"), E_RETURNED);
    check_booted("x", " ");

    start("no default", "\r\x1b");
    CHECK_EQUAL(run("label k\n"), E_CANCELLED);
    CHECK_SHOWS("c: no default\n");
    check_booted("k", " ");

    start("no label", "");
    CHECK_EQUAL(run("menu title Nothing\n"), E_LABEL);
    CHECK_SHOWS("c: no such label (E37)\n");

    start("another file", "\r\x1b");
    fake_serve_text("d", "default vesamenu.c32\nlabel k\nappend d\n");
    CHECK_EQUAL(run("default x\nlabel x\nkernel menu.c32\nappend d\n"), E_CANCELLED);
    check_booted("k", "d ");
    fake.keys = "\r\x1b";
    CHECK_EQUAL(run("default menu.c32 d\nlabel x\n"), E_CANCELLED);
    check_booted("k", "d ");

    start("a menu that is not closed, and one that was not opened", "\r\x1b");
    CHECK_EQUAL(run("menu end\nmenu end\nui menu.c32\nlabel k\nmenu begin\nlabel x\n"),
                E_CANCELLED);
    check_booted("k", " ");
}

TEST(prompt)
{
    static const char text[] = "prompt 1\ntimeout 30\ndefault k\nontimeout x\nlabel k\nlabel x\n";

    start("nobody is there", "");
    CHECK_EQUAL(run(text), E_RETURNED);
    check_booted("x", " ");

    start("Enter", "~\r");
    CHECK_EQUAL(run(text), E_RETURNED);
    check_booted("k", " ");

    start("Esc", "~\x1b");
    CHECK_EQUAL(run(text), E_CANCELLED);

    start("a label is typed, with arguments", " x y z\r");
    CHECK_EQUAL(run(text), E_RETURNED);
    check_booted("x", " y z");

    start("nothing is typed", " \r");
    CHECK_EQUAL(run(text), E_RETURNED);
    check_booted("k", " ");

    start("typing is given up", " k\x1b");
    CHECK_EQUAL(run(text), E_CANCELLED);

    start("Shift asks for it", "x\r\x1b");
    fake.shift = true;
    CHECK_EQUAL(run("default k\nlabel k\nlabel x\n"), E_CANCELLED);
    check_booted("x", " ");
    CHECK_EQUAL(run("noescape 1\ndefault k\nlabel k\nlabel x\n"), E_RETURNED);
    check_booted("k", " ");
}

TEST(limits)
{
    static char text[300000];
    char *to = text;

    start("more labels than there is room for", "");
    for (unsigned n = 0; n < 600; n++)
        to += sprintf(to, "label %u\n", n);
    CHECK_EQUAL(run(text), E_NO_MEMORY);
    CHECK_SHOWS("c:256: 255: not enough memory (E04)\n");

    start("a file that is too long", "");
    memset(text, '\n', sizeof(text) - 1);
    memcpy(text, "label k\n", 8);
    fake_serve_text("long", text);
    CHECK_EQUAL(run("include long\n"), E_SYNTAX);

    start("a command line that is too long", "");
    memset(text, 'x', 3000);
    memcpy(text, "default k\nlabel k\nappend ", 25);
    text[3000] = 0;
    CHECK_EQUAL(run(text), E_NO_MEMORY);
    CHECK_SHOWS("c:3: xxx");
}

TEST(recognition)
{
    start("what is none", "");
    CHECK_EQUAL(run("# nothing but comments\n\n"), E_NOT_BOOTABLE);
    CHECK_EQUAL(run("Hello, this is a text.\n"), E_NOT_BOOTABLE);
    CHECK_EQUAL(run("labels\n of something else\n"), E_NOT_BOOTABLE);
}
