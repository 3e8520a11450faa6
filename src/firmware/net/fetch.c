/* SPDX-License-Identifier: BSD-2-Clause */
/* Fetching a whole file. */
#include "net/fetch.h"

#include "lib/errors.h"
#include "net/net.h"

enum { PROGRESS_STEP = 1 << 14, PROGRESS_MS = 60000 }; /* so much has to come in that time */
enum { PAGE = 4096 };

char server_message[96];

static int fetch(struct transfer *t, const struct uri *uri, struct download *file)
{
    size_t spare;
    uint32_t start;
    int rc;

    file->data = t->to = file->base;
    t->room = file->cap;
    t->term[TERM_SIZE] = 0;
    t->term[TERM_BLOCK] = FETCH_BLOCK;
    t->term[TERM_WINDOW] = net.burst ? net.burst : FETCH_WINDOW;
    rc = uri->fetcher->open(t, uri);
    file->total = t->term[TERM_SIZE];
    spare = file->cap - file->total;
    if (!rc && file->total > file->cap)
        rc = E_TOO_BIG;
    if (!rc && file->at_end && file->total) {
        file->data = t->to += spare & ~(size_t)(PAGE - 1);
        t->room = file->total;
    }
    start = net_now();
    do {
        size_t before = file->length;

        file->length = (size_t)(t->to - file->data);
        if ((before ^ file->length) >= PROGRESS_STEP) {
            start = net_now();
            if (file->progress)
                file->progress(file);
        }
        if (rc || t->finished)
            break;
        rc = uri->fetcher->read(t);
        if (!rc && net_now() - start > PROGRESS_MS)
            rc = E_STALLED;
    } while (true);
    uri->fetcher->close(t, rc);
    return rc;
}

int fetch_file(const struct uri *uri, struct download *file)
{
    static union transfer_memory memory;
    struct transfer *t = &memory.file;

    for (t->plain = false;;) {
        int rc = fetch(t, uri, file);
        if (rc == E_TOO_BIG && file->data != file->base)
            file->at_end = false;
        else if (rc == E_STALLED && !file->length && !t->plain)
            t->plain = true; /* something on the way does not carry blocks of that size */
        else
            return rc;
    }
}
