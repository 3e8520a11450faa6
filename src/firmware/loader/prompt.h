/* SPDX-License-Identifier: BSD-2-Clause */
/* The prompt that a held Shift or a pressed key opens before the network is asked. */
#ifndef LOADER_PROMPT_H
#define LOADER_PROMPT_H

#include <stddef.h>
#include <stdint.h>

/* When it is asked for, read a line: the boot file to use instead of the DHCP server's choice ("" =
 * that one). Returns 0, or E_CANCELLED (Esc: next boot device). Nobody typing for a minute counts
 * as an empty line. Without a key or Shift, returns 0 and "" at once; but first, and once, it lets
 * a key say E_CANCELLED for as long as the setting `wait` says. */
int prompt_boot_file(char *line, size_t cap);

/* Next key as console_key() returns it, 0 when none came in `ms`. Frames that come meanwhile are
 * taken off the card. */
char prompt_key(uint32_t ms);
enum { PROMPT_PATIENCE_MS = 60000 };

#endif
