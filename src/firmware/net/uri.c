#include "net/uri.h"

#include "lib/errors.h"
#include "lib/parse.h"
#include "net/fetch.h"

/* What stands behind "scheme://", NULL when the text begins differently. */
static const char *behind_scheme(const char *text, const char *scheme)
{
    for (; *scheme; scheme++, text++)
        if ((*text | 0x20) != *scheme)
            return NULL;
    return text;
}

int uri_parse(const char *text, struct uri *uri)
{
    uri->path = text;
    for (const struct fetcher *f = __start_fetchers; f < __stop_fetchers; f++) {
        const char *host = behind_scheme(text, f->scheme);
        uint32_t port = f->port;

        if (!host)
            continue;
        uri->fetcher = f;
        uri->path = parse_address(host, '/', &uri->server);
        if (!uri->path) {
            host = parse_address(host, ':', &uri->server);
            if (host)
                uri->path = parse_decimal(host, '/', &port);
        }
        uri->port = (uint16_t)port;
        return uri->path && port <= UINT16_MAX ? 0 : E_NO_DNS;
    }
    return 0;
}
