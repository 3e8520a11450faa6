/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/uri.h"

#include <stdbool.h>

#include "lib/errors.h"
#include "lib/parse.h"
#include "lib/print.h"
#include "lib/string.h"
#include "net/fetch.h"

const char *uri_host(const struct uri *uri)
{
    const char *host = uri->authority;

    for (const char *p = host; *p; p++)
        if (*p == '@')
            host = p + 1;
    return host;
}

int uri_print(const struct uri *uri, char *text, size_t cap)
{
    char address[24];

    print_format(address, sizeof(address), uri->port == uri->fetcher->port ? "%I" : "%I:%u",
                 uri->server, uri->port);
    return print_format(text, cap, "%s%S/%S", uri->fetcher->scheme,
                        uri->authority[0] ? uri_host(uri) : address, uri->path);
}

const char *uri_decode(const char *text, uint8_t *byte)
{
    uint32_t value;

    *byte = (uint8_t)*text++;
    if (*byte == '%' && parse_hex(text, 2, &value) == text + 2 && value) {
        *byte = (uint8_t)value;
        text += 2;
    }
    return text;
}

static bool ends_authority(char c)
{
    return !c || c == '/' || c == '?' || c == '#';
}

/* The authority of a URI whose scheme is known. Returns what stands behind it, NULL when it is
 * malformed. */
static const char *take_authority(const char *text, struct uri *uri)
{
    uint32_t port = uri->fetcher->port;
    size_t len = 0;
    const char *p, *host;

    while (!ends_authority(text[len]) && text[len] > ' ' && len < URI_AUTHORITY_MAX) {
        uri->authority[len] = text[len];
        len++;
    }
    uri->authority[len] = '\0';
    host = uri_host(uri);
    for (p = host; *p && *p != ':'; p++)
        ;
    if (p == host)
        return NULL;
    if (parse_address(host, &uri->server) != p)
        uri->server = 0;
    if (*p) {
        p = parse_decimal(p + 1, &port);
        if (!p || *p || port - 1 >= UINT16_MAX)
            return NULL;
    }
    uri->port = (uint16_t)port;
    return ends_authority(text[len]) ? text + len : NULL;
}

/* A scheme that nobody here has, before "://". */
static bool has_scheme(const char *text)
{
    while (*text && *text != ':' && *text != '/')
        text++;
    return parse_prefix(text, "://");
}

/* The folder of the path that ends at `to`. */
static char *folder(const struct uri *uri, char *to)
{
    while (to > uri->path && to[-1] != '/')
        to--;
    return to;
}

/* Copy a path, or the rest of one, to `to`, in the form the fetcher wants. With `dots`, segments of
 * one or two dots are steps. */
static int take_path(const char *text, struct uri *uri, char *to, bool dots, bool decode)
{
    bool encodes = uri->fetcher->encodes;
    char *end = uri->path + URI_PATH_MAX;

    for (;;) {
        const char *format = "%c";
        uint8_t c = (uint8_t)*text;
        int len = 1 + (text[0] && text[1] == '.');

        if (dots && c == '.' && to == folder(uri, to) && ends_authority(text[len])) {
            if (len == 2 && to > uri->path)
                to = folder(uri, to - 1);
            text += len;
            text += *text == '/';
            continue;
        }
        if (c == '?')
            dots = false;
        if (c == '#' && (encodes || decode))
            c = '\0';
        *to = '\0';
        if (!c)
            return 0;
        text = decode ? uri_decode(text, &c) : text + 1;
        if (encodes && (c <= ' ' || c > '~'))
            format = "%%%02x";
        len = print_format(to, (size_t)(end - to) + 1, format, c);
        if (len > end - to)
            return E_FILE_NOT_FOUND;
        to += len;
    }
}

int uri_parse(const char *text, struct uri *uri)
{
    const struct fetcher *f = __start_fetchers;
    char *to = uri->path;
    bool dots = true;
    const char *p = NULL;

    uri->form = NULL;
    for (; f < __stop_fetchers && !p; f++)
        p = parse_prefix(text, f->scheme);
    if (p) {
        uri->fetcher = f - 1;
        text = take_authority(p, uri);
        if (!text)
            return E_SYNTAX;
        text += *text == '/';
    } else if (has_scheme(text)) {
        return E_UNSUPPORTED;
    } else if (*text == '/' || !*to) {
        dots = uri->fetcher->encodes;
        text += dots && *text == '/';
    } else {
        while (*to && *to != '?')
            to++;
        if (*text != '?')
            to = folder(uri, to);
    }
    return take_path(text, uri, to, dots, p && !uri->fetcher->encodes);
}
