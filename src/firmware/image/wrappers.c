/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/wrapper.h"

#define WRAPPER(name) extern const struct wrapper name __attribute__((weak))
WRAPPER(gzip_wrapper);
WRAPPER(xz_wrapper);

const struct wrapper *const wrappers[WRAPPERS] = {&gzip_wrapper, &xz_wrapper};
