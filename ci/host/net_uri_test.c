/* SPDX-License-Identifier: BSD-2-Clause */
/* URIs, and a protocol to fetch files by that joins by its file alone. */
#include <string.h>

#include "fake_tftp.h"
#include "lib/errors.h"

static int mock_open(struct transfer *file, const struct uri *uri)
{
    file->term[TERM_SIZE] = (uint32_t)strlen(uri->path);
    file->finished = false;
    return uri->port == 7777 ? E_REFUSED : 0;
}

/* The file is its own name, one byte at a time. */
static int mock_read(struct transfer *file)
{
    static const char bytes[] = "dir/name";
    size_t at = strlen(bytes) - file->room;

    *file->to++ = (uint8_t)bytes[at];
    file->finished = !--file->room;
    return 0;
}

static unsigned closed;

static void mock_close(struct transfer *file, int rc)
{
    closed++;
}

FETCHER(mock) = {"mock://", 7777, mock_open, mock_read, mock_close};

static const struct uri tftp_base = {&tftp_fetcher, 0x0100000a, 1069, "", ""};

/* Parses `text` against a copy of `base`, which becomes what it prints. */
static void expect(const struct uri *base, const char *text, int error, const char *printed)
{
    struct uri uri = *base;
    char all[URI_PATH_MAX + URI_AUTHORITY_MAX + 32];

    fake_case(text);
    CHECK_EQUAL(uri_parse(text, &uri), error);
    if (error)
        return;
    int len = uri_print(&uri, all, sizeof(all));
    CHECK_EQUAL(len, strlen(all));
    CHECK_TEXT(all, printed);
}

TEST(names)
{
    static const char *const names[] = {
        "file",         "/srv/file", "",    "C:\\dir\\file", "boot/x:y", "tftp:/10.0.0.9/x", "tftp",
        "http:x",       "a/../b",    "./x", "x%20y",         "x#y?z",    "pxe//x://y",       "+:/x",
        "p\xc3\xa4 th",
    };

    for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct uri uri = tftp_base;

        fake_case(names[i]);
        CHECK_EQUAL(uri_parse(names[i], &uri), 0);
        CHECK_TEXT(uri.path, names[i]);
        CHECK(uri.fetcher == &tftp_fetcher && uri.server == tftp_base.server && uri.port == 1069);
    }
    expect(&tftp_base, "dir/x", 0, "tftp://10.0.0.1:1069/dir/x");
}

static const struct {
    const char *text, *printed; /* NULL: an error */
    uint32_t server;            /* 0: a name */
    uint16_t port;
    int error;
} absolute[] = {
    {"tftp://10.0.0.9/dir/x y", "tftp://10.0.0.9/dir/x y", 9, 69, 0},
    {"TFTP://10.0.0.9/x", "tftp://10.0.0.9/x", 9, 69, 0},
    {"tftp://10.0.0.9//srv/x", "tftp://10.0.0.9//srv/x", 9, 69, 0},
    {"tftp://10.0.0.9/", "tftp://10.0.0.9/", 9, 69, 0},
    {"tftp://10.0.0.9", "tftp://10.0.0.9/", 9, 69, 0},
    {"tftp://10.0.0.9:1/x:2", "tftp://10.0.0.9:1/x:2", 9, 1, 0},
    {"tftp://10.0.0.9:65535/x", "tftp://10.0.0.9:65535/x", 9, 65535, 0},
    {"tftp://10.0.0.9/a%20b%2Fc%4", "tftp://10.0.0.9/a b/c%4", 9, 69, 0},
    {"tftp://10.0.0.9/a%00b%zz", "tftp://10.0.0.9/a%00b%zz", 9, 69, 0},
    {"tftp://10.0.0.9/a#b", "tftp://10.0.0.9/a", 9, 69, 0},
    {"mock://10.0.0.9/x", "mock://10.0.0.9/x", 9, 7777, 0},
    {"tftp://server.example/x", "tftp://server.example/x", 0, 69, 0},
    {"tftp://10.0.0.256/x", "tftp://10.0.0.256/x", 0, 69, 0},
    {"tftp://10.0.0/x", "tftp://10.0.0/x", 0, 69, 0},
    {"http://10.0.0.9/x", "http://10.0.0.9/x", 9, 80, 0},
    {"http://10.0.0.9", "http://10.0.0.9/", 9, 80, 0},
    {"http://10.0.0.9?a=b", "http://10.0.0.9/?a=b", 9, 80, 0},
    {"http://10.0.0.9:8080/x?a=/../b#c", "http://10.0.0.9:8080/x?a=/../b", 9, 8080, 0},
    {"http://files.lab.test:81/x", "http://files.lab.test:81/x", 0, 81, 0},
    {"http://me:pass%40@10.0.0.9/x", "http://10.0.0.9/x", 9, 80, 0},
    {"http://a@b:c@10.0.0.9:82/x", "http://10.0.0.9:82/x", 9, 82, 0},
    {"http://10.0.0.9/a b\"\xff\x7f\n%20", "http://10.0.0.9/a%20b\"%ff%7f%0a%20", 9, 80, 0},
    {"http://10.0.0.9/./a/./b/../../../c/.", "http://10.0.0.9/c/", 9, 80, 0},
    {"http://10.0.0.9/a/b/..", "http://10.0.0.9/a/", 9, 80, 0},
    {"http://10.0.0.9/..", "http://10.0.0.9/", 9, 80, 0},
    {"http://10.0.0.9/../x", "http://10.0.0.9/x", 9, 80, 0},
    {"http://10.0.0.9/...x/..y/.z", "http://10.0.0.9/...x/..y/.z", 9, 80, 0},
    {"http://10.0.0.9/a/..?x=..", "http://10.0.0.9/?x=..", 9, 80, 0},
    {"http://10.0.0.9/a//../b", "http://10.0.0.9/a/b", 9, 80, 0},
    {"tftp://10.0.0.9:65536/x", NULL, 0, 0, E_SYNTAX},
    {"tftp://10.0.0.9:99999999999/x", NULL, 0, 0, E_SYNTAX},
    {"tftp://10.0.0.9:/x", NULL, 0, 0, E_SYNTAX},
    {"tftp://10.0.0.9:0/x", NULL, 0, 0, E_SYNTAX},
    {"tftp://10.0.0.9:6x/x", NULL, 0, 0, E_SYNTAX},
    {"tftp://10.0.0.9 /x", NULL, 0, 0, E_SYNTAX},
    {"tftp://ser\xffver/x", NULL, 0, 0, E_SYNTAX},
    {"tftp://:69/x", NULL, 0, 0, E_SYNTAX},
    {"tftp:///x", NULL, 0, 0, E_SYNTAX},
    {"tftp://", NULL, 0, 0, E_SYNTAX},
    {"http://user@/x", NULL, 0, 0, E_SYNTAX},
    {"ftp://10.0.0.9/x", NULL, 0, 0, E_UNSUPPORTED},
    {"https://10.0.0.9/x", NULL, 0, 0, E_UNSUPPORTED},
    {"x-y.z+1://", NULL, 0, 0, E_UNSUPPORTED},
};

TEST(absolute)
{
    for (unsigned i = 0; i < sizeof(absolute) / sizeof(*absolute); i++) {
        struct uri uri = tftp_base;

        expect(&tftp_base, absolute[i].text, absolute[i].error, absolute[i].printed);
        if (absolute[i].error)
            continue;
        uri_parse(absolute[i].text, &uri);
        CHECK_EQUAL(uri.server, absolute[i].server ? fake_ip(10, 0, 0, absolute[i].server) : 0);
        CHECK_EQUAL(uri.port, absolute[i].port);
        CHECK(!uri.form);
    }
}

TEST(relative)
{
    static const struct {
        const char *base, *text, *printed;
    } uris[] = {
        {"http://h/a/b/c?q=/x", "g", "http://h/a/b/g"},
        {"http://h/a/b/c?q=/x", "./g", "http://h/a/b/g"},
        {"http://h/a/b/c?q=/x", "g/", "http://h/a/b/g/"},
        {"http://h/a/b/c?q=/x", "/g", "http://h/g"},
        {"http://h/a/b/c?q=/x", "/./g/../i", "http://h/i"},
        {"http://h/a/b/c?q=/x", "?y=1", "http://h/a/b/c?y=1"},
        {"http://h/a/b/c?q=/x", "g?y/./x", "http://h/a/b/g?y/./x"},
        {"http://h/a/b/c?q=/x", "..", "http://h/a/"},
        {"http://h/a/b/c?q=/x", "../g", "http://h/a/g"},
        {"http://h/a/b/c?q=/x", "../../../g", "http://h/g"},
        {"http://h/a/b/c?q=/x", ".", "http://h/a/b/"},
        {"http://h/a/b/c?q=/x", "g h#i", "http://h/a/b/g%20h"},
        {"http://h", "g", "http://h/g"},
        {"http://h/a", "tftp://i/b", "tftp://i/b"},
        {"tftp://h/a/b", "g", "tftp://h/a/g"},
        {"tftp://h/a/b", "../g", "tftp://h/g"},
        {"tftp://h/a/b", "/g/../h", "tftp://h//g/../h"},
        {"tftp://h/a/b", "g%20h#i", "tftp://h/a/g%20h#i"},
        {"tftp://h//srv/b", "g", "tftp://h//srv/g"},
        {"dir/file", "g", "tftp://10.0.0.1:1069/dir/g"},
        {"file", "../g", "tftp://10.0.0.1:1069/g"},
    };

    for (unsigned i = 0; i < sizeof(uris) / sizeof(*uris); i++) {
        struct uri base = tftp_base;

        CHECK_EQUAL(uri_parse(uris[i].base, &base), 0);
        expect(&base, uris[i].text, 0, uris[i].printed);
    }
}

TEST(length)
{
    static char text[URI_PATH_MAX + 32];
    struct uri uri = tftp_base;

    fake_case("the longest path");
    memset(text, 'x', URI_PATH_MAX);
    CHECK_EQUAL(uri_parse(text, &uri), 0);
    CHECK_TEXT(uri.path, text);
    text[URI_PATH_MAX] = 'x';
    uri = tftp_base;
    CHECK_EQUAL(uri_parse(text, &uri), E_FILE_NOT_FOUND);

    fake_case("the longest authority");
    memcpy(text, "http://", 7);
    memset(text + 7, 'x', URI_AUTHORITY_MAX);
    memcpy(text + 7 + URI_AUTHORITY_MAX, "/", 2);
    CHECK_EQUAL(uri_parse(text, &uri), 0);
    CHECK_EQUAL(strlen(uri.authority), URI_AUTHORITY_MAX);
    memcpy(text + 7 + URI_AUTHORITY_MAX, "x/", 3);
    CHECK_EQUAL(uri_parse(text, &uri), E_SYNTAX);
}

static uint16_t asked_port;

static void note_port(const struct fake_datagram *d)
{
    asked_port = d->to_port;
}

TEST(fetch)
{
    static uint8_t memory[100];
    struct download file = {.base = memory, .cap = sizeof(memory)};
    struct uri uri;

    fake_case("from another port");
    fake_configure();
    fake_on_udp = note_port;
    CHECK_EQUAL(uri_parse("tftp://10.0.0.1:70/file", &uri), 0);
    CHECK_EQUAL(fetch_file(&uri, &file), E_TIMEOUT);
    CHECK_EQUAL(asked_port, 70);

    fake_tftp_case("from TFTP's own port", 10);
    CHECK_EQUAL(uri_parse("tftp://10.0.0.1/file", &uri), 0);
    CHECK_EQUAL(fetch_file(&uri, &file), 0);
    CHECK_EQUAL(file.length, 10);

    fake_case("another protocol");
    file = (struct download){.base = memory, .cap = strlen("dir/name")};
    CHECK_EQUAL(uri_parse("mock://10.0.0.1:1/dir/name", &uri), 0);
    CHECK_EQUAL(fetch_file(&uri, &file), 0);
    CHECK_EQUAL(file.length, 8);
    CHECK(!memcmp(file.data, "dir/name", 8));
    CHECK_EQUAL(uri_parse("mock://10.0.0.1/dir/name", &uri), 0);
    CHECK_EQUAL(fetch_file(&uri, &file), E_REFUSED);
    CHECK_EQUAL(closed, 1);

    fake_case("nobody knows names");
    CHECK_EQUAL(uri_parse("mock://files.lab.test/x", &uri), 0);
    CHECK_EQUAL(fetch_file(&uri, &file), E_NO_DNS);
}
