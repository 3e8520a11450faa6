/* Fetching a whole file by TFTP. */
#include "lib/errors.h"
#include "net/net.h"
#include "net/tftp.h"

enum { PROGRESS_STEP = 1 << 14, PROGRESS_MS = 60000 }; /* so much has to come in that time */
enum { PAGE = 4096 };

static int fetch(struct tftp *t, const char *name, struct download *file)
{
    size_t spare;
    uint32_t start;
    int rc;

    file->data = t->to = file->base;
    t->room = file->cap;
    rc = tftp_open(t, name);
    file->total = t->option[TFTP_OPT_TSIZE];
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
        rc = tftp_step(t);
        if (!rc && net_now() - start > PROGRESS_MS)
            rc = E_STALLED;
    } while (true);
    tftp_close(t, rc);
    return rc;
}

int tftp_get(uint32_t server, const char *name, struct download *file)
{
    static struct tftp t;

    for (t.plain = false;;) {
        t.socket.peer = server;
        t.socket.peer_port = TFTP_PORT;
        t.option[TFTP_OPT_TSIZE] = 0;
        t.option[TFTP_OPT_BLKSIZE] = tftp_block_limit();
        t.option[TFTP_OPT_WINDOWSIZE] = net.burst ? net.burst : TFTP_WINDOWSIZE;
        int rc = fetch(&t, name, file);
        if (rc == E_TOO_BIG && file->data != file->base)
            file->at_end = false;
        else if (rc == E_STALLED && !t.blocks && !t.plain)
            t.plain = true; /* something on the way does not carry blocks of that size */
        else
            return rc;
    }
}
