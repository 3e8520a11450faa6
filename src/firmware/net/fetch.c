/* SPDX-License-Identifier: BSD-2-Clause */
/* Fetching a whole file. */
#include "net/fetch.h"

#include "lib/errors.h"
#include "lib/string.h"
#include "net/dns.h"
#include "net/net.h"

enum { PROGRESS_STEP = 1 << 14, PROGRESS_MS = 60000 }; /* so much has to come in that time */
enum { PAGE = 4096, REDIRECTS_MAX = 8, TRIES = 4, PAUSE_MS = 1000 };

char server_message[96];

__attribute__((weak)) int dns_resolve(const char *name, uint32_t *address);

/* Find the server, which has a name. */
static int resolve(struct uri *uri)
{
    static char name[URI_AUTHORITY_MAX + 1];
    const char *p = uri_host(uri);
    char *to = name;

    while (*p && *p != ':')
        *to++ = *p++;
    *to = '\0';
    return dns_resolve ? dns_resolve(name, &uri->server) : E_NO_DNS;
}

int fetch_open(struct transfer *t, struct uri *uri)
{
    for (unsigned redirects = 0;; redirects++) {
        const char *form = uri->form;
        int rc = uri->server || !uri->authority[0] ? 0 : resolve(uri);

        if (!rc)
            rc = uri->fetcher->open(t, uri);
        if (rc != E_REDIRECTS || redirects == REDIRECTS_MAX)
            return rc;
        rc = uri_parse(t->moved, uri);
        if (rc)
            return rc;
        if (t->again)
            uri->form = form;
    }
}

static void begin(struct transfer *t, struct download *file)
{
    t->to = file->data = file->base;
    t->room = file->cap;
}

/* An opened file: where in memory it goes. */
static int place(struct transfer *t, struct download *file)
{
    uint32_t size = t->term[TERM_SIZE];

    if (t->offset) {
        if (size == file->total)
            return 0;
        begin(t, file); /* it is another file now */
        return E_SHORT_FILE;
    }
    if (file->length)
        begin(t, file);
    file->total = size;
    if (size > file->cap)
        return E_TOO_BIG;
    if (file->at_end && size) {
        file->data = t->to += (file->cap - size) & ~(size_t)(PAGE - 1);
        t->room = size;
    }
    return 0;
}

static int fetch(struct transfer *t, struct uri *uri, struct download *file)
{
    uint32_t start;
    int rc;

    t->offset = file->length;
    if (!t->offset)
        begin(t, file);
    t->term[TERM_SIZE] = 0;
    t->term[TERM_BLOCK] = FETCH_BLOCK;
    t->term[TERM_WINDOW] = net.burst && net.burst < FETCH_WINDOW ? net.burst : FETCH_WINDOW;
    rc = fetch_open(t, uri);
    if (rc)
        return rc;
    rc = place(t, file);
    start = net_now();
    while (!rc) {
        size_t before = file->length;

        file->length = (size_t)(t->to - file->data);
        if ((before ^ file->length) >= PROGRESS_STEP) {
            start = net_now();
            if (file->progress)
                file->progress(file);
        }
        if (t->finished)
            break;
        rc = uri->fetcher->read(t);
        if (!rc && net_now() - start > PROGRESS_MS)
            rc = E_STALLED;
    }
    file->length = (size_t)(t->to - file->data);
    uri->fetcher->close(t, rc);
    return rc;
}

static bool never(void *unused)
{
    return false;
}

int fetch_file(struct uri *uri, struct download *file)
{
    static union transfer_memory memory;
    struct transfer *t = &memory.file;
    unsigned tries = 0;
    size_t most = 0;
    int rc;

    file->length = 0;
    t->plain = t->goes_on = false;
    for (;;) {
        rc = fetch(t, uri, file);
        if (rc == E_TOO_BIG && file->data != file->base) {
            file->at_end = false;
            file->length = 0;
        } else if (rc == E_STALLED && !file->length && !t->plain) {
            t->plain = true; /* something on the way does not carry blocks of that size */
        } else if (t->goes_on && rc && rc != E_TOO_BIG && rc != E_PROTOCOL && rc != E_CANCELLED) {
            if (file->length >= most + PROGRESS_STEP) {
                most = file->length;
                tries = 0;
            }
            if (++tries == TRIES)
                return rc;
            rc = net_wait(never, NULL, PAUSE_MS);
            if (rc == E_CANCELLED)
                return rc;
        } else {
            return rc;
        }
    }
}
