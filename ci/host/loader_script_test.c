/* SPDX-License-Identifier: BSD-2-Clause */
/* Scripts: their lines, labels, and what ends them. */
#include <string.h>

#include "fake_boot.h"
#include "lib/errors.h"
#include "loader/command.h"
#include "loader/variables.h"

/* Run a script of that name and text. Returns its result; what it showed is in shown(). */
static int run_script(const char *text)
{
    fake_serve_text("dir/boot.ipxe", text);
    fake_fetch("dir/boot.ipxe");
    fake_shown();
    return file_run(&fake_boot, file_find(&fake_boot, "boot.ipxe"));
}

TEST(lines)
{
    fake_boot_case("one after the other, whatever ends them");
    CHECK_EQUAL(run_script("#!ipxe\necho one\n\n  echo  two   words\r\n# comment\necho three"), 0);
    CHECK_SHOWN("one\ntwo words\nthree\n");

    fake_boot_case("continued lines");
    CHECK_EQUAL(run_script("#!ipxe\necho one \\\n  two\\\r\nthree\nnothing \\\n here\n"), E_COMMAND);
    CHECK_SHOWN("one twothree\nboot.ipxe:6: nothing: no such command (E35)\n");

    fake_boot_case("labels");
    CHECK_EQUAL(run_script("#!gpxe\ngoto b\n:a echo a\nexit 0\necho no\n :b\necho b\ngoto a\n"), 0);
    CHECK_SHOWN("b\na\n");
}
