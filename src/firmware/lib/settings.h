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

enum setting_type {
    SETTING_TYPE_STRING,
    SETTING_TYPE_IPV4,
    SETTING_TYPE_SECONDS,
    SETTING_TYPE_SERIAL
};

/* What this boot is set to, 0 where nothing is: for a string a const char *; an address in network
 * byte order; seconds; for a serial port SERIAL_PORT() and SERIAL_DIVISOR(). */
extern uintptr_t settings[SETTINGS];
#define SERIAL_PORT(value)    ((value) >> 16)     /* from 0 = COM1 */
#define SERIAL_DIVISOR(value) ((uint16_t)(value)) /* of 115200 */

/* Which setting a line is of, and where its value starts; -1 when there is no such key. */
int setting_find(const char *line, const char **value);

/* Read a value up to its NUL, which a string is kept with. False when it has not the setting's
 * form; then *result is not written. */
bool setting_read(int setting, const char *text, uintptr_t *result);

/* Read lines into `settings`, and end each with a NUL. Stops behind a line that is malformed, of an
 * unknown key, or the second one of its key, and returns it; NULL when *text is at its end. */
const char *settings_read(char **text);

#endif
