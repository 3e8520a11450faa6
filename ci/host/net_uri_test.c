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

TEST(parse)
{
    const struct uri base = {&tftp_fetcher, fake_ip(10, 0, 0, 1), 1069, "base", ""};
    static const struct {
        const char *text;
        bool scheme; /* a URI's own server and port */
        uint16_t port;
        const char *path; /* NULL: E_NO_DNS */
    } texts[] = {
        {"file", false, 1069, "file"},
        {"/srv/file", false, 1069, "/srv/file"},
        {"", false, 1069, ""},
        {"C:\\file", false, 1069, "C:\\file"},
        {"tftp:/10.0.0.9/x", false, 1069, "tftp:/10.0.0.9/x"},
        {"tftp", false, 1069, "tftp"},
        {"http://10.0.0.9/x", false, 1069, "http://10.0.0.9/x"}, /* nobody's scheme */
        {"tftp://10.0.0.9/dir/x y", true, 69, "dir/x y"},
        {"TFTP://10.0.0.9/x", true, 69, "x"},
        {"tftp://10.0.0.9//srv/x", true, 69, "/srv/x"},
        {"tftp://10.0.0.9/", true, 69, ""},
        {"tftp://10.0.0.9:1/x:2", true, 1, "x:2"},
        {"tftp://10.0.0.9:65535/x", true, 65535, "x"},
        {"mock://10.0.0.9/x", true, 7777, "x"},
        {"tftp://10.0.0.9:65536/x", true, 0, NULL},
        {"tftp://10.0.0.9:99999999999/x", true, 0, NULL},
        {"tftp://10.0.0.9:/x", true, 0, NULL},
        {"tftp://10.0.0.9:69", true, 0, NULL},
        {"tftp://10.0.0.9:6x/x", true, 0, NULL},
        {"tftp://10.0.0.9", true, 0, NULL},
        {"tftp://10.0.0.256/x", true, 0, NULL},
        {"tftp://10.0.0/x", true, 0, NULL},
        {"tftp:///x", true, 0, NULL},
        {"tftp://", true, 0, NULL},
        {"tftp://server.example/x", true, 0, NULL},
        {"tftp://u@10.0.0.9/x", true, 0, NULL},
    };

    for (unsigned i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct uri uri = base;

        fake_case(texts[i].text);
        int rc = uri_parse(texts[i].text, &uri);
        CHECK_EQUAL(rc, texts[i].path ? 0 : E_NO_DNS);
        if (rc || !texts[i].path)
            continue;
        CHECK_TEXT(uri.path, texts[i].path);
        CHECK_EQUAL(uri.port, texts[i].port);
        CHECK_EQUAL(uri.server, fake_ip(10, 0, 0, texts[i].scheme ? 9 : 1));
        CHECK(uri.fetcher == (texts[i].port == 7777 ? &mock : &tftp_fetcher));
    }
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
    CHECK_EQUAL(closed, 2);
}
