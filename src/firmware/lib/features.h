/* SPDX-License-Identifier: BSD-2-Clause */
/* What DHCP servers are told that the image can do: the content of option 175 as gPXE and iPXE send
 * it. Each file says so of itself with FEATURE(). The linker collects them, so that a profile that
 * lacks a file does not claim it, and adds the version. */
#ifndef LIB_FEATURES_H
#define LIB_FEATURES_H

#include <stdint.h>

enum {
    FEATURE_PXE_FILES = 0x10, /* the FILE services of the PXE API */
    FEATURE_HTTP = 0x13,
    FEATURE_TFTP = 0x15,
    FEATURE_DNS = 0x17,
    FEATURE_LINUX = 0x18,
    FEATURE_MULTIBOOT = 0x19,
    FEATURE_NBI = 0x20,
    FEATURE_NBP = 0x21,
    FEATURE_ELF = 0x22,
    FEATURE_MENU = 0x27, /* `menu`, `item` and `choose` in scripts */
};

/* Tag, length, and a value that says yes. */
#define FEATURE(name)                     \
    static const uint8_t feature_##name[] \
        __attribute__((used, section("features"))) = {FEATURE_##name, 1, 1}
extern const uint8_t __start_features[] __attribute__((weak)),
    __stop_features[] __attribute__((weak));

#endif
