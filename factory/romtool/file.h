/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole files in and out; an output file appears complete or not at all. */
#ifndef ROMTOOL_FILE_H
#define ROMTOOL_FILE_H

#include "bytes.h"

/* Nothing here has a reason to be larger: a PCI ROM's images count at most 32 MiB each. */
enum { FILE_LIMIT = 64 << 20 };

/* Reads a whole file. Returns an exit status, after a message when it isn't 0. */
int file_read(const char *path, struct buffer *content);

/* Writes beside `path`, then renames over it, so that a full disk or an interrupt leaves the old
 * file or the new one. A symbolic link stays a link; a target that isn't a regular file is refused.
 * Returns an exit status, after a message when it isn't 0. */
int file_write(const char *path, struct span content);

/* Refuses an output that is also read, by whatever name; the input would be lost. */
int file_spare(const char *output, const char *input);

/* Refuses a file below `folder` whose path leads through a symbolic link. */
int file_check_links(const char *folder, const char *path);

/* Creates the folders above `path` that are missing. Returns an exit status. */
int file_make_folders(const char *path);

/* "FOLDER/NAME" in memory the caller frees. */
char *path_join(const char *folder, const char *name);

/* Ctrl-C and the like remove the unfinished output file before they end the program. */
void file_clean_on_signals(void);

#endif
