/* SPDX-License-Identifier: BSD-2-Clause */
/* The serial port that the setting `serial` names. Where none is set, or the machine lacks it,
 * these do nothing. */
#ifndef PLATFORM_BIOS_SERIAL_H
#define PLATFORM_BIOS_SERIAL_H

/* Send a text. A port that takes nothing more is not used again. */
void serial_write(const char *text);

/* Next key as console_key() returns it, 0 when none waits. Of the keys that terminals send as an
 * escape sequence, Up and Down are known. */
char serial_key(void);

#endif
