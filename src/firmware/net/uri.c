/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/uri.h"

#include "lib/errors.h"
#include "lib/parse.h"
#include "lib/string.h"
#include "net/fetch.h"

int uri_parse(const char *text, struct uri *uri)
{
    for (const struct fetcher *f = __start_fetchers; f < __stop_fetchers; f++) {
        const char *p = parse_prefix(text, f->scheme);
        uint32_t port = f->port;

        if (!p)
            continue;
        p = parse_address(p, &uri->server);
        if (p && *p == ':')
            p = parse_decimal(p + 1, &port);
        if (!p || *p != '/' || port > UINT16_MAX)
            return E_NO_DNS;
        uri->fetcher = f;
        uri->port = (uint16_t)port;
        text = p + 1;
    }
    if (strlen(text) > URI_PATH_MAX)
        return E_FILE_NOT_FOUND;
    memmove(uri->path, text, strlen(text) + 1);
    return 0;
}
