/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot file name rules. */
#include <string.h>

#include "lib/errors.h"
#include "fake_link.h"
#include "net/bootname.h"

static void expect(const char *given, int rc, const char *resolved)
{
    char name[64], *suffix;

    strcpy(name, given);
    fake_case(given);
    CHECK_EQUAL(boot_name_resolve(name, &suffix), rc);
    CHECK_TEXT(name, resolved);
    CHECK_EQUAL(suffix != NULL, strcmp(given, resolved) != 0);
    if (suffix)
        *suffix = '.';
    CHECK_TEXT(name, given);
}

TEST(names)
{
    expect("boot.nbi.zpxe", 0, "boot.nbi");
    expect("dir/boot.nbi.zpxe", 0, "dir/boot.nbi");
    expect("BOOT.NBI.ZPXE", 0, "BOOT.NBI");
    expect("boot.zPxE", 0, "boot");
    expect("boot.zpxe.zpxe", 0, "boot.zpxe");
    expect("boot.nbi", 0, "boot.nbi");
    expect("x", 0, "x");
    expect("zpxe", 0, "zpxe");
    expect("boot.zpxe.", 0, "boot.zpxe.");
    expect("boot.zpx", 0, "boot.zpx");
    expect("boot@zpxe", 0, "boot@zpxe");
    expect("boot.zpxe/x", 0, "boot.zpxe/x");
    expect("boot\x0ezpxe", 0, "boot\x0ezpxe"); /* '.' without bit 5 */
    expect("a.zpxe", 0, "a");
    expect("", E_NO_BOOT_FILE, "");
    expect(".zpxe", E_NO_BOOT_FILE, ".zpxe");
    expect(".ZPXE", E_NO_BOOT_FILE, ".ZPXE");
    expect("/.zpxe", E_NO_BOOT_FILE, "/.zpxe");
    expect("dir/.zpxe", E_NO_BOOT_FILE, "dir/.zpxe");
    expect("dir\\.zpxe", E_NO_BOOT_FILE, "dir\\.zpxe");
}

TEST(ourselves)
{
    uint32_t server = fake_ip(10, 0, 0, 1);

    CHECK(boot_name_is_self(server, "undi.zpxe", server, "undi.zpxe"));
    CHECK(!boot_name_is_self(server, "undi", server, "undi.zpxe"));
    CHECK(!boot_name_is_self(fake_ip(10, 0, 0, 2), "undi", server, "undi"));
    CHECK(!boot_name_is_self(server, "", server, ""));
}
