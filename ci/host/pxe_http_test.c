/* SPDX-License-Identifier: BSD-2-Clause */
/* The FILE_* services with files that come by HTTP. */
#include "pxe_machine.h"

#include "fake_http.h"
#include "net/dns.h"
#include "pxe/reader.h"

int dns_resolve(const char *name, uint32_t *address)
{
    *address = fake_ip(10, 0, 0, 1);
    return strcmp(name, "files.lab.test") ? E_NAME : 0;
}

static bool chunked;

static void say_file(void)
{
    fake_tcp_say_text(chunked ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n"
                              : "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    fake_http_say_file(0, FAKE_HTTP_FILE);
    if (chunked)
        fake_tcp_say_text("\r\n0\r\n\r\n");
}

static void serve(const char *name)
{
    machine_serve(name);
    fake_http_case(name);
    fake_http.answer = say_file;
    chunked = false;
}

static uint16_t open_file(const char *name)
{
    struct s_PXENV_FILE_OPEN open = {.FileName = far_to(BUFFER_AT)};

    strcpy(at(BUFFER_AT), name);
    return call(PXENV_FILE_OPEN, &open, sizeof(open));
}

/* Reads to the end, as much at a time as the program likes, and compares. */
static void read_file(uint16_t step)
{
    struct s_PXENV_FILE_READ read;
    size_t got = 0;
    bool same = true;

    do {
        read = (struct s_PXENV_FILE_READ){.BufferSize = step, .Buffer = far_to(BUFFER_AT)};
        if (!CHECK_EQUAL(call(PXENV_FILE_READ, &read, sizeof(read)), 0))
            break;
        for (size_t i = 0; i < read.BufferSize; i++)
            same &= ((uint8_t *)at(BUFFER_AT))[i] == fake_http_byte(got + i);
        got += read.BufferSize;
    } while (read.BufferSize);
    CHECK(same);
    CHECK_EQUAL(got, FAKE_HTTP_FILE);
}

TEST(files)
{
    struct s_PXENV_GET_FILE_SIZE size = {.Status = 0};
    struct s_PXENV_FILE_CLOSE close = {.FileHandle = 1};

    serve("a file");
    CHECK_EQUAL(open_file("http://files.lab.test/a b"), 0);
    CHECK(!strncmp(fake_http.request, "GET /a%20b HTTP/1.1\r\nHost: files.lab.test\r\n", 43));
    CHECK_EQUAL(call(PXENV_GET_FILE_SIZE, &size, sizeof(size)), 0);
    CHECK_EQUAL(size.FileSize, FAKE_HTTP_FILE);
    read_file(2048);
    CHECK_EQUAL(call(PXENV_FILE_CLOSE, &close, sizeof(close)), 0);

    serve("in small pieces");
    CHECK_EQUAL(open_file("http://10.0.0.1/x"), 0);
    read_file(100);
    CHECK_EQUAL(open_file("http://10.0.0.1/x"), 0); /* by the same connection */
    CHECK_EQUAL(fake_tcp.connections, 1);

    serve("of unknown size");
    chunked = true;
    CHECK_EQUAL(open_file("http://10.0.0.1/x"), 0);
    CHECK_EQUAL(call(PXENV_GET_FILE_SIZE, &size, sizeof(size)), PXENV_STATUS_TFTP_NO_FILESIZE);
    read_file(1000);
}

static void say_much(void)
{
    fake_tcp_say_text("HTTP/1.1 200 OK\r\nContent-Length: 4000000\r\n\r\n");
    for (unsigned i = 0; i < 40; i++)
        fake_http_say_file(i * 100000, 100000);
}

TEST(pace)
{
    struct s_PXENV_FILE_READ read = {.BufferSize = 100, .Buffer = far_to(BUFFER_AT)};

    serve("the program takes its time, so the window closes");
    fake_http.answer = say_much;
    CHECK_EQUAL(open_file("http://10.0.0.1/x"), 0);
    CHECK_EQUAL(call(PXENV_FILE_READ, &read, sizeof(read)), 0);
    for (unsigned i = 0; i < 20000; i++)
        net_poll();
    CHECK(fake_tcp.sent > 100000 && fake_tcp.sent < 3000000);
}

TEST(errors)
{
    serve("no such file");
    fake_http.answer = NULL;
    fake_http.answers = "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n";
    CHECK_EQUAL(open_file("http://10.0.0.1/x"), PXENV_STATUS_TFTP_FILE_NOT_FOUND);
    fake_http.answers = "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n";
    CHECK_EQUAL(open_file("http://10.0.0.1/x"), PXENV_STATUS_TFTP_ACCESS_VIOLATION);
    fake_tcp.refuses = true;
    CHECK_EQUAL(open_file("http://10.0.0.1/x"), PXENV_STATUS_TFTP_OPEN_TIMEOUT);
    CHECK_EQUAL(open_file("http://other.test/x"), PXENV_STATUS_TFTP_FILE_NOT_FOUND);
    CHECK_EQUAL(open_file("ftp://10.0.0.1/x"), PXENV_STATUS_TFTP_FILE_NOT_FOUND);
}
