/* The prompt that a held Shift or a pressed key opens before the network is asked. */
#ifndef CORE_PROMPT_H
#define CORE_PROMPT_H

#include <stddef.h>

/* When it is asked for, read a line: the boot file to use instead of the DHCP server's choice ("" =
 * that one). Returns 0, or E_CANCELLED (Esc: next boot device). Nobody typing for a minute counts
 * as an empty line. Without a key or Shift, returns 0 and "" at once. */
int prompt_boot_file(char *line, size_t cap);

#endif
