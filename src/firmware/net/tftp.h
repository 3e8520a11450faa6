/* SPDX-License-Identifier: BSD-2-Clause */
/* TFTP client (RFC 1350, 2347, 2348, 2349, 7440; URIs RFC 3617). Asks for blksize, tsize and
 * windowsize, takes what the server grants, and starts again without options when a server rejects
 * them (error 8). A paced transfer is in lock-step: a block is acknowledged only in the read()
 * after it. */
#ifndef NET_TFTP_H
#define NET_TFTP_H

#include "net/fetch.h"

enum { TFTP_PORT = 69 };

extern const struct fetcher tftp_fetcher;

/* The root of a server's files, for names relative to it. */
void tftp_root(struct uri *uri, uint32_t server);

#endif
