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
 * byte order; seconds; a serial port as below. */
extern uintptr_t settings[SETTINGS];
#define SERIAL_SETTING(port, speed) ((port) << 24 | (speed)) /* port 0 is COM1 */
#define SERIAL_PORT(setting)        ((setting) >> 24)
#define SERIAL_SPEED(setting)       ((setting)&0xffffff)

/* Read a line, "key=value" up to its NUL, as one of this setting. False when it is none, or the
 * value has another form; then *result is not written. A string's value stays in the line. */
bool setting_read(const char *line, int setting, uintptr_t *result);

/* Read lines into `settings`, and end each with a NUL. Stops behind a line that is malformed, of an
 * unknown key, or the second one of its key, and returns it; NULL when *text is at its end. */
const char *settings_read(char **text);

#endif
