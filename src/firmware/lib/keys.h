/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys of the console: ASCII, and for those that have no character 80h + scan code. As a char such
 * a one is negative; 0 is no key. */
#ifndef LIB_KEYS_H
#define LIB_KEYS_H

#include <stdint.h>

enum {
    KEY_CTRL_C = 3,
    KEY_ESCAPE = 0x1b,
    KEY_HOME = (char)0xc7,
    KEY_UP = (char)0xc8,
    KEY_PAGE_UP = (char)0xc9,
    KEY_LEFT = (char)0xcb,
    KEY_RIGHT = (char)0xcd,
    KEY_END = (char)0xcf,
    KEY_DOWN = (char)0xd0,
    KEY_PAGE_DOWN = (char)0xd1,
    KEY_DELETE = (char)0xd3,
};

/* The key that terminals send as "ESC [ number last" (ECMA-48, and xterm's keys), where a number
 * that is not sent is 0. Returns 0 for one that is not known. */
char key_of_sequence(unsigned number, uint8_t last);

/* A key as scripts name it: a character, or "0x" and its code. Of a key that terminals send as such
 * a sequence that is 100h * (number + 1) + last, so "0x197e" is F12. Returns 0 for anything else.
 */
char key_of_name(const char *text);

#endif
