/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a file is: RFC 3986 URIs, as far as a boot loader needs them. */
#ifndef NET_URI_H
#define NET_URI_H

#include <stdint.h>

enum { URI_PATH_MAX = 400, URI_AUTHORITY_MAX = 127 };

/* A value: nothing in it points to the text it was read from. */
struct fetcher;
struct uri {
    const struct fetcher *fetcher;         /* how to get it */
    uint32_t server;                       /* network byte order; 0 = not known */
    uint16_t port;                         /* host byte order */
    char path[URI_PATH_MAX + 1];           /* without the slash before it */
    char authority[URI_AUTHORITY_MAX + 1]; /* "user:password@host:port", as far as it was given */
};

/* Read "scheme://a.b.c.d[:port]/path", with a fetcher's scheme in any case. Any other text is a
 * path on the server that *uri names beforehand. A path is asked for byte by byte as it stands,
 * without percent-encoding. Returns 0, or E_NO_DNS when the host is no address with, at most, a
 * port, or E_FILE_NOT_FOUND when the path is too long. */
int uri_parse(const char *text, struct uri *uri);

#endif
