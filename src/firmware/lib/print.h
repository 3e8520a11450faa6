/* SPDX-License-Identifier: BSD-2-Clause */
/* Formatted text. */
#ifndef LIB_PRINT_H
#define LIB_PRINT_H

#include <stdarg.h>
#include <stddef.h>

/* printf's %c %s %u %x %% with width and 0 flag (%02x, %8u); and, for network code,
 * %I an IPv4 address (uint32_t in network byte order), %M a MAC address (const uint8_t[6]),
 * and %E an error (int) as text and code.
 * %s is for people and may be anybody's text: escape sequences of terminals ("ESC [ 1 m", ECMA-48
 * section 5.4) are left out, and all but printable ASCII becomes '?', so that no name moves the
 * cursor and forges a line. %S is for machines: byte for byte. A newline in the format becomes
 * CR LF, as the console wants it.
 * print_format always terminates buf when cap > 0 and returns the length the whole text would have.
 */
int print_format(char *buf, size_t cap, const char *format, ...);
int print_vformat(char *buf, size_t cap, const char *format, va_list args);

/* To the console. The firmware writes through INT 10h; host tests capture it. */
void print(const char *format, ...);

#endif
