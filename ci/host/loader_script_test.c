/* SPDX-License-Identifier: BSD-2-Clause */
/* Scripts: their lines, labels, and what ends them. */
#include <string.h>

#include "fake_boot.h"
#include "lib/errors.h"
#include "lib/print.h"
#include "loader/command.h"
#include "loader/variables.h"

/* Run a script of that name and text. Returns its result; what it showed is in shown(). */
static bool cancel_at_once;
static int run_script(const char *text)
{
    struct file *file;

    fake_serve_text("dir/boot.ipxe", text);
    file_free(&fake_boot, NULL);
    file = fake_fetch("dir/boot.ipxe");
    fake_shown();
    if (cancel_at_once)
        fake_cancel_at = fake_now;
    return file_run(&fake_boot, file);
}

TEST(lines)
{
    fake_boot_case("one after the other, whatever ends them");
    CHECK_EQUAL(run_script("#!ipxe\necho one\n\n  echo  two   words\r\n# comment\necho three"), 0);
    CHECK_SHOWN("one\ntwo words\nthree\n");

    fake_boot_case("continued");
    CHECK_EQUAL(run_script("#!ipxe\necho one \\\n  two\\\r\nthree\nnothing \\\n here\n"),
                E_COMMAND);
    CHECK_SHOWN("one twothree\nboot.ipxe:6: nothing: no such command (E35)\n");

    fake_boot_case("no more lines behind a backslash");
    CHECK_EQUAL(run_script("#!ipxe\necho one \\"), 0);
    CHECK_SHOWN("one \\\n");

    fake_boot_case("nothing but its mark");
    CHECK_EQUAL(run_script("#!ipxe"), E_NOT_BOOTABLE);
    CHECK_EQUAL(run_script("#!ipxe\n"), 0);

    fake_boot_case("other marks");
    CHECK_EQUAL(run_script("#!gpxe\r\necho gPXE"), 0);
    CHECK_SHOWN("gPXE\n");
    CHECK_EQUAL(run_script("#!ipxes\necho no"), E_NOT_BOOTABLE);
    CHECK_EQUAL(run_script("#!hpxe\necho no"), E_NOT_BOOTABLE);
    CHECK_EQUAL(run_script("#!/bin/sh\necho no"), E_NOT_BOOTABLE);
}

TEST(labels)
{
    fake_boot_case("forward and back");
    CHECK_EQUAL(run_script("#!ipxe\ngoto b\n:a echo a\nexit 0\necho no\n \t:b\necho b\ngoto a\n"),
                0);
    CHECK_SHOWN("b\na\n");

    fake_boot_case("none");
    CHECK_EQUAL(run_script("#!ipxe\n:aa\n: a\necho x"), E_COMMAND);
    CHECK_SHOWN("boot.ipxe:3: a: no such command (E35)\n");
    CHECK_EQUAL(run_script("#!ipxe\n:aa\necho :a\ngoto a || echo caught\ngoto a"), E_LABEL);
    CHECK_SHOWS("caught\nboot.ipxe:5: goto: no such label (E37)\n");

    fake_boot_case("what is behind a goto is not carried out");
    CHECK_EQUAL(run_script("#!ipxe\ngoto a ; echo no\necho no\n:a\necho yes"), 0);
    CHECK_SHOWN("yes\n");

    fake_boot_case("the last line");
    CHECK_EQUAL(run_script("#!ipxe\ngoto end\necho no\n:end"), 0);
    CHECK_SHOWN("");

    fake_boot_case("no script, no label");
    CHECK_EQUAL(command_line(&fake_boot, (char[]){"goto a"}), E_LABEL);
    CHECK_SHOWN("goto: no such label (E37)\n");
    CHECK_EQUAL(command_line(&fake_boot, (char[]){"exit 1"}), SCRIPT_ENDS);

    static char many[200000];
    char *to = stpcpy(many, "#!ipxe\ngoto l9999\n");
    fake_boot_case("ten thousand");
    for (unsigned n = 0; n < 10000; n++)
        to += print_format(to, 20, ":l%u\n%s", n, n < 9999 ? "" : "echo found");
    CHECK_EQUAL(run_script(many), 0);
    CHECK_SHOWN("found\n");
}

TEST(ends)
{
    fake_boot_case("exit");
    CHECK_EQUAL(run_script("#!ipxe\nexit\necho no"), 0);
    CHECK_EQUAL(run_script("#!ipxe\nexit 0 || echo no\necho no"), 0);
    CHECK_EQUAL(run_script("#!ipxe\nexit 3"), E_UNTRUE);
    fake_shown();
    CHECK_EQUAL(run_script("#!ipxe\nexit x"), E_ARGUMENTS);
    CHECK_SHOWN("exit [STATUS]\nboot.ipxe:2: exit: wrong arguments (E36)\n");

    fake_boot_case("errors");
    CHECK_EQUAL(run_script("#!ipxe\n\nfrob || echo on\nfrob ||\niseq a b\necho no"), E_UNTRUE);
    CHECK_SHOWN("boot.ipxe:3: frob: no such command (E35), going on\non\n"
                "boot.ipxe:4: frob: no such command (E35), going on\n"
                "boot.ipxe:5: iseq: condition is false (E43)\n");

    fake_boot_case("what cannot be read");
    fake_serve("dir/boot.ipxe", "#!ipxe\nec\0ho a\n", 15);
    struct file *file = fake_fetch("dir/boot.ipxe");
    fake_shown();
    CHECK_EQUAL(file_run(&fake_boot, file), E_COMMAND);
    CHECK_SHOWN("boot.ipxe:2: ec?ho: no such command (E35)\n");
    CHECK_EQUAL(run_script("#!ipxe\n\n\necho ${a\n}"), E_SYNTAX);
    CHECK_SHOWN("boot.ipxe:4: line: malformed line (E38)\n");

    fake_boot_case("too long");
    static char large[300000];
    memset(large, 'x', sizeof(large) - 1);
    memcpy(large, "#!ipxe\n", 7);
    CHECK_EQUAL(run_script(large), E_NO_MEMORY);
    CHECK_SHOWN("boot.ipxe: not enough memory (E04)\n");
}

TEST(endless)
{
    fake_boot_case("a loop");
    fake_cancel_at = fake_now + 3000;
    CHECK_EQUAL(run_script("#!ipxe\n:a\nsleep 1 || goto a\ngoto a"), E_CANCELLED);
    CHECK_SHOWN("boot.ipxe:3: sleep: cancelled from the keyboard (E06)\n");

    fake_boot_case("between commands");
    cancel_at_once = true;
    CHECK_EQUAL(run_script("#!ipxe\n:a\ngoto a"), E_CANCELLED);
    cancel_at_once = false;
    CHECK_SHOWN("boot.ipxe:1: script: cancelled from the keyboard (E06)\n");
}

TEST(nested)
{
    fake_boot_case("a script within a script");
    fake_serve_text("dir/sub/inner.ipxe", "#!ipxe\necho inner ${x}\nset x 2\n:a\nchain "
                                          "mem://10.0.0.1/dir/sub/third || goto b\n:b\nexit 1");
    fake_serve_text("dir/sub/third", "#!ipxe\necho third\ngoto a");
    CHECK_EQUAL(run_script("#!ipxe\nset x 1\n:b\nchain mem://10.0.0.1/dir/sub/inner.ipxe || echo "
                           "outer ${x}\nset x\necho end"),
                0);
    CHECK_SHOWN("mem://10.0.0.1/dir/sub/inner.ipxe \r88 bytes loaded: dir/sub/inner.ipxe\n"
                "inner 1\n"
                "mem://10.0.0.1/dir/sub/third \r24 bytes loaded: dir/sub/third\n"
                "third\n"
                "third:3: goto: no such label (E37)\n"
                "inner.ipxe:5: chain: no such label (E37), going on\n"
                "outer 2\nend\n");
    CHECK(!file_find(&fake_boot, "inner.ipxe"));

    fake_boot_case("itself, again and again");
    CHECK_EQUAL(run_script("#!ipxe\ninc depth\nchain mem://10.0.0.1/dir/boot.ipxe"), E_NO_MEMORY);
    CHECK_SHOWS("boot.ipxe:3: chain: not enough memory (E04)\n");
    CHECK_EQUAL(variable_get(&fake_boot, "depth", (char[8]){0}, 8), 2);
    CHECK_EQUAL(command_line(&fake_boot, (char[]){"iseq ${depth} 16"}), 0);
    CHECK_EQUAL(command_line(&fake_boot, (char[]){"clear depth"}), 0);

    fake_boot_case("in its place");
    CHECK_EQUAL(run_script("#!ipxe\ninc depth\niseq ${depth} 100 || chain --replace "
                           "mem://10.0.0.1/dir/boot.ipxe || echo no\n"
                           "echo ${depth}\nclear depth"),
                0);
    CHECK_SHOWS("\n100\n");
    CHECK(!strstr(fake.shown, "no\n"));

    fake_boot_case("another in its place");
    fake_serve_text("dir/other", "#!ipxe\necho other");
    CHECK_EQUAL(run_script("#!ipxe\nchain --autofree --replace mem://10.0.0.1/dir/other\necho no"),
                0);
    CHECK_SHOWN("mem://10.0.0.1/dir/other \r17 bytes loaded: dir/other\nother\n");
    CHECK(!file_find(&fake_boot, "other"));

    fake_boot_case("nothing in its place");
    CHECK_EQUAL(run_script("#!ipxe\nchain --replace nowhere || echo on"), 0);
    CHECK_SHOWS("going on\non\n");
}
