/* SPDX-License-Identifier: BSD-2-Clause */
/* The HTTP client with servers that answer badly, slowly, or with something else. */
#include <stdlib.h>
#include <string.h>

#include "fake_http.h"
#include "lib/errors.h"

#define URI "http://10.0.0.1/dir/file"

enum { START = 1000 }; /* ms, of a case */

/* The answer, as it stands, is refused at once, with that message. */
static void refused(const char *name, const char *text, int error, const char *message)
{
    fake_http_case(name);
    fake_http.answers = text;
    CHECK_EQUAL(fake_http_get(URI, 100), error);
    CHECK_EQUAL(fake_http.requests, 1);
    CHECK(fake_now < START + 4000);
    CHECK_TEXT(server_message, message);
}

#define OK "HTTP/1.1 200 OK\r\n"

TEST(lengths)
{
    refused("negative", OK "Content-Length: -5\r\n\r\nabcde", E_PROTOCOL, "-5");
    refused("none", OK "Content-Length:\r\n\r\nabcde", E_PROTOCOL, "");
    refused("no number", OK "Content-Length: five\r\n\r\nabcde", E_PROTOCOL, "five");
    refused("a number and more", OK "Content-Length: 5x\r\n\r\nabcde", E_PROTOCOL, "5x");
    refused("a list", OK "Content-Length: 5, 5\r\n\r\nabcde", E_PROTOCOL, "5, 5");
    refused("two that differ", OK "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
            E_PROTOCOL, "200 OK");
    refused("more than there is memory", OK "Content-Length: 101\r\n\r\nabc", E_TOO_BIG, "");
    refused("4 GiB - 1", OK "Content-Length: 4294967295\r\n\r\nabc", E_TOO_BIG, "200 OK");
    refused("4 GiB and 3", OK "Content-Length: 4294967299\r\n\r\nabc", E_TOO_BIG, "200 OK");
    refused("2^64 and 3", OK "Content-Length: 18446744073709551619\r\n\r\nabc", E_TOO_BIG,
            "200 OK");
}

TEST(encodings)
{
    refused("compressed", OK "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", E_PROTOCOL,
            "gzip");
    refused("compressed on the way", OK "Transfer-Encoding: gzip, chunked\r\n\r\n", E_PROTOCOL,
            "gzip, chunked");
}

#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

TEST(chunks)
{
    refused("no number", CHUNKED "x\r\nabc", E_PROTOCOL, "");
    refused("an empty line", CHUNKED "\r\nabc", E_PROTOCOL, "");
    refused("negative", CHUNKED "-1\r\nabc", E_PROTOCOL, "");
    refused("a number and more", CHUNKED "3x\r\nabc", E_PROTOCOL, "");
    refused("4 GiB and 3", CHUNKED "100000003\r\nabc", E_PROTOCOL, "");
    refused("2 GiB", CHUNKED "80000000\r\nabc", E_PROTOCOL, "");
    refused("more than there is memory",
            CHUNKED "65\r\n"
                    "0123456789012345678901234567890123456789012345678901234567890123456789"
                    "0123456789012345678901234567890\r\n0\r\n\r\n",
            E_TOO_BIG, "");
    refused("shorter than it is", CHUNKED "3\r\nabcd\r\n0\r\n\r\n", E_PROTOCOL, "");
    refused("longer than it is", CHUNKED "7\r\nabcd\r\n0\r\n\r\n", E_PROTOCOL, "");
}

TEST(no_http)
{
    refused("another protocol", "220 mail.test ESMTP\r\n\r\n", E_PROTOCOL, "");
    refused("another version", "HTTP/2 200 OK\r\n\r\n", E_PROTOCOL, "");
    refused("no version", "HTTP/1. 200 OK\r\n\r\n", E_PROTOCOL, "");
    refused("no status", "HTTP/1.1\r\n\r\n", E_PROTOCOL, "");
    refused("letters for one", "HTTP/1.1 abc\r\n\r\n", E_PROTOCOL, "");
    refused("an empty line first", "\r\n" OK "\r\n", E_PROTOCOL, "");
    refused("a status that nobody knows", "HTTP/1.1 999 Tilt\r\n\r\n", E_HTTP, "999 Tilt");
    refused("and the largest", "HTTP/1.1 4294967296 Tilt\r\n\r\n", E_HTTP, "4294967296 Tilt");
    refused("a long text",
            "HTTP/1.1 500 "
            "0123456789012345678901234567890123456789012345678901234567890123456789"
            "0123456789012345678901234567890123456789\r\n\r\n",
            E_HTTP,
            "500 0123456789012345678901234567890123456789012345678901234567890123456789"
            "012345678901234567890");
}

/* More and more of `text`. */
static const char *endless;
static unsigned pause; /* ms between its pieces */
static unsigned piece; /* bytes */
static uint32_t last;
static unsigned served; /* requests */
static size_t at;

static void go_on(void)
{
    char bytes[1460];

    if (!fake_tcp.open || !fake_http.requests || fake_now - last < pause)
        return;
    last = fake_now;
    if (served != fake_http.requests)
        at = 0;
    served = fake_http.requests;
    for (unsigned i = 0; i < piece; i++) {
        bytes[i] = endless[at++];
        if (!endless[at])
            at = 0;
    }
    fake_tcp_say(bytes, piece);
}

static void (*tick)(void);

static void idle(void)
{
    if (fake_tcp.sent == fake_tcp.acked)
        go_on();
    tick();
}

static void goes_on(const char *name, const char *first, const char *text, unsigned ms,
                    unsigned bytes)
{
    fake_http_case(name);
    fake_http.answers = first;
    endless = text;
    pause = ms;
    piece = bytes;
    at = 0;
    tick = fake_on_idle;
    fake_on_idle = idle;
}

TEST(endless)
{
    goes_on("one header", OK "X: ", "x", 50, 1460);
    CHECK_EQUAL(fake_http_get(URI, 100), E_PROTOCOL);
    goes_on("headers", OK, "X: y\r\n", 50, 1460);
    CHECK_EQUAL(fake_http_get(URI, 100), E_PROTOCOL);
    goes_on("preliminary answers", "", "HTTP/1.1 100 OK\r\n\r\n", 50, 1460);
    CHECK_EQUAL(fake_http_get(URI, 100), E_TIMEOUT);
    CHECK(fake_now < START + 61000);
    goes_on("an extension of a chunk", CHUNKED "1;", "x", 50, 1460);
    CHECK_EQUAL(fake_http_get(URI, 100), E_PROTOCOL);
    goes_on("trailers", CHUNKED "0\r\n", "X: y\r\n", 50, 1460);
    CHECK(fake_http_get(URI, 100) < 0);
    CHECK(fake_now < START + 200000);
    goes_on("chunks", CHUNKED, "1\r\nx\r\n", 50, 1460);
    CHECK_EQUAL(fake_http_get(URI, 50000), E_TOO_BIG);
    goes_on("a body", OK "\r\n", "x", 50, 1460);
    CHECK_EQUAL(fake_http_get(URI, 50000), E_TOO_BIG);
    CHECK_EQUAL(fake_http_got.length, 50000);
}

TEST(slow)
{
    goes_on("a header that comes a byte a second", OK "X: ", "x", 1000, 1);
    CHECK_EQUAL(fake_http_get(URI, 100), E_TIMEOUT);
    CHECK(fake_now < START + 65000);
    goes_on("a body of a byte in ten seconds", OK "Content-Length: 1000000\r\n\r\n", "x", 10000, 1);
    CHECK_EQUAL(fake_http_get(URI, 1000000), E_STALLED);
    CHECK(fake_now < START + 400000);
    goes_on("cancelled meanwhile", OK "Content-Length: 1000000\r\n\r\n", "x", 10000, 1);
    fake_cancel_at = START + 30000;
    CHECK_EQUAL(fake_http_get(URI, 1000000), E_CANCELLED);
    CHECK(fake_now < START + 31000);
}

TEST(silence)
{
    fake_http_case("no answer");
    CHECK_EQUAL(fake_http_get(URI, 100), E_TIMEOUT);
    CHECK(fake_now < START + 62000);
    fake_http_case("cancelled while waiting for one");
    fake_cancel_at = START + 5000;
    CHECK_EQUAL(fake_http_get(URI, 100), E_CANCELLED);
    CHECK(fake_now < START + 5100);
    fake_http_case("nobody listens");
    fake_tcp.refuses = true;
    CHECK_EQUAL(fake_http_get(URI, 100), E_REFUSED);
}

static void say_and_reset(void)
{
    fake_tcp_say_text(fake_http.answers);
    fake_tcp_reset();
}

static void say_and_end(void)
{
    fake_tcp_say_text(fake_http.answers);
    fake_tcp_end();
}

TEST(cut_off)
{
    static const char *const answers[] = {"", "HT", OK, OK "Content-Length: 5\r\n",
                                          OK "Content-Length: 5\r\n\r"};

    for (unsigned i = 0; i < 2 * sizeof(answers) / sizeof(*answers); i++) {
        fake_http_case("within the headers");
        fake_http.answers = answers[i / 2];
        fake_http.answer = i % 2 ? say_and_end : say_and_reset;
        CHECK_EQUAL(fake_http_get(URI, 100), E_RESET);
        CHECK_EQUAL(fake_http.requests, 1);
    }
    fake_http_case("within a chunk, again and again");
    fake_http.answers = CHUNKED "5\r\nabc";
    fake_http.answer = say_and_end;
    CHECK_EQUAL(fake_http_get(URI, 100), E_RESET);
    CHECK_EQUAL(fake_http.requests, 4);
}

TEST(too_much)
{
    fake_http_case("more than was announced");
    fake_http.answers = OK "Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n";
    fake_http_expect(URI, "ok");
    fake_http_expect(URI, "ok"); /* on another connection */
    CHECK_EQUAL(fake_tcp.connections, 2);
    CHECK_EQUAL(fake_http.requests, 2);

    fake_http_case("an answer that nobody asked for");
    fake_http.answers = OK "Content-Length: 2\r\n\r\nok";
    fake_http_expect(URI, "ok");
    fake_tcp_say_text(OK "Content-Length: 3\r\n\r\nbad");
    fake_http_expect(URI, "ok");
    CHECK_EQUAL(fake_tcp.connections, 2);
}

TEST(two_at_once)
{
    static union transfer_memory one, two;
    static uint8_t room[10];
    struct uri uri;

    fake_http_case("a second transfer takes the connection");
    fake_http.answers = OK "Content-Length: 2\r\n\r\nok";
    CHECK_EQUAL(uri_parse(URI, &uri), 0);
    one.file = two.file = (struct transfer){.to = room, .room = sizeof(room)};
    CHECK_EQUAL(fetch_open(&one.file, &uri), 0);
    CHECK_EQUAL(fetch_open(&two.file, &uri), 0);
    CHECK_EQUAL(uri.fetcher->read(&one.file), E_RESET);
    uri.fetcher->close(&one.file, 0);
    CHECK_EQUAL(uri.fetcher->read(&two.file), 0);
    CHECK(two.file.finished && !memcmp(room, "ok", 2));
    uri.fetcher->close(&two.file, 0);
}
