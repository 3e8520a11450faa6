/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a file is: RFC 3986 URIs, as far as a boot loader needs them. */
#ifndef NET_URI_H
#define NET_URI_H

#include <stdint.h>

struct fetcher;
struct uri {
    const struct fetcher *fetcher; /* how to get it */
    uint32_t server;               /* network byte order; 0 = not known */
    uint16_t port;                 /* host byte order */
    const char *path;              /* without the slash before it; stands where the text did */
};

/* Read "scheme://a.b.c.d[:port]/path", with a fetcher's scheme in any case. Any other text is a
 * path on the server that *uri names beforehand. A path is asked for byte by byte as it stands,
 * without percent-encoding. Returns 0, or E_NO_DNS when the host is no address with, at most, a
 * port. */
int uri_parse(const char *text, struct uri *uri);

#endif
