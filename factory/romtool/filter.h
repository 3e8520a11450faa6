/* SPDX-License-Identifier: BSD-2-Clause */
/* The x86 branch filter of docs/formats.md: call and jump operands made absolute, so that equal
 * targets become equal bytes. A bijection: undoing it needs no knowledge of what was code. */
#ifndef ROMTOOL_FILTER_H
#define ROMTOOL_FILTER_H

#include <stddef.h>
#include <stdint.h>

/* Both work in place. */
void filter_apply(uint8_t *data, size_t length);
void filter_undo(uint8_t *data, size_t length);

#endif
