/* SPDX-License-Identifier: BSD-2-Clause */
/* Files from servers, whatever the protocol. */
#ifndef NET_FETCH_H
#define NET_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/uri.h"

/* The terms of a transfer: the file's length, 0 = not announced; the most that comes at once; how
 * much of that may be under way. A protocol that has no such terms ignores the last two. */
enum { FETCH_BLOCK = 1468 /* fills an Ethernet frame */, FETCH_WINDOW = 64 };
enum transfer_term { TERM_SIZE, TERM_BLOCK, TERM_WINDOW, TERMS };

/* A file that is being read. A fetcher keeps its own state behind this. */
struct transfer {
    /* Set before open(). */
    bool plain;      /* ask for nothing but what every server and network can do */
    bool paced;      /* the server waits for each read() */
    uint32_t offset; /* begin there, where that is possible; then where it begins: there, or 0 */
    uint8_t *to;     /* where the next bytes go */
    size_t room;     /* so many fit; a block of more ends the transfer (E_TOO_BIG) */
    uint32_t term[TERMS]; /* what to ask for, size 0; then what was granted */

    bool finished; /* open() and read() say so: all of it has come */
    bool goes_on;  /* what breaks may be opened again at an offset */
    /* With E_REDIRECTS of open(): where to ask, relative to where it was asked; valid until the
     * next call. With `again` a form is to be posted there, too. */
    const char *moved;
    bool again;
};
union transfer_memory {
    struct transfer file;
    uint8_t bytes[512];
};

/* A protocol that files come by: one file, which offers it with FETCHER(). The linker collects
 * them. open() and read() return 0, E_NO_ROUTE, E_NO_ARP, E_TIMEOUT (never answered), E_STALLED (no
 * more came), E_SHORT_FILE (ended before its size), E_FILE_NOT_FOUND, E_ACCESS, E_TFTP or E_HTTP
 * (another error of the server's), E_REFUSED, E_RESET, E_PROTOCOL, E_TOO_BIG or E_CANCELLED. */
struct fetcher {
    const char *scheme; /* "tftp://" */
    uint16_t port;      /* where a URI names none */
    /* Ask for a file and wait for the answer, which may bring its first block (give `to` and `room`
     * for 512 bytes beforehand). The URI is needed during the call only. After an error there is
     * nothing to close. E_REDIRECTS: ask elsewhere, see struct transfer. */
    int (*open)(struct transfer *file, const struct uri *uri);
    /* Go on until more has come (`to` and `room` have moved behind it) or the file's end. In a
     * window it may also return when a block came out of order. */
    int (*read)(struct transfer *file);
    /* End the transfer, before its end too; rc says why (0, E_CANCELLED, E_TOO_BIG …) and the
     * server is told so where it still sends. */
    void (*close)(struct transfer *file, int rc);
    bool encodes; /* paths are percent-encoded, and have queries */
};
#define FETCHER(name)         \
    const struct fetcher name \
        __attribute__((used, section("fetchers"), aligned(__alignof__(struct fetcher))))
extern const struct fetcher __start_fetchers[], __stop_fetchers[];

/* Text the server sent with its last error, "" when none; for print(). */
extern char server_message[96];

/* Find the server by its name, open the file, and go after it where the server redirects: *uri is
 * where it was at last, then. Returns as a fetcher's open(), and E_NO_DNS, E_NAME, E_UNSUPPORTED,
 * E_SYNTAX, and E_REDIRECTS (too many). */
int fetch_open(struct transfer *file, struct uri *uri);

/* Where a whole file goes: contiguous memory. */
struct download {
    uint8_t *base; /* the memory, and its size */
    size_t cap;
    bool at_end;    /* put a file of known size to the memory's end, on a page boundary */
    uint8_t *data;  /* where it was put */
    size_t length;  /* bytes received so far; the file's length at the end */
    uint32_t total; /* length the server announced, 0 = it did not */
    /* Called now and then while data arrives, may be NULL. */
    void (*progress)(const struct download *file);
};

/* Fetch a whole file, straight to its place; *uri becomes where it was at last. Goes on where a
 * transfer broke, when the server can do so. Starts again as `plain` when nothing comes, and at the
 * memory's start when a file for its end turns out longer than announced. Returns as fetch_open()
 * and a fetcher's read(); E_STALLED also when less than 16 KiB came in a minute. */
int fetch_file(struct uri *uri, struct download *file);

#endif
