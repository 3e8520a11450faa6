/* SPDX-License-Identifier: BSD-2-Clause */
/* The HTTP client with servers that do as they should: what is asked, and every form of answer. */
#include <string.h>

#include "fake_http.h"
#include "lib/errors.h"
#include "net/dns.h"

#define URI "http://10.0.0.1/dir/file"

static unsigned resolved;

int dns_resolve(const char *name, uint32_t *address)
{
    resolved++;
    *address = fake_ip(10, 0, 0, 1);
    return strcmp(name, "absent.test") ? 0 : E_NAME;
}

/* A whole exchange: the answer as it stands, and the body or error that it is. */
static void answer(const char *name, const char *text, int error, const char *body)
{
    fake_http_case(name);
    fake_http.answers = text;
    if (error)
        CHECK_EQUAL(fake_http_get(URI, 1000), error);
    else
        fake_http_expect(URI, body);
    CHECK_EQUAL(fake_http.requests, 1);
    CHECK(fake_now - 1000 < 3000);
}

static void say_and_end(void)
{
    fake_tcp_say_text(fake_http.answers);
    fake_tcp_end();
}

TEST(request)
{
    static const char expected[] = "GET /dir/file?a=%20b HTTP/1.1\r\n"
                                   "Host: 10.0.0.1\r\n"
                                   "User-Agent: Etherforge/1.2.3\r\n\r\n";

    fake_http_case("what is sent");
    fake_http.answers = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody";
    fake_http_expect("http://10.0.0.1/dir/file?a= b#c", "body");
    CHECK_TEXT(fake_http.request, expected);
    CHECK_EQUAL(fake_http_got.total, 4);
    CHECK_TEXT(server_message, "");

    fake_http_case("the host's name, and its port");
    fake_http.answers = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody";
    resolved = 0;
    fake_http_expect("http://files.lab.test:80/x", "body");
    CHECK(fake_http_asked("Host: files.lab.test:80"));
    CHECK_EQUAL(resolved, 1);

    fake_http_case("no such host");
    CHECK_EQUAL(fake_http_get("http://absent.test/x", 10), E_NAME);
    CHECK_EQUAL(fake_http.requests, 0);
}

TEST(authentication)
{
    static const struct {
        const char *user, *line;
    } users[] = {
        {"Aladdin:open%20sesame",
         "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}, /* RFC 7617 */
        {"a:", "Authorization: Basic YTo="},
        {"ab:", "Authorization: Basic YWI6"},
        {"me:%3e%3F%40%ff", "Authorization: Basic bWU6Pj9A/w=="},
        {"~~~:>>>", "Authorization: Basic fn5+Oj4+Pg=="},
    };
    char uri[100];

    for (unsigned i = 0; i < sizeof(users) / sizeof(*users); i++) {
        fake_http_case(users[i].user);
        fake_http.answers = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";
        strcpy(uri, "http://");
        strcat(uri, users[i].user);
        strcat(uri, "@10.0.0.1/x");
        fake_http_expect(uri, "x");
        CHECK(fake_http_asked(users[i].line));
        CHECK(fake_http_asked("Host: 10.0.0.1"));
    }
    answer("refused", "HTTP/1.1 401 Unauthorized\r\n\r\n", E_ACCESS, NULL);
    CHECK_TEXT(server_message, "401 Unauthorized");
}

TEST(status)
{
    answer("not found", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", E_FILE_NOT_FOUND,
           NULL);
    CHECK_TEXT(server_message, "404 Not Found");
    answer("gone", "HTTP/1.1 410 Gone\r\n\r\n", E_FILE_NOT_FOUND, NULL);
    answer("forbidden", "HTTP/1.1 403 Forbidden\r\n\r\n", E_ACCESS, NULL);
    answer("overloaded", "HTTP/1.0 503 Later\r\n\r\n", E_HTTP, NULL);
    CHECK_TEXT(server_message, "503 Later");
    answer("no content", "HTTP/1.1 204 None\r\n\r\n", E_HTTP, NULL);
    answer("a part nobody asked for",
           "HTTP/1.1 206 Part\r\nContent-Range: bytes 0-3/9\r\nContent-Length: 4\r\n\r\nbody",
           E_HTTP, NULL);
    answer("moved nowhere", "HTTP/1.1 302 Found\r\n\r\n", E_HTTP, NULL);
    answer("no text", "HTTP/1.1 500\r\n\r\n", E_HTTP, NULL);
    answer("first goes on",
           "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"
           "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
           0, "ok");
}

TEST(length)
{
    answer("empty", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0, "");
    answer("names in any case, spaces", "HTTP/1.1 200 OK\r\nCONTENT-length:\t 2 \r\n\r\nok", 0,
           "ok");
    answer("lines that end with LF", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 0, "ok");
    answer("twice the same", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
           0, "ok");
    fake_http_case("until the server closes");
    fake_http.answers = "HTTP/1.0 200 OK\r\n\r\nabc";
    fake_http.answer = say_and_end;
    fake_http_expect(URI, "abc");
    CHECK_EQUAL(fake_http_got.total, 0);
    fake_http_case("nothing, until the server closes");
    fake_http.answers = "HTTP/1.0 200 OK\r\n\r\n";
    fake_http.answer = say_and_end;
    fake_http_expect(URI, "");
}

TEST(chunks)
{
#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer("chunks", CHUNKED "3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n", 0, "abc0123456789");
    CHECK_EQUAL(fake_http_got.total, 0);
    answer("extensions and trailers",
           CHUNKED "3;name=\"v\"\r\nabc\r\n1 ; x\r\nd\r\n000;last\r\nDigest: x\r\nMore: y\r\n\r\n",
           0, "abcd");
    answer("none", CHUNKED "0\r\n\r\n", 0, "");
    answer("with a length, which does not count",
           "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nTransfer-Encoding: Chunked\r\n\r\n"
           "1\r\nx\r\n0\r\n\r\n",
           0, "x");
}

static void say_big(void)
{
    fake_tcp_say_text("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    fake_http_say_file(0, FAKE_HTTP_FILE);
}

TEST(memory)
{
    fake_http_case("a file for the memory's end");
    fake_http.answer = say_big;
    fake_http_got.at_end = true;
    CHECK_EQUAL(fake_http_get(URI, FAKE_HTTP_FILE + 10000), 0);
    fake_http_expect_file(FAKE_HTTP_FILE);
    CHECK_EQUAL(fake_http_got.data - fake_http_got.base, 8192);

    fake_http_case("one that just fits");
    fake_http.answer = say_big;
    CHECK_EQUAL(fake_http_get(URI, FAKE_HTTP_FILE), 0);
    fake_http_expect_file(FAKE_HTTP_FILE);

    fake_http_case("one that does not");
    fake_http.answer = say_big;
    CHECK_EQUAL(fake_http_get(URI, FAKE_HTTP_FILE - 1), E_TOO_BIG);

    fake_http_case("chunks that do not fit");
    fake_http.answers = CHUNKED "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n";
    CHECK_EQUAL(fake_http_get(URI, 9), E_TOO_BIG);
    CHECK_EQUAL(fake_http_got.length, 9);
}

TEST(connection)
{
    fake_http_case("one connection for several files");
    fake_http.answers = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    for (unsigned i = 1; i < 5; i++) {
        fake_http_expect(URI, "ok");
        CHECK_EQUAL(fake_tcp.connections, 1);
        CHECK_EQUAL(fake_http.requests, i);
    }
    fake_http_expect("http://same.test/", "ok"); /* the same address */
    CHECK_EQUAL(fake_tcp.connections, 1);

    fake_http_case("the server closes it meanwhile");
    fake_http.answers = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    fake_http_expect(URI, "ok");
    fake_tcp_end();
    fake_http_expect(URI, "ok");
    CHECK_EQUAL(fake_tcp.connections, 2);
    CHECK_EQUAL(fake_http.requests, 2);

    fake_http_case("the server resets it meanwhile");
    fake_http.answers = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    fake_http_expect(URI, "ok");
    fake_tcp_reset();
    fake_http_expect(URI, "ok");
    CHECK_EQUAL(fake_tcp.connections, 2);

    fake_http_case("a server of before keeps none");
    fake_http.answers = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok";
    fake_http.answer = say_and_end;
    fake_http_expect(URI, "ok");
    fake_http_expect(URI, "ok");
    CHECK_EQUAL(fake_tcp.connections, 2);

    fake_http_case("an error ends it");
    fake_http.answers = "HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno";
    CHECK_EQUAL(fake_http_get(URI, 100), E_FILE_NOT_FOUND);
    fake_http.answers = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    fake_http_expect(URI, "ok");
    CHECK_EQUAL(fake_tcp.connections, 2);
}

static void reset_second(void)
{
    if (fake_http.requests == 2)
        fake_tcp_reset();
    else
        fake_tcp_say_text("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

TEST(closed_in_passing)
{
    fake_http_case("it is closed while the request is under way");
    fake_http.answer = reset_second;
    fake_http_expect(URI, "ok");
    fake_http_expect(URI, "ok");
    CHECK_EQUAL(fake_http.requests, 3);
    CHECK_EQUAL(fake_tcp.connections, 2);

    fake_http_case("a new one is closed");
    fake_http.answer = fake_tcp_reset;
    CHECK_EQUAL(fake_http_get(URI, 100), E_RESET);
    CHECK_EQUAL(fake_http.requests, 1);
}

TEST(form)
{
    fake_http_case("a form is posted");
    fake_http.answers = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    CHECK_EQUAL(uri_parse(URI, &fake_http_uri), 0);
    fake_http_uri.form = "a=b&c=%20";
    fake_http_got.base = (uint8_t[10]){0};
    fake_http_got.cap = 10;
    CHECK_EQUAL(fetch_file(&fake_http_uri, &fake_http_got), 0);
    CHECK(!strncmp(fake_http.request, "POST /dir/file HTTP/1.1\r\n", 25));
    CHECK(fake_http_asked("Content-Type: application/x-www-form-urlencoded"));
    CHECK(fake_http_asked("Content-Length: 9"));
    CHECK_TEXT(strstr(fake_http.request, "\r\n\r\n"), "\r\n\r\na=b&c=%20");

    fake_http_case("one that is too long");
    static char form[5000];
    memset(form, 'x', sizeof(form) - 1);
    CHECK_EQUAL(uri_parse(URI, &fake_http_uri), 0);
    fake_http_uri.form = form;
    CHECK_EQUAL(fetch_file(&fake_http_uri, &fake_http_got), E_TOO_BIG);
}
