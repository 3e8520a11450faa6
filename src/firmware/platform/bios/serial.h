/* SPDX-License-Identifier: BSD-2-Clause */
/* The serial port that the setting `serial` names. Without one these do nothing. */
#ifndef PLATFORM_BIOS_SERIAL_H
#define PLATFORM_BIOS_SERIAL_H

/* Set the port up, if it is set and the BIOS has found it. May be called again. */
void serial_open(void);

/* Send a text. A port that takes nothing more is not used again. */
void serial_write(const char *text);

/* Next key as console_key() returns it, 0 when none waits, or one that is not known here. */
char serial_key(void);

#endif
