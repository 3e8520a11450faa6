/* SPDX-License-Identifier: BSD-2-Clause */
/* The HTTP client where one answer does not do: redirections, and transfers that break. */
#include <stdio.h>
#include <string.h>

#include "fake_http.h"
#include "lib/errors.h"
#include "net/dns.h"

#define URI "http://10.0.0.1/dir/file"

int dns_resolve(const char *name, uint32_t *address)
{
    *address = fake_ip(10, 0, 0, 1);
    return 0;
}

static const char *location;
static unsigned status, hops;

static void redirect(void)
{
    char text[500];

    if (fake_http.requests > hops) {
        fake_tcp_say_text("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        return;
    }
    snprintf(text, sizeof(text),
             "HTTP/1.1 %u Moved\r\nLocation: %s\r\nContent-Length: 3\r\n\r\nno!", status, location);
    fake_tcp_say_text(text);
}

static void redirected(const char *uri, unsigned code, const char *to)
{
    fake_http_case(to);
    fake_http.answer = redirect;
    location = to;
    status = code;
    hops = 1;
    fake_http_expect(uri, "ok");
    CHECK_EQUAL(fake_http.requests, 2);
}

static bool got(const char *path)
{
    char line[100];
    int len = snprintf(line, sizeof(line), "GET /%s HTTP/1.1\r\n", path);

    return !strncmp(fake_http.request, line, (size_t)len);
}

TEST(redirections)
{
    static const unsigned codes[] = {301, 302, 303, 307, 308};

    for (unsigned i = 0; i < 5; i++) {
        redirected(URI, codes[i], "other");
        CHECK(got("dir/other"));
        CHECK_TEXT(fake_http_uri.path, "dir/other");
    }
    redirected(URI, 302, "/a b/../c?d#e");
    CHECK(got("c?d"));
    redirected(URI, 302, "http://10.0.0.1/x");
    CHECK(got("x"));
    redirected(URI, 302, "http://other.test/x");
    CHECK(got("x") && fake_http_asked("Host: other.test"));
    redirected("http://files.test/a/b", 302, "c");
    CHECK(got("a/c") && fake_http_asked("Host: files.test"));
}

#define SECRET "Authorization: Basic bWU6c2VjcmV0"

TEST(secrets)
{
    redirected("http://me:secret@files.test/x", 302, "y");
    CHECK(fake_http_asked(SECRET));
    redirected("http://me:secret@files.test/x", 302, "http://other.test/y");
    CHECK(!strstr(fake_http.request, "Authorization"));
    redirected("http://me:secret@files.test/x", 302, "http://you:pass@other.test/y");
    CHECK(fake_http_asked("Authorization: Basic eW91OnBhc3M="));
}

TEST(forms)
{
    for (status = 302; status <= 308; status += 5) {
        fake_http_case("a form is posted, and answered with a redirection");
        fake_http.answer = redirect;
        location = "result";
        hops = 1;
        CHECK_EQUAL(uri_parse(URI, &fake_http_uri), 0);
        fake_http_uri.form = "a=b";
        fake_http_got.base = (uint8_t[10]){0};
        fake_http_got.cap = 10;
        CHECK_EQUAL(fetch_file(&fake_http_uri, &fake_http_got), 0);
        CHECK(got("dir/result") == (status == 302));
        CHECK((strstr(fake_http.request, "\r\n\r\na=b") != NULL) == (status == 307));
    }
}

static unsigned tftp_requests;

static void note_tftp(const struct fake_datagram *d)
{
    tftp_requests++;
    CHECK_EQUAL(d->to_port, 70);
    CHECK(!memcmp(d->data, "\0\1far/file", 11));
}

TEST(elsewhere)
{
    fake_http_case("to TFTP");
    fake_http.answer = redirect;
    fake_on_udp = note_tftp;
    location = "tftp://10.0.0.1:70/far/file";
    hops = 1;
    CHECK_EQUAL(fake_http_get(URI, 100), E_TIMEOUT);
    CHECK(tftp_requests > 1);

    fake_http_case("to a scheme that nobody has");
    fake_http.answer = redirect;
    location = "https://10.0.0.1/x";
    CHECK_EQUAL(fake_http_get(URI, 100), E_UNSUPPORTED);

    fake_http_case("to no host");
    fake_http.answer = redirect;
    location = "http:///x";
    CHECK_EQUAL(fake_http_get(URI, 100), E_SYNTAX);

    fake_http_case("in a circle");
    fake_http.answer = redirect;
    location = "/dir/file";
    hops = 1000;
    CHECK_EQUAL(fake_http_get(URI, 100), E_REDIRECTS);
    CHECK_EQUAL(fake_http.requests, 9);

    fake_http_case("as often as is allowed");
    fake_http.answer = redirect;
    hops = 8;
    fake_http_expect(URI, "ok");
}

/* A server whose connections break after so many bytes of the body. */
static size_t breaks_after;
static unsigned breaks;     /* how often */
static const char *changes; /* headers that tell the file from another one; those of each answer */
static const char *later;   /* those of all but the first; NULL = the same */
static bool ranges;
static void (*cut)(void);

static void break_off(void)
{
    const char *range = strstr(fake_http.request, "\r\nRange: bytes="), *named = changes;
    unsigned from = 0;
    char head[400];
    size_t len;

    if (later && fake_http.requests > 1)
        named = later;
    if (range && ranges && named == changes) {
        CHECK_EQUAL(sscanf(range, "\r\nRange: bytes=%u-\r\n", &from), 1);
        snprintf(head, sizeof(head),
                 "HTTP/1.1 206 Partial\r\nContent-Range: bytes %u-%u/%u\r\nContent-Length: %u\r\n"
                 "%s\r\n",
                 from, FAKE_HTTP_FILE - 1, FAKE_HTTP_FILE, FAKE_HTTP_FILE - from, named);
    } else {
        snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %u\r\n%s\r\n",
                 FAKE_HTTP_FILE, named);
    }
    fake_tcp_say_text(head);
    len = FAKE_HTTP_FILE - from;
    if (fake_http.requests <= breaks && len > breaks_after)
        len = breaks_after;
    fake_http_say_file(from, len);
    if (fake_http.requests <= breaks && cut)
        cut();
}

static void broken(const char *name, const char *headers, unsigned times, void (*by)(void))
{
    fake_http_case(name);
    fake_http.answer = break_off;
    breaks_after = 30000;
    breaks = times;
    changes = headers;
    later = NULL;
    ranges = true;
    cut = by;
}

static void whole(unsigned requests)
{
    CHECK_EQUAL(fake_http_get(URI, FAKE_HTTP_FILE), 0);
    fake_http_expect_file(FAKE_HTTP_FILE);
    CHECK_EQUAL(fake_http.requests, requests);
    CHECK_EQUAL(fake_http_got.total, FAKE_HTTP_FILE);
}

#define ETAG "ETag: \"x-1\"\r\n"
#define DATE "Last-Modified: Thu, 26 Nov 2026 10:00:00 GMT\r\n"

TEST(going_on)
{
    broken("ended early, three times", ETAG, 3, fake_tcp_end);
    whole(4);
    CHECK(fake_http_asked("Range: bytes=90000-") && fake_http_asked("If-Range: \"x-1\""));
    CHECK_EQUAL(fake_http_got.data - fake_http_got.base, 0);

    broken("to the memory's end", ETAG DATE, 2, fake_tcp_end);
    fake_http_got.at_end = true;
    CHECK_EQUAL(fake_http_get(URI, FAKE_HTTP_FILE + 9000), 0);
    fake_http_expect_file(FAKE_HTTP_FILE);
    CHECK_EQUAL(fake_http_got.data - fake_http_got.base, 8192);
    CHECK(fake_http_asked("If-Range: \"x-1\""));

    broken("silence", ETAG, 1, NULL);
    whole(2);
    CHECK(fake_http_asked("Range: bytes=30000-"));

    broken("no ETag, but a date", DATE, 2, fake_tcp_end);
    whole(3);
    CHECK(fake_http_asked("Range: bytes=60000-"));
    CHECK(fake_http_asked("If-Range: Thu, 26 Nov 2026 10:00:00 GMT"));
}

TEST(beginning_again)
{
    broken("nothing tells whether it has changed", "", 1, fake_tcp_end);
    whole(2);
    CHECK(!strstr(fake_http.request, "Range"));

    broken("a weak ETag, by which servers send all of it", "ETag: W/\"x\"\r\n", 1, fake_tcp_end);
    ranges = false;
    whole(2);
    CHECK(fake_http_asked("If-Range: W/\"x\""));

    broken("the server knows no ranges", ETAG, 2, fake_tcp_end);
    ranges = false;
    whole(3);
    CHECK(fake_http_asked("Range: bytes=30000-"));

    broken("nor does it send ETags", DATE, 2, fake_tcp_end);
    ranges = false;
    whole(3);
    CHECK(fake_http_asked("Range: bytes=30000-"));

    broken("it has changed since", DATE, 1, fake_tcp_end);
    later = "Last-Modified: Thu, 26 Nov 2026 10:00:01 GMT\r\n";
    whole(2);
    CHECK(fake_http_asked("If-Range: Thu, 26 Nov 2026 10:00:00 GMT"));

    broken("it has changed", ETAG, 1, fake_tcp_end);
    later = "ETag: \"x-2\"\r\n";
    whole(2);
    CHECK(fake_http_asked("Range: bytes=30000-"));
}

static void answer_wrongly(void)
{
    if (fake_http.requests == 1) {
        break_off();
        return;
    }
    fake_tcp_say_text(fake_http.requests == 2 ? fake_http.answers
                                              : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

static void wrong_part(const char *name, const char *part, int error)
{
    broken(name, ETAG, 1, fake_tcp_end);
    fake_http.answer = answer_wrongly;
    fake_http.answers = part;
    CHECK_EQUAL(fake_http_get(URI, FAKE_HTTP_FILE), error);
    if (!error)
        CHECK(fake_http_got.length == 2 && !memcmp(fake_http_got.data, "ok", 2));
}

TEST(wrong_parts)
{
    wrong_part("another part",
               "HTTP/1.1 206 P\r\nContent-Range: bytes 29999-99999/100000\r\n"
               "Content-Length: 70001\r\n\r\nx",
               0);
    wrong_part("a part of what",
               "HTTP/1.1 206 P\r\nContent-Range: lines 30000-/*\r\nContent-Length: 1\r\n\r\nx", 0);
    wrong_part("a part of another file: begin again",
               "HTTP/1.1 206 P\r\nContent-Range: bytes 30000-30001/30002\r\n"
               "Content-Length: 2\r\n\r\nxy",
               0);
    wrong_part("gone for a moment", "HTTP/1.1 404 Gone\r\n\r\n", 0);
}

TEST(giving_up)
{
    uint32_t start;

    broken("it ends early again and again", ETAG, 1000, fake_tcp_end);
    breaks_after = 1000;
    CHECK_EQUAL(fake_http_get(URI, FAKE_HTTP_FILE), E_RESET);
    CHECK(fake_http.requests >= 4 && fake_http.requests <= 20);
    CHECK_EQUAL(fake_http_got.length, 1000 * fake_http.requests);

    broken("and is another file each time", ETAG, 1000, fake_tcp_end);
    later = "ETag: \"x-2\"\r\n";
    CHECK_EQUAL(fake_http_get(URI, FAKE_HTTP_FILE), E_RESET);
    CHECK(fake_http.requests < 10);

    broken("all of it comes again and again, and never the end", DATE, 1000, fake_tcp_end);
    ranges = false;
    CHECK_EQUAL(fake_http_get(URI, FAKE_HTTP_FILE), E_RESET);
    CHECK(fake_http.requests < 10);

    broken("the server is gone", ETAG, 1, fake_tcp_end);
    fake_tcp.connections_max = 1;
    start = fake_now;
    CHECK_EQUAL(fake_http_get(URI, FAKE_HTTP_FILE), E_REFUSED);
    CHECK(fake_now - start < 30000);

    broken("cancelled in a pause", ETAG, 1, fake_tcp_end);
    fake_cancel_at = fake_now + 500;
    CHECK_EQUAL(fake_http_get(URI, FAKE_HTTP_FILE), E_CANCELLED);
    CHECK_EQUAL(fake_http.requests, 1);
}
