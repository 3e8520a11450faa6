/* SPDX-License-Identifier: BSD-2-Clause */
/* Settings as text: lines of key=value, as in an identity block. Which there are, and which values
 * they take, is lib/settings.h's; the firmware reads them there, too. */
#ifndef ROMTOOL_SETTINGTEXT_H
#define ROMTOOL_SETTINGTEXT_H

#include "message.h"

/* Checks a whole text. The problem's offset is `offset`. */
bool settings_check(const char *text, size_t offset, struct problem *problem);

/* The settings of `old`, which passed settings_check(), with `count` changes: "key=value" sets one,
 * "key=" removes it. In the order of the list, in memory that the caller frees; NULL when a change
 * is refused. */
char *settings_change(const char *old, char *const *changes, size_t count, struct problem *problem);

#endif
