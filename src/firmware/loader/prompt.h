/* SPDX-License-Identifier: BSD-2-Clause */
/* The prompt: boot files and commands that the user types. */
#ifndef LOADER_PROMPT_H
#define LOADER_PROMPT_H

#include <stddef.h>
#include <stdint.h>

struct boot;

/* When it is asked for, before the network is: a key was pressed, or Shift is held. Let the user
 * give commands, then the boot file to use instead of the DHCP server's choice: boot->typed, "" =
 * that one. Returns 0, or E_CANCELLED (Esc: next boot device). Nobody typing for a minute counts as
 * an empty line. Without a key or Shift, returns 0 and "" at once; but first, and once, it lets a
 * key say E_CANCELLED for as long as the setting `wait` says. */
int prompt_boot_file(struct boot *boot);

/* Next key as console_key() returns it, 0 when none came in `ms`. Frames that come meanwhile are
 * taken off the card. */
char prompt_key(uint32_t ms);
/* E_UNTRUE for Esc, which is an answer; E_CANCELLED for Ctrl-C, which ends scripts; else 0. */
int prompt_error(char key);

enum { PROMPT_PATIENCE_MS = 60000, VALUE_MAX = 1024 };

#endif
