/* SPDX-License-Identifier: BSD-2-Clause */
/* HTTP/1.1 client (RFC 9110, RFC 9112). One connection, which is kept for the next file. */
#include <stdarg.h>

#include "lib/byteorder.h"
#include "lib/errors.h"
#include "lib/features.h"
#include "lib/identity.h"
#include "lib/parse.h"
#include "lib/print.h"
#include "lib/string.h"
#include "net/fetch.h"
#include "net/net.h"
#include "net/tcp.h"

enum { HTTP_PORT = 80, ANSWER_MS = 60000, SILENCE_MS = 15000 };
enum { TEXT_MAX = 1 << 14, UNTIL_CLOSE = UINT32_MAX };

static struct http {
    struct tcp tcp;        /* first */
    struct transfer *file; /* that is being fetched */
    uint32_t server, port; /* the connection's other end */
    /* The present answer's. */
    int reading; /* where the body goes is settled */
    int news;    /* there is something for who waits */
    enum { HEADERS, CHUNK_END, CHUNK_SIZE, TRAILER, DONE, BODY } state;
    int after;     /* the state behind the body, or a chunk of it */
    int error;     /* with DONE: the connection cannot be used again */
    uint32_t left; /* bytes of the body, or of its chunk; of more than 2 GB: until the end */
    size_t len;    /* of the text: the headers, or a line between chunks; each line ends with NUL */
    char text[TEXT_MAX];
    /* Tells a file from what it was before: its ETag, or its date; "" = none. */
    char validator[128];
} http;

/* A register with the address packs better than the address in each instruction. */
static __attribute__((noipa)) struct http *connection(void)
{
    return &http;
}

/* What stands in a header, "name:" in small letters; NULL when there is none. Two that differ are
 * an error. */
static const char *header(struct http *h, const char *name)
{
    const char *found = NULL;

    for (const char *line = h->text; *line; line += strlen(line) + 1) {
        const char *value = parse_prefix(line, name);

        if (!value)
            continue;
        while (*value == ' ' || *value == '\t')
            value++;
        if (found && strcmp(found, value))
            h->error = E_PROTOCOL;
        found = value;
    }
    return found;
}

/* Length and form of the body. What makes no sense, or was not asked for, is shown. */
static int take_body_headers(struct http *h)
{
    const char *bad = header(h, "content-encoding:"), *value, *end;

    value = header(h, "content-length:");
    h->left = UNTIL_CLOSE;
    h->state = BODY;
    h->after = DONE;
    if (value) {
        end = parse_decimal(value, &h->left);
        if (!end || *end > ' ')
            bad = value;
        else if (h->left == UNTIL_CLOSE)
            return E_TOO_BIG;
        else if (!h->left)
            h->state = DONE;
        h->file->term[TERM_SIZE] = h->file->offset + h->left;
    }
    value = header(h, "transfer-encoding:");
    if (value) {
        if (!parse_prefix(value, "chunked"))
            bad = value;
        h->file->term[TERM_SIZE] = 0;
        h->state = CHUNK_SIZE;
        h->after = CHUNK_END;
    }
    if (bad) {
        print_format(server_message, sizeof(server_message), "%S", bad);
        return E_PROTOCOL;
    }
    return h->error;
}

static int take_answer(struct http *h)
{
    struct transfer *file = h->file;
    const char *p = parse_prefix(h->text, "http/1."), *value;
    uint32_t status, offset = 0;
    int rc;

    if (!p || !(p = parse_decimal(p, &status)) || !parse_decimal(p + 1, &status))
        return E_PROTOCOL;
    print_format(server_message, sizeof(server_message), "%S", p + 1);
    if (status < 200)
        return 0; /* the answer itself follows */
    file->moved = header(h, "location:");
    file->again = status >= 307; /* RFC 9110 section 15.4.8 */
    if (status - 300 < 100 && file->moved)
        return E_REDIRECTS;
    if (status == 401 || status == 403)
        return E_ACCESS;
    if (status == 404 || status == 410)
        return E_FILE_NOT_FOUND;
    value = header(h, "content-range:");
    if (value && (value = parse_prefix(value, "bytes ")))
        parse_decimal(value, &offset);
    if (status == 206 ? !offset || offset != file->offset : status != 200)
        return E_HTTP;
    file->offset = offset;
    rc = take_body_headers(h);
    if (rc)
        return rc;
    value = header(h, "etag:"); /* a weak one makes the server send all of the file */
    if (!value)
        value = header(h, "last-modified:");
    print_format(h->validator, sizeof(h->validator), "%S", value ? value : "");
    server_message[0] = '\0';
    return 0;
}

/* A line in front of a chunk, or behind it (RFC 9112 section 7.1). */
static int take_line(struct http *h)
{
    const char *line = h->text, *end;

    if (h->state == CHUNK_SIZE) {
        end = parse_hex(line, 7, &h->left);
        if (!end || (*end > ' ' && *end != ';'))
            return E_PROTOCOL;
        h->state = h->left ? BODY : TRAILER;
    } else if (!*line) {
        h->state++; /* behind a chunk comes a size, behind the trailer nothing */
    } else if (h->state == CHUNK_END) {
        return E_PROTOCOL;
    }
    return 0;
}

static void take_character(struct http *h, char c)
{
    if (h->len == TEXT_MAX || h->state == DONE) { /* nobody wants more than was announced */
        h->error = E_PROTOCOL;
        return;
    }
    if (c == '\r')
        return;
    h->text[h->len++] = c == '\n' ? '\0' : c;
    if (c != '\n')
        return;
    if (h->state != HEADERS)
        h->error = take_line(h);
    else if (h->len > 1 && !h->text[h->len - 2])
        h->error = take_answer(h);
    else
        return;
    h->len = 0;
}

/* Returns how many bytes of the body went to their place. */
static size_t take_body(struct http *h, const uint8_t *data, size_t len)
{
    struct transfer *file = h->file;

    if (!h->reading)
        return 0;
    if (len > h->left)
        len = h->left;
    if (len > file->room) {
        len = file->room;
        if (!file->paced)
            h->error = E_TOO_BIG;
    }
    memcpy(file->to, data, len);
    file->to += len;
    file->room -= len;
    h->left -= len;
    if (!h->left)
        h->state = h->after;
    return len;
}

static size_t http_receive(struct tcp *tcp, const uint8_t *data, size_t len)
{
    struct http *h = (struct http *)tcp;
    size_t taken = 0;

    while (taken < len && !h->error) {
        size_t n = 1;

        if (h->state == BODY)
            n = take_body(h, data + taken, len - taken);
        else
            take_character(h, (char)data[taken]);
        h->news |= h->state >= DONE;
        if (!n)
            return taken;
        taken += n;
    }
    return len;
}

static bool http_advanced(void *context)
{
    const struct http *h = context;

    return h->news || h->error || h->tcp.error || h->tcp.ended;
}

/* Wait for the answer, or more of it. */
static int http_wait(struct http *h, uint32_t ms)
{
    int rc = net_wait(http_advanced, h, ms);

    h->news = false;
    if (!rc && h->state != DONE) {
        rc = h->error ? h->error : h->tcp.error;
        if (!rc && h->tcp.ended) {
            if (h->state == BODY && (int32_t)h->left < 0)
                h->state = DONE;
            else
                rc = E_RESET;
        }
    }
    h->file->finished = h->state == DONE;
    return rc;
}

static char request[TCP_SEND_MAX];
static size_t request_len;

static void add(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    request_len +=
        (size_t)print_vformat(request + request_len, sizeof(request) - request_len, format, args);
    va_end(args);
}

/* What stands before the '@' of an authority, in base64 (RFC 4648 section 4). */
static void add_credentials(const char *p, const char *end)
{
    static uint8_t bytes[URI_AUTHORITY_MAX + 4];
    unsigned bits = 0, at;

    for (; p < end; bits += 8)
        p = uri_decode(p, &bytes[bits / 8]);
    bytes[bits / 8] = 0;
    add("Authorization: Basic ");
    for (at = 0; at < bits || at % 8; at += 6) {
        uint32_t digit = (be32(get32(bytes + at / 8)) << at % 8 >> 26) + 'A';

        if (digit > 'Z')
            digit += 'a' - 'Z' - 1;
        if (digit > 'z')
            digit += '0' - 'z' - 1;
        if (digit - ':' < 2) /* the two behind '9' */
            digit = digit * 4 - ':' * 4 + '+';
        add("%c", at < bits ? digit : '=');
    }
    add("\n");
}

static int send_request(struct http *h, const struct uri *uri)
{
    const char *form = uri->form, *host = uri_host(uri);

    request_len = 0;
    add("%s /%S HTTP/1.1\nHost: %S\nUser-Agent: Etherforge/%s\n", form ? "POST" : "GET", uri->path,
        host, firmware_version);
    if (host != uri->authority)
        add_credentials(uri->authority, host - 1);
    if (h->file->offset)
        add("Range: bytes=%u-\nIf-Range: %S\n", h->file->offset, h->validator);
    if (form)
        add("Content-Type: application/x-www-form-urlencoded\nContent-Length: %u\n", strlen(form));
    add("\n%S", form ? form : "");
    return tcp_send(&h->tcp, request, request_len);
}

static int http_open(struct transfer *file, const struct uri *uri)
{
    struct http *h = connection();
    bool kept;
    int rc;

    net_poll(); /* the server may have closed the connection meanwhile */
    h->file = file;
    if (!h->validator[0])
        file->offset = 0;
    for (;;) {
        kept = h->state == DONE && !h->error && !h->tcp.error && !h->tcp.ended &&
               h->server == uri->server && h->port == uri->port;
        memset(&h->reading, 0, offsetof(struct http, text) - offsetof(struct http, reading));
        server_message[0] = '\0';
        rc = 0;
        if (!kept) {
            h->tcp.receive = http_receive;
            rc = tcp_connect(&h->tcp, uri->server, uri->port);
            h->server = uri->server;
            h->port = uri->port;
        }
        if (!rc)
            rc = send_request(h, uri);
        if (!rc)
            rc = http_wait(h, ANSWER_MS);
        if (!rc) {
            file->goes_on = !uri->form;
            return 0;
        }
        tcp_close(&h->tcp);
        /* Or it has done so just now, or does not know us any more. */
        if (!kept || h->len)
            return rc;
    }
}

static int http_read(struct transfer *file)
{
    struct http *h = connection();
    int rc;

    if (h->file != file)
        return E_RESET; /* another one took the connection */
    h->reading = true;
    tcp_resume(&h->tcp);
    rc = http_wait(h, SILENCE_MS);
    return rc == E_TIMEOUT ? E_STALLED : rc;
}

static void http_close(struct transfer *file, int rc)
{
    struct http *h = connection();

    if (h->file == file && h->state != DONE)
        tcp_close(&h->tcp);
}

FETCHER(http_fetcher) = {"http://", HTTP_PORT, http_open, http_read, http_close, true};

FEATURE(HTTP);
