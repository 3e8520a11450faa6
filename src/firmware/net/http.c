/* SPDX-License-Identifier: BSD-2-Clause */
/* HTTP/1.1 client (RFC 9110, RFC 9112). One connection, which is kept for the next file. */
#include <stdarg.h>

#include "lib/errors.h"
#include "lib/identity.h"
#include "lib/parse.h"
#include "lib/print.h"
#include "lib/string.h"
#include "net/fetch.h"
#include "net/net.h"
#include "net/tcp.h"

enum { HTTP_PORT = 80, ANSWER_MS = 60000, SILENCE_MS = 15000 };
enum { LINE_MAX = 511, LINES_MAX = 1 << 15 /* bytes of them that may come in a row */ };
enum { UNTIL_CLOSE = UINT32_MAX, CHUNK_MAX = INT32_MAX };

/* In all but BODY and DONE a line comes next. */
enum state { STATUS, HEADER, BODY, CHUNK_SIZE, CHUNK_END, TRAILER, DONE };

static struct {
    struct tcp tcp;
    struct transfer *file; /* that is being fetched; NULL: the connection, if any, waits for one */
    bool connected;
    uint32_t client, server; /* its two ends */
    uint16_t port;
    char validator[96]; /* tells a file from what it was before: its ETag, or its date; "" = none */
    /* The present answer's. */
    enum state state;
    int error;
    uint8_t *seen;   /* file->to before waiting */
    uint32_t status; /* 0: nothing has come */
    uint32_t left;   /* bytes of the body, or of its chunk */
    uint32_t offset; /* of the body in the file */
    bool sized, chunked;
    bool persistent; /* the connection may be used again */
    bool reading;    /* where the body goes is settled */
    uint32_t lines;
    size_t len; /* of the line */
    char line[LINE_MAX + 1], location[LINE_MAX + 1];
} http;

/* What we understand. The order is that of enum header. */
static const char header_names[] =
    "content-length:\0transfer-encoding:\0content-encoding:\0content-range:\0"
    "connection:\0location:\0etag:\0last-modified:\0";
enum header { LENGTH, TRANSFER, CONTENT, RANGE, CONNECTION, LOCATION, ETAG, MODIFIED };

static const char *skip_spaces(const char *p)
{
    while (*p == ' ' || *p == '\t')
        p++;
    return p;
}

/* The text is one word, in any case. */
static bool is_word(const char *text, const char *word)
{
    const char *end = parse_prefix(text, word);

    return end && !*skip_spaces(end);
}

/* Returns whether it makes sense. */
static bool take_length(const char *value)
{
    uint32_t length;
    const char *end = parse_decimal(value, &length);

    if (!end || *skip_spaces(end) || (http.sized && length != http.left))
        return false;
    http.sized = true;
    http.left = length;
    if (length == UNTIL_CLOSE)
        http.error = E_TOO_BIG;
    return true;
}

static bool take_header(const char *line)
{
    const char *name = header_names, *value;
    unsigned header = 0;

    while (value = parse_prefix(line, name), !value) {
        name += strlen(name) + 1;
        if (!*name)
            return true;
        header++;
    }
    value = skip_spaces(value);
    if (http.len > LINE_MAX)
        return false;
    switch (header) {
    case LENGTH:
        return take_length(value);
    case TRANSFER:
        return http.chunked = is_word(value, "chunked");
    case CONTENT:
        return is_word(value, "identity");
    case RANGE:
        value = parse_prefix(value, "bytes ");
        return value && parse_decimal(value, &http.offset);
    case CONNECTION:
        if (is_word(value, "close"))
            http.persistent = false;
        break;
    case LOCATION:
        memcpy(http.location, value, strlen(value) + 1);
        break;
    default: /* a weak ETag is no good for ranges (RFC 9110 section 13.1.5) */
        if ((header == ETAG ? *value == '"' : !http.validator[0]) &&
            strlen(value) < sizeof(http.validator))
            memcpy(http.validator, value, strlen(value) + 1);
    }
    return true;
}

static bool take_status(const char *line)
{
    const char *p = parse_prefix(line, "http/1.");
    uint32_t minor;

    p = p ? parse_decimal(p, &minor) : NULL;
    p = p && *p == ' ' ? parse_decimal(p + 1, &http.status) : NULL;
    http.persistent = p && minor;
    print_format(server_message, sizeof(server_message), "%S", skip_spaces(line + 8));
    if (http.status == 200)
        http.validator[0] = '\0';
    return p != NULL;
}

/* The empty line behind the headers. */
static int take_answer(void)
{
    switch (http.status) {
    case 206:
        if (http.file->offset && http.offset == http.file->offset)
            break;
        return E_PROTOCOL;
    case 200:
        http.offset = 0;
        break;
    case 307:
    case 308:
        http.file->posts_again = true;
        /* fall through */
    case 301:
    case 302:
    case 303:
        http.file->moved = http.location;
        return http.location[0] ? E_REDIRECTS : E_PROTOCOL;
    case 401:
    case 403:
        return E_ACCESS;
    case 404:
    case 410:
        return E_FILE_NOT_FOUND;
    case 416:
        http.validator[0] = '\0'; /* it is shorter now: another one */
        return http.file->offset ? E_SHORT_FILE : E_HTTP;
    default:
        if (http.status - 100 >= 100)
            return E_HTTP;
        http.state = STATUS; /* the answer itself follows */
        return 0;
    }
    server_message[0] = '\0';
    http.file->offset = http.offset;
    if (!http.chunked && !http.sized)
        http.left = UNTIL_CLOSE;
    else if (!http.chunked)
        http.file->term[TERM_SIZE] = http.offset + http.left;
    http.state = http.chunked ? CHUNK_SIZE : http.left ? BODY : DONE;
    return 0;
}

static bool take_chunk(const char *line)
{
    const char *end = parse_hex(line, 8, &http.left);

    if (!end || http.left > CHUNK_MAX)
        return false;
    end = skip_spaces(end);
    http.state = http.left ? BODY : TRAILER;
    return !*end || *end == ';';
}

static void take_line(void)
{
    const char *line = http.line;
    bool good = true;

    switch (http.state) {
    case STATUS:
        http.state = HEADER;
        good = take_status(line);
        break;
    case HEADER:
        if (*line)
            good = take_header(line);
        else
            http.error = take_answer();
        break;
    case CHUNK_SIZE:
        http.lines = 0;
        good = take_chunk(line);
        break;
    case CHUNK_END:
        http.state = CHUNK_SIZE;
        good = !*line;
        break;
    default:
        if (!*line)
            http.state = DONE;
    }
    if (!good) {
        http.error = E_PROTOCOL;
        print_format(server_message, sizeof(server_message), "%S", line);
    }
}

static void take_character(char c)
{
    if (++http.lines > LINES_MAX) {
        http.error = E_PROTOCOL;
    } else if (c != '\n') {
        if (http.len < LINE_MAX)
            http.line[http.len] = c;
        http.len++;
    } else {
        size_t len = http.len < LINE_MAX ? http.len : LINE_MAX;

        if (len && http.line[len - 1] == '\r')
            len--;
        http.line[len] = '\0';
        take_line();
        http.len = 0;
    }
}

/* Returns how many bytes of the body went to their place. */
static size_t take_body(const uint8_t *data, size_t len)
{
    struct transfer *file = http.file;

    if (!http.reading)
        return 0;
    if (len > http.left)
        len = http.left;
    if (len > file->room) {
        len = file->room;
        if (!file->paced)
            http.error = E_TOO_BIG;
    }
    memcpy(file->to, data, len);
    file->to += len;
    file->room -= len;
    if (http.left != UNTIL_CLOSE)
        http.left -= len;
    if (!http.left)
        http.state = http.chunked ? CHUNK_END : DONE;
    return len;
}

static size_t http_receive(struct tcp *tcp, const uint8_t *data, size_t len)
{
    size_t taken = 0;

    while (taken < len && !http.error && http.state != DONE) {
        size_t n = 1;

        if (http.state == BODY)
            n = take_body(data + taken, len - taken);
        else
            take_character((char)data[taken]);
        if (!n)
            return taken;
        taken += n;
    }
    if (taken < len)
        http.persistent = false; /* more than was announced; nobody wants that */
    return len;
}

static bool http_advanced(void *unused)
{
    return http.error || http.tcp.error || http.tcp.ended || http.state == DONE ||
           http.file->to != http.seen || (!http.reading && http.state >= BODY);
}

/* Wait for the answer, or more of it. */
static int http_wait(uint32_t ms)
{
    int rc;

    http.seen = http.file->to;
    tcp_resume(&http.tcp);
    rc = net_wait(http_advanced, NULL, ms);
    if (!rc && http.state != DONE) {
        if (!http.error)
            http.error = http.tcp.error;
        if (!http.error && http.tcp.ended) {
            if (http.state == BODY && http.left == UNTIL_CLOSE)
                http.state = DONE;
            else
                http.error = http.state < BODY ? E_RESET : E_SHORT_FILE;
        }
        rc = http.error;
    }
    http.file->finished = http.state == DONE;
    return rc == E_TIMEOUT && http.status ? E_STALLED : rc;
}

static void hang_up(void)
{
    if (http.connected)
        tcp_close(&http.tcp);
    http.connected = false;
}

static int call(const struct uri *uri)
{
    int rc;

    hang_up();
    memset(&http.tcp, 0, sizeof(http.tcp));
    http.tcp.receive = http_receive;
    http.client = net.ip;
    http.server = uri->server;
    http.port = uri->port;
    rc = tcp_connect(&http.tcp, http.server, http.port);
    http.connected = !rc;
    return rc;
}

/* What stands before the '@' of an authority, in base64 (RFC 4648 section 4). */
static void write_credentials(const struct uri *uri, char *to)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *p = uri->authority, *end = uri_host(uri) - 1;
    uint32_t bits = 0, byte;
    unsigned count = 0, len = 0;

    while (p < end) {
        byte = (uint8_t)*p++;
        if (byte == '%' && parse_hex(p, 2, &byte) == p + 2)
            p += 2;
        bits = bits << 8 | byte;
        for (count += 8; count >= 6; len++) {
            count -= 6;
            to[len] = digits[bits >> count & 63];
        }
    }
    if (count)
        to[len++] = digits[bits << (6 - count) & 63];
    while (len & 3)
        to[len++] = '=';
    to[len] = '\0';
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

static int send_request(const struct uri *uri)
{
    static char secret[(URI_AUTHORITY_MAX + 2) / 3 * 4 + 1];
    const char *form = uri->form;

    request_len = 0;
    add("%s /%S HTTP/1.1\nHost: %S\nUser-Agent: Etherforge/%s\n", form ? "POST" : "GET", uri->path,
        uri_host(uri), firmware_version);
    if (uri_host(uri) != uri->authority) {
        write_credentials(uri, secret);
        add("Authorization: Basic %S\n", secret);
    }
    if (http.file->offset)
        add("Range: bytes=%u-\nIf-Range: %S\n", http.file->offset, http.validator);
    if (form)
        add("Content-Type: application/x-www-form-urlencoded\nContent-Length: %u\n", strlen(form));
    add("\n%S", form ? form : "");
    return tcp_send(&http.tcp, request, request_len);
}

static int http_open(struct transfer *file, const struct uri *uri)
{
    bool kept = http.connected && http.persistent && http.server == uri->server &&
                http.port == uri->port && http.client == net.ip;
    int rc = 0;

    file->goes_on = !uri->form;
    file->posts_again = false;
    if (!http.validator[0])
        file->offset = 0;
    do {
        kept = kept && !http.tcp.error && !http.tcp.ended;
        if (!kept)
            rc = call(uri);
        memset(&http.state, 0, sizeof(http) - offsetof(__typeof__(http), state));
        server_message[0] = '\0';
        if (rc)
            return rc;
        http.file = file;
        rc = send_request(uri);
        if (!rc)
            rc = http_wait(ANSWER_MS);
        if (!rc)
            return 0;
        hang_up();
        /* The server may have closed a connection that it had kept for us. */
    } while (kept && !http.status && rc != E_CANCELLED);
    http.file = NULL;
    return rc;
}

static int http_read(struct transfer *file)
{
    if (http.file != file)
        return E_RESET; /* another one took the connection */
    http.reading = true;
    return http_wait(SILENCE_MS);
}

static void http_close(struct transfer *file, int rc)
{
    if (http.file != file)
        return;
    http.file = NULL;
    if (http.state != DONE || !http.persistent)
        hang_up();
}

FETCHER(http_fetcher) = {"http://", HTTP_PORT, http_open, http_read, http_close, true};
