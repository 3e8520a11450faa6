/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a file is: RFC 3986 URIs, as far as a boot loader needs them. */
#ifndef NET_URI_H
#define NET_URI_H

#include <stddef.h>
#include <stdint.h>

enum { URI_PATH_MAX = 400, URI_AUTHORITY_MAX = 127, URI_TEXT_MAX = 540 };

/* A value: nothing in it points to the text it was read from. */
struct fetcher;
struct uri {
    const struct fetcher *fetcher;         /* how to get it */
    uint32_t server;                       /* network byte order; 0 = the host is a name */
    uint16_t port;                         /* host byte order */
    char path[URI_PATH_MAX + 1];           /* with the query, without the slash before it */
    char authority[URI_AUTHORITY_MAX + 1]; /* "user:password@host:port", as far as it was given */
    const char *form; /* what to POST, "a=b&c=d", in memory of the caller's; NULL = GET */
};

/* Read a URI, or resolve a relative one against what *uri was before (section 5.2): "name",
 * "../name", "/name", "?query".
 *
 * How the path is kept depends on its fetcher. For HTTP it is percent-encoded where that is
 * missing, and a fragment is dropped. For TFTP the path of a URI is decoded and has no fragment
 * either; any other text is a name, taken byte by byte as it stands. Where *uri has no path, such a
 * name is the whole of the new one, else "." and ".." work. It keeps a slash before it.
 *
 * Returns 0, E_UNSUPPORTED (nobody here has that scheme), E_SYNTAX (no host, or no port, where one
 * has to be) or E_FILE_NOT_FOUND (the path is too long). Then *uri may be anything. */
int uri_parse(const char *text, struct uri *uri);

/* A character, or what "%xx" stands for. Returns what is behind it. */
const char *uri_decode(const char *text, uint8_t *byte);

/* Host and port, "server.example:8080", as far as they were given. */
const char *uri_host(const struct uri *uri);

/* Write it as text, without user and password. Returns what print_format() does. */
int uri_print(const struct uri *uri, char *text, size_t cap);

#endif
