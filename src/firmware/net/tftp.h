/* TFTP client (RFC 1350, 2347, 2348, 2349, 7440). */
#ifndef NET_TFTP_H
#define NET_TFTP_H

#include <stddef.h>
#include <stdint.h>

/* Where a file goes: contiguous memory. */
struct download {
    uint8_t *base;
    size_t cap;      /* bytes at base */
    size_t length;   /* bytes received so far; the file's length at the end */
    size_t total;    /* length the server announced, 0 = it did not */
    /* Called when `total` becomes known, before any data (may move base/cap; a negative result ends the transfer with it), may be NULL. */
    int (*announce)(struct download *file);
    /* Called now and then while data arrives, may be NULL. */
    void (*progress)(const struct download *file);
};

/* Fetch a whole file. Asks for blksize, tsize and windowsize, takes what the server grants, and starts again without options when a
 * server rejects them (error 8) or ignores them. Returns 0, E_NO_ROUTE, E_NO_ARP, E_TIMEOUT (never answered), E_STALLED, E_FILE_NOT_FOUND, E_ACCESS,
 * E_TFTP, E_PROTOCOL, E_TOO_BIG or E_CANCELLED. */
int tftp_get(uint32_t server, const char *name, struct download *file);

/* Text the server sent with its last error packet, "" when none; printable ASCII, for messages. */
const char *tftp_server_message(void);

#endif
