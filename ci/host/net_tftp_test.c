/* SPDX-License-Identifier: BSD-2-Clause */
/* The TFTP client: options as granted, ignored, refused or overdone; errors; block by block. */
#include <stdlib.h>
#include <string.h>

#include "lib/errors.h"
#include "fake_tftp.h"

static struct download file;
static uint8_t *memory;
static unsigned progressed;

/* Fetch into `cap` bytes of fresh memory, so that a byte too many is noticed. */
static int get(size_t cap)
{
    free(memory);
    memory = malloc(cap + !cap);
    file.base = memory;
    file.cap = cap;
    file.length = file.total = 0;
    return fake_tftp_get(fake_ip(10, 0, 0, 1), "dir/file", &file);
}

static void expect_file(uint32_t size)
{
    bool same = file.length == size;

    CHECK_EQUAL(file.length, size);
    for (uint32_t i = 0; same && i < size; i++)
        same = file.data[i] == fake_tftp_byte(i);
    CHECK(same);
}

static void expect(uint32_t size)
{
    CHECK_EQUAL(get(size), 0);
    expect_file(size);
    CHECK_EQUAL(fake_tftp.errors, 0);
}

TEST(options)
{
    static const char asked[] = "dir/file\0octet\0tsize\0"
                                "0\0blksize\0001468\0windowsize\00064";

    fake_tftp_case("all options granted", 1000000);
    expect(1000000);
    CHECK_EQUAL(file.total, 1000000);
    CHECK_EQUAL(fake_tftp.asked_len, sizeof(asked));
    CHECK_BYTES(fake_tftp.asked, asked, sizeof(asked));
    CHECK_EQUAL(fake_tftp.acks, 1 + 1 + 1000000 / 1468 / 64);
    CHECK(fake_now - 1000 < 100);
    CHECK(fake_arp_requests <= 1);

    fake_tftp_case("a name of any bytes is asked for byte by byte", 0);
    static const char name[] = "p\xc3\xa4\xff\x1b\r\n\x07\x08%s.0";
    CHECK_EQUAL(fake_tftp_get(fake_ip(10, 0, 0, 1), name, &file), 0);
    CHECK_TEXT(fake_tftp.asked, name);

    fake_tftp_case("no more than the card's ring holds", 100000);
    net.burst = 8;
    expect(100000);
    CHECK(!strcmp(fake_tftp.asked + fake_tftp.asked_len - 2, "8"));
    CHECK_EQUAL(fake_tftp.acks, 1 + 1 + 100000 / 1468 / 8);

    fake_tftp_case("smaller values granted", 100000);
    fake_tftp.blksize = 700;
    fake_tftp.windowsize = 5;
    expect(100000);

    fake_tftp_case("blksize and tsize only: lock-step", 300000);
    fake_tftp.windowsize = 0;
    expect(300000);
    CHECK_EQUAL(fake_tftp.acks, 1 + 1 + 300000 / 1468);

    fake_tftp_case("tsize only", 100000);
    fake_tftp.windowsize = fake_tftp.blksize = 0;
    expect(100000);

    fake_tftp_case("windowsize only", 100000);
    fake_tftp.blksize = 0;
    fake_tftp.tsize = false;
    expect(100000);
    CHECK_EQUAL(file.total, 0);

    fake_tftp_case("options ignored", 10000);
    fake_tftp.no_options = true;
    expect(10000);
    CHECK_EQUAL(fake_tftp.requests, 1);
    CHECK_EQUAL(file.total, 0);

    fake_tftp_case("option names in capitals", 1000);
    fake_tftp.oack = "BLKSIZE\0001468\0TSize\0001000\0other\0x";
    fake_tftp.oack_len = 32;
    expect(1000);
    CHECK_EQUAL(file.total, 1000);
}

static void oack(const char *name, const char *body, size_t len, uint32_t total)
{
    fake_tftp_case(name, 1468);
    fake_tftp.oack = body;
    fake_tftp.oack_len = len;
    fake_tftp.sends = len > 2 ? 1468 : 512;
    expect(1468);
    CHECK_EQUAL(file.total, total);
    CHECK_EQUAL(fake_tftp.requests, 1);
    CHECK(fake_now - 1000 < 100);
}
#define OACK(name, body, total) oack(name, body, sizeof(body) - 1, total)

TEST(padding)
{
    OACK("OACK of two bytes: no options", "", 0);
    OACK("OACK of three bytes", "\0", 0);
    OACK("OACK of four bytes", "\0\0", 0);
    OACK("one NUL more", "blksize\0001468\0\0", 0);
    OACK("two NULs more", "blksize\0001468\0\0\0", 0);
    OACK("three NULs more", "blksize\0001468\0\0\0\0", 0);
    OACK("four NULs more", "blksize\0001468\0\0\0\0\0", 0);
    OACK("a NUL before", "\0blksize\0001468\0tsize\0001468\0", 1468);
    OACK("a NUL between", "tsize\0001468\0\0blksize\0001468\0", 1468);
    OACK("two NULs between", "tsize\0001468\0\0\0blksize\0001468\0", 1468);
    OACK("an option without value between", "tsize\0001468\0x\0\0blksize\0001468\0", 1468);

    fake_tftp_case("an empty OACK to a request without options", 1000);
    fake_tftp.refuse = 8;
    fake_tftp.oack_always = true;
    fake_tftp.oack = "\0\0\0";
    fake_tftp.oack_len = 3;
    expect(1000);
    CHECK_EQUAL(fake_tftp.plain_requests, 1);
}

TEST(refused)
{
    for (int code = 0; code <= 8; code++) {
        fake_tftp_case("request with options refused", 10000);
        fake_tftp.refuse = code;
        if (code == 1 || code == 2) {
            CHECK_EQUAL(get(10000), code == 1 ? E_FILE_NOT_FOUND : E_ACCESS);
            CHECK_EQUAL(fake_tftp.requests, 1);
            continue;
        }
        expect(10000);
        CHECK_EQUAL(fake_tftp.requests, 2);
        CHECK_EQUAL(fake_tftp.plain_requests, 1);
    }

    fake_tftp_case("plain request refused as well", 1000);
    fake_tftp.error = 0;
    fake_tftp.error_text = "disk\x01 on\xff fire";
    CHECK_EQUAL(get(1000), E_TFTP);
    CHECK_EQUAL(fake_tftp.requests, 2);
    CHECK_TEXT(server_message, "disk\x01 on\xff fire"); /* print() cleans it */
}

static void bad_oack(const char *name, const char *body, size_t len, int rc, unsigned error)
{
    fake_tftp_case(name, 1000);
    fake_tftp.oack = body;
    fake_tftp.oack_len = len;
    CHECK_EQUAL(get(2000), rc);
    CHECK_EQUAL(fake_tftp.errors, 1);
    CHECK_EQUAL(fake_tftp.last_error, error);
    CHECK_EQUAL(fake_tftp.acks, 0);
    CHECK(fake_now - 1000 < 100);
}
#define BAD_OACK(name, body, rc, error) bad_oack(name, body, sizeof(body) - 1, rc, error)

TEST(bad_options)
{
    BAD_OACK("blksize larger than asked", "blksize\0001469\0", E_PROTOCOL, 8);
    BAD_OACK("blksize far too large", "blksize\00099999999999999\0", E_PROTOCOL, 8);
    BAD_OACK("blksize too small", "blksize\0007\0", E_PROTOCOL, 8);
    BAD_OACK("blksize empty", "blksize\0\0", E_PROTOCOL, 8);
    BAD_OACK("blksize no number", "blksize\00012x\0", E_PROTOCOL, 8);
    BAD_OACK("windowsize larger than asked", "windowsize\00065\0", E_PROTOCOL, 8);
    BAD_OACK("windowsize 0", "windowsize\0000\0", E_PROTOCOL, 8);
    BAD_OACK("value missing", "blksize\0", E_PROTOCOL, 8);
    BAD_OACK("not terminated", "blksize\0001468", E_PROTOCOL, 8);
    BAD_OACK("tsize larger than memory", "tsize\0002001\0", E_TOO_BIG, 3);
    BAD_OACK("tsize beyond 32 bits", "tsize\00099999999999\0", E_TOO_BIG, 3);

    fake_tftp_case("OACK with options to a request without", 1000);
    fake_tftp.refuse = 8;
    fake_tftp.oack_always = true;
    fake_tftp.oack = "tsize\0001000";
    fake_tftp.oack_len = 11;
    CHECK_EQUAL(get(1000), E_PROTOCOL);
    CHECK_EQUAL(fake_tftp.requests, 2);
    CHECK_EQUAL(fake_tftp.last_error, 8);
}

static void progress(const struct download *f)
{
    progressed++;
    CHECK_EQUAL(f->length / 16384, progressed);
}

TEST(progress)
{
    fake_tftp_case("progress", 3 << 20);
    file.progress = progress;
    progressed = 0;
    expect(3 << 20);
    CHECK_EQUAL(progressed, 192);
    file.progress = NULL;
}

TEST(sizes)
{
    static const uint32_t sizes[] = {0, 1, 511, 512, 513, 1024, 1467, 1468, 1469, 2936, 93952};

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        fake_tftp_case("size with options", sizes[i]);
        expect(sizes[i]);
        fake_tftp_case("size without options", sizes[i]);
        fake_tftp.no_options = true;
        expect(sizes[i]);
        fake_tftp_case("size in lock-step", sizes[i]);
        fake_tftp.windowsize = 0;
        expect(sizes[i]);
    }

    fake_tftp_case("file grows beyond the memory", 100000);
    fake_tftp.tsize = false;
    CHECK_EQUAL(get(50000), E_TOO_BIG);
    CHECK_EQUAL(fake_tftp.errors, 1);
    CHECK_EQUAL(fake_tftp.last_error, 3);
}

TEST(errors)
{
    fake_tftp_case("no such file", 0);
    fake_tftp.error = 1;
    fake_tftp.error_text = "not here";
    CHECK_EQUAL(get(1000), E_FILE_NOT_FOUND);
    CHECK_TEXT(server_message, "not here");
    CHECK_EQUAL(fake_tftp.requests, 1);
    CHECK_EQUAL(fake_tftp.errors, 0);

    fake_tftp_case("a good transfer clears the message", 100);
    expect(100);
    CHECK_TEXT(server_message, "");

    fake_tftp_case("error half-way", 100000);
    fake_tftp.error_after = 20;
    CHECK_EQUAL(get(100000), E_TFTP);
    CHECK_EQUAL(fake_tftp.errors, 0); /* no answer to an error */
    CHECK_EQUAL(file.length, 20 * 1468);
}

TEST(silence)
{
    fake_tftp_case("no answer", 1000);
    fake_on_udp = NULL;
    CHECK_EQUAL(get(1000), E_TIMEOUT);
    CHECK_EQUAL(fake_transmits, 10 + fake_arp_requests);
    CHECK(fake_now - 1000 > 12000 && fake_now - 1000 < 20000);

    fake_tftp_case("server stops half-way", 100000);
    fake_tftp.stall_after = 20;
    fake_tftp.windowsize = 0;
    CHECK_EQUAL(get(100000), E_STALLED);
    CHECK_EQUAL(fake_tftp.errors, 1);
    CHECK_EQUAL(fake_tftp.acks, 1 + 20 + 9);
    CHECK(fake_now - 1000 > 12000 && fake_now - 1000 < 20000);

    fake_tftp_case("blocks as large as granted never arrive: again without options", 5000);
    fake_tftp.largest = 1400;
    CHECK_EQUAL(get(5000), 0);
    expect_file(5000);
    CHECK_EQUAL(fake_tftp.plain_requests, 1);

    fake_tftp_case("cancelled", 1000000);
    fake_tftp.delay = 50;
    fake_tftp.windowsize = 0;
    fake_cancel_at = 3000;
    CHECK_EQUAL(get(1000000), E_CANCELLED);
    CHECK_EQUAL(fake_tftp.errors, 1);
    CHECK_EQUAL(fake_tftp.last_error, 0);
    CHECK(fake_now <= 3052);

    fake_tftp_case("no route", 1000);
    net.gateway = 0;
    CHECK_EQUAL(fake_tftp_get(fake_ip(10, 9, 0, 1), "x", &file), E_NO_ROUTE);
    CHECK_EQUAL(fake_tftp_get(0, "x", &file), E_NO_ROUTE);

    fake_tftp_case("no ARP answer", 1000);
    fake_arp_off = true;
    CHECK_EQUAL(fake_tftp_get(fake_ip(10, 0, 0, 77), "x", &file), E_NO_ARP);
    CHECK_EQUAL(fake_arp_requests, 4);

    fake_tftp_case("name too long", 1000);
    static char name[1000];
    memset(name, 'a', sizeof(name) - 1);
    CHECK_EQUAL(fake_tftp_get(fake_ip(10, 0, 0, 1), name, &file), E_FILE_NOT_FOUND);
    CHECK_EQUAL(fake_transmits, 0);
}

/* As a PXE TFTP_OPEN and TFTP_READ would use it. */
TEST(paced)
{
    uint8_t block[1000];
    uint32_t offset = 0;

    fake_tftp_case("block by block", 12345);
    struct transfer *t = fake_tftp_open(true, NULL, 0);
    CHECK_EQUAL(t->term[TERM_SIZE], 12345);
    CHECK_EQUAL(t->term[TERM_BLOCK], 1000);
    while (!t->finished) {
        t->to = block;
        t->room = sizeof(block);
        if (!CHECK_EQUAL(tftp_fetcher.read(t), 0))
            break;
        for (uint8_t *p = block; p < t->to; p++)
            CHECK(*p == fake_tftp_byte(offset++));
        unsigned sent = fake_tftp.data_sent;
        for (int i = 0; i < 100; i++)
            net_poll(); /* the caller takes its time */
        CHECK_EQUAL(fake_tftp.data_sent, sent);
    }
    CHECK_EQUAL(offset, 12345);
    tftp_fetcher.close(t, 0);
    CHECK_EQUAL(fake_tftp.errors, 0);

    fake_tftp_case("closed before the end", 12345);
    t = fake_tftp_open(true, NULL, 0);
    tftp_fetcher.close(t, 0);
    tftp_fetcher.close(t, 0);
    CHECK_EQUAL(fake_tftp.errors, 1);
}
