/* SPDX-License-Identifier: BSD-2-Clause */
/* The settings of an image (factory/settings.yaml): lines of key=value in its identity block. The
 * firmware obeys them, and romtool writes them; both judge a value here. */
#ifndef LIB_SETTINGS_H
#define LIB_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "settings_list.h"

#define SETTING_ENUM(name, ...) SETTING_##name,
enum setting { SETTING_LIST(SETTING_ENUM) SETTINGS };
#undef SETTING_ENUM

/* What this boot is set to, 0 where nothing is: for a string a const char *; an address in network
 * byte order; seconds; a serial port's speed. */
extern uintptr_t settings[SETTINGS];
extern uint32_t setting_port; /* the serial port: 1 = COM1 */
enum { PORTS = 4 };

/* Read a line of printable ASCII, "key=value" up to its NUL, into `settings`; a string's value
 * stays in the line. False when there is no such key, or the value has not its form. */
bool setting_read(const char *line);

#endif
