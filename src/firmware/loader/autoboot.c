/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot that happens when nobody asks for another. Not in every profile. */
#include "loader/boot.h"
#include "loader/command.h"

static int autoboot(struct boot *boot, const struct arguments *arguments)
{
    int error = boot_configure(boot);

    return error ? error : boot_leased(boot);
}
COMMAND("autoboot", "[CARD...]", autoboot);
