/* Fetching a whole file by TFTP. */
#include "core/errors.h"
#include "net/net.h"
#include "net/tftp.h"

enum { PROGRESS_STEP = 1 << 18 };

static int announce(struct tftp *t, struct download *file)
{
    int rc = 0;

    file->total = t->option[TFTP_OPT_TSIZE];
    if (!file->total)
        return 0;
    if (file->announce)
        rc = file->announce(file);
    if (rc >= 0 && file->total > file->cap)
        rc = E_TOO_BIG;
    t->to = file->base;
    t->room = file->cap;
    return rc < 0 ? rc : 0;
}

static int fetch(struct tftp *t, const char *name, struct download *file)
{
    int rc;

    t->to = file->base;
    t->room = file->cap;
    file->length = 0;
    rc = tftp_open(t, name);
    if (!rc)
        rc = announce(t, file);
    while (!rc && !t->finished) {
        size_t before = file->length;
        rc = tftp_step(t);
        file->length = (size_t)(t->to - file->base);
        if (file->progress && (before ^ file->length) >= PROGRESS_STEP)
            file->progress(file);
    }
    file->length = (size_t)(t->to - file->base);
    tftp_close(t, rc);
    return rc;
}

int tftp_get(uint32_t server, const char *name, struct download *file)
{
    static struct tftp t;

    for (bool plain = false;; plain = true) {
        t.server = server;
        t.server_port = TFTP_PORT;
        t.plain = plain;
        t.option[TFTP_OPT_TSIZE] = 0;
        t.option[TFTP_OPT_BLKSIZE] = tftp_block_limit();
        t.option[TFTP_OPT_WINDOWSIZE] = net.burst ? net.burst : TFTP_WINDOWSIZE;
        int rc = fetch(&t, name, file);
        /* Not one block came of the size that was agreed on: something on the way does not carry
         * it. */
        if (rc != E_STALLED || t.blocks || t.plain)
            return rc;
    }
}
