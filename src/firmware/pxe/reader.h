/* SPDX-License-Identifier: BSD-2-Clause */
/* A file read in the program's own pace, for TFTP_* and FILE_*; one at a time. */
#ifndef PXE_READER_H
#define PXE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/tftp.h"
#include "platform/bios/realmode.h"

enum { READER_BLOCK_MIN = 512 };

/* Open a file, with blocks of at most blksize bytes; *uri is where it was found, then.
 * One that is open already is closed, since programs do not always. Returns a PXENV_STATUS_*. */
uint16_t reader_open(struct uri *uri, uint32_t blksize);

/* Close; PXENV_STATUS_TFTP_CLOSED when none is open. */
uint16_t reader_close(void);

/* The open file's block size and length (0 = unknown). */
uint32_t reader_block_size(void);
uint32_t reader_file_size(void);

/* Number of the block last read, from 1. */
uint16_t reader_block_number(void);

/* Copy the next at most *size bytes, never past a block's end, to the program's buffer; *size
 * becomes what was copied, 0 at the end of the file. */
uint16_t reader_read(struct far_pointer to, uint16_t *size);

/* PXENV_STATUS_TFTP_* for an error of a fetcher. */
uint16_t reader_status(int error);

/* Read a URI, or a path on the boot server (uri_parse()). False when it is neither, or over 255
 * bytes. */
bool reader_uri(const char *name, struct uri *uri);

#endif
