/* SPDX-License-Identifier: BSD-2-Clause */
/* Scripts: files of commands, one a line, that begin with "#!ipxe" or "#!gpxe". */
#ifndef LOADER_SCRIPT_H
#define LOADER_SCRIPT_H

#include "loader/files.h"

/* Where names in the running script are relative to; NULL when none runs. */
const struct uri *script_uri(void);

/* Print where the running script stands, as "name:line: "; nothing when none runs. */
void script_position(void);

/* A file that is freed once it runs, if it is a script. */
extern struct file *script_temporary;

/* Have another script run in the place of the running one, which the caller ends by SCRIPT_ENDS.
 * False when the file is no script, or none runs. */
bool script_replace(struct file *file);

#endif
