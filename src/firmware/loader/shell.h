/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands that the user types. An image may be without. */
#ifndef LOADER_SHELL_H
#define LOADER_SHELL_H

struct boot;

/* Let the user give commands, until `exit`; and where `file` is not NULL, until a line that is no
 * command: a boot file or "", which is copied there (DHCP_NAME_MAX). Returns 0, E_UNTRUE on Esc,
 * E_CANCELLED on Ctrl-C, and E_TIMEOUT, where there is `file`, when nobody has touched a key for a
 * minute before the first command. */
int shell_run(struct boot *boot, char *file);

#endif
