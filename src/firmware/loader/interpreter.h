/* SPDX-License-Identifier: BSD-2-Clause */
/* Files that are not entered but carried out, such as scripts. One file each, which offers itself
 * with INTERPRETER(). The linker collects them; what none of them recognises is a boot file
 * (image/image.h). */
#ifndef LOADER_INTERPRETER_H
#define LOADER_INTERPRETER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loader/files.h"

struct interpreter {
    const char *name; /* "script" */
    bool (*recognise)(const uint8_t *data, size_t length);
    /* The file's bytes are there until something else is run or fetched, which may free them or be
     * placed over them. Returns 0 when it came to its end, or an error that it has said on the
     * console. */
    int (*run)(struct boot *boot, struct file *file);
};
#define INTERPRETER(name)                \
    static const struct interpreter name \
        __attribute__((used, section("interpreters"), aligned(__alignof__(struct interpreter))))
/* Weak: a test may have none. */
extern const struct interpreter __start_interpreters[] __attribute__((weak)),
    __stop_interpreters[] __attribute__((weak));

#endif
