/* SPDX-License-Identifier: BSD-2-Clause */
/* URIs. Input: texts that end with NUL. The first is read as DHCP names a file, each other one
 * relative to the one before it. */
#include "fake_link.h" /* the rest of the network, which uri.c brings */
#include "fuzz.h"
#include "lib/errors.h"
#include "net/tftp.h"

static void check_uri(const struct uri *uri)
{
    static char text[URI_TEXT_MAX + 1], again[URI_TEXT_MAX + 1];
    struct uri copy = *uri;
    int len = uri_print(uri, text, sizeof(text));

    CHECK(len > 0 && (size_t)len == strlen(text));
    CHECK(strlen(uri->path) <= URI_PATH_MAX && strlen(uri->authority) <= URI_AUTHORITY_MAX);
    CHECK(!strchr(uri_host(uri), '@') && !uri->form);
    for (const char *p = uri->path; uri->fetcher->encodes && *p; p++)
        CHECK(*p > ' ' && *p <= '~' && *p != '#');
    if (!uri->fetcher->encodes)
        return;
    /* What was printed is the same, but for the user. */
    CHECK(!uri_parse(text, &copy));
    uri_print(&copy, again, sizeof(again));
    CHECK_TEXT(text, again);
    CHECK(copy.server == uri->server && copy.port == uri->port);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct uri uri = {&tftp_fetcher, 0x0100000a, TFTP_PORT, "", ""};
    char *text = malloc(size + 1), *end = text + size;

    memcpy(text, data, size);
    *end = '\0';
    for (char *p = text; p <= end; p += strlen(p) + 1) {
        /* Memory of its own, so that a byte too many is noticed. */
        char *one = strdup(p);
        struct uri next = uri;

        if (!uri_parse(one, &next)) {
            check_uri(&next);
            uri = next;
        }
        free(one);
    }
    free(text);
    return 0;
}
