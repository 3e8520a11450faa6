/* SPDX-License-Identifier: BSD-2-Clause */
/* An HTTP server that says anything. Input: flags; room for the file (16 bits); then, for each
 * request or moment of silence, what is done (8 bits: how) and so many bytes (16 bits) to say. */
#include "fake_tcp.h"
#include "fuzz.h"
#include "lib/errors.h"
#include "net/fetch.h"

enum { FORM = 1, AT_END = 2, USER = 4, PACED = 8 };    /* flags */
enum { AND_NEXT = 1, END = 2, RESET = 4, SLOWLY = 8 }; /* how */
enum { READS_MAX = 100000, PIECE = 100 };

static struct input in;
static size_t answered; /* bytes of the connection's requests that were answered */

static void serve(void)
{
    uint8_t text[600], how = AND_NEXT;

    while (in.left && how & AND_NEXT && fake_tcp.open) {
        how = take(&in);
        fake_tcp_say(text, take_bytes(&in, text, take16(&in) % sizeof(text)));
        if (how & END)
            fake_tcp_end();
        if (how & RESET)
            fake_tcp_reset();
    }
    if (!in.left)
        fake_cancel_at = fake_now + 2500;
}

static void hear(const uint8_t *data, size_t len)
{
    if (len < answered)
        answered = 0;
    if (len - answered < 4 || memcmp(data + len - 4, "\r\n\r\n", 4))
        return;
    answered = len;
    serve();
}

static void forget(void)
{
    answered = 0;
}

static void (*tick)(void);

/* Time flies while nothing is on its way. Who is silent goes on after a while. */
static void hurry(void)
{
    static uint32_t quiet;

    tick();
    if (fake_pending()) {
        quiet = 0;
        return;
    }
    fake_now += 20;
    if (++quiet % 50 == 0)
        serve();
}

static void check_file(int rc, const struct download *file)
{
    CHECK(rc <= 0 && file->length <= file->cap);
    CHECK(!file->length ||
          (file->data >= file->base && file->data + file->length <= file->base + file->cap));
    CHECK(rc || !file->total || file->length == file->total);
    CHECK(strlen(server_message) < sizeof(server_message));
}

static void read_paced(struct uri *uri)
{
    static union transfer_memory memory;
    struct transfer *t = &memory.file;
    uint8_t *piece = malloc(PIECE);
    int rc;

    memset(t, 0, sizeof(*t));
    t->paced = true;
    t->to = piece;
    t->room = PIECE;
    rc = fetch_open(t, uri);
    for (unsigned i = 0; !rc && !t->finished && i < READS_MAX; i++) {
        CHECK(t->to >= piece && t->to + t->room == piece + PIECE);
        t->to = piece;
        t->room = PIECE;
        rc = uri->fetcher->read(t);
        if (rc)
            uri->fetcher->close(t, rc);
    }
    if (!rc)
        uri->fetcher->close(t, 0);
    free(piece);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct download file = {0};
    struct uri uri = {0};
    uint8_t flags;

    in = (struct input){data, size};
    flags = take(&in);
    fake_tcp_case("HTTP");
    fake_tcp.on_data = hear;
    fake_tcp.on_connect = forget;
    tick = fake_on_idle;
    fake_on_idle = hurry;
    file.cap = 1 + take16(&in);
    file.at_end = flags & AT_END;
    CHECK(
        !uri_parse(flags & USER ? "http://me:%40@10.0.0.1/x?y" : "http://10.0.0.1/dir/file", &uri));
    uri.form = flags & FORM ? "a=b\r\n\r\n" : NULL;
    if (flags & PACED) {
        read_paced(&uri);
        return 0;
    }
    file.base = malloc(file.cap);
    check_file(fetch_file(&uri, &file), &file);
    free(file.base);
    return 0;
}
