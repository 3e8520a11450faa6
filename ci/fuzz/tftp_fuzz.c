/* SPDX-License-Identifier: BSD-2-Clause */
/* A TFTP server that says anything at any time.
 *
 * Input: room for the file (16 bits; odd: the file goes to its end); then packets. Each packet that
 * the client sends gets one, and as many more as have the flag AND_NEXT: flags and kind, and what
 * the kind needs. */
#include "lib/errors.h"
#include "fake_link.h"
#include "fuzz.h"
#include "net/tftp.h"

enum { AND_NEXT = 1, OTHER_PORT = 2, OTHER_HOST = 4, LATER = 8, KIND_SHIFT = 4 };
enum { NEXT_BLOCK, THAT_BLOCK, OACK, ERROR, PACKET, BLOCKS_AHEAD, KINDS };
enum { CLIENT_ERROR = 5, PAYLOAD_MAX = 1472 };

static struct input in;
static uint16_t block; /* the last one sent */
static bool odd;       /* what arrives need not be the file */

/* What block `number` consists of. */
static uint8_t filling(uint32_t number)
{
    return (uint8_t)(number * 37);
}

static size_t make_block(uint8_t *p, uint16_t number, size_t len)
{
    p[1] = 3;
    p[2] = (uint8_t)(number >> 8);
    p[3] = (uint8_t)number;
    memset(p + 4, filling(number), len);
    return 4 + len;
}

static size_t make_packet(uint8_t p[PAYLOAD_MAX], unsigned kind)
{
    size_t len;

    memset(p, 0, PAYLOAD_MAX);
    switch (kind) {
    case NEXT_BLOCK:
        return make_block(p, ++block, take16(&in) % (PAYLOAD_MAX - 3));
    case THAT_BLOCK:
        block = take16(&in);
        return make_block(p, block, take16(&in) % (PAYLOAD_MAX - 3));
    case BLOCKS_AHEAD:
        block += take(&in);
        return make_block(p, block, take16(&in) % (PAYLOAD_MAX - 3));
    case OACK:
        p[1] = 6;
        len = take(&in);
        return 2 + take_bytes(&in, p + 2, len);
    case ERROR:
        p[1] = 5;
        p[3] = take(&in);
        len = take(&in);
        return 4 + take_bytes(&in, p + 4, len);
    default:
        odd = true;
        len = take16(&in) % (PAYLOAD_MAX + 1);
        return take_bytes(&in, p, len);
    }
}

static void serve(const struct fake_datagram *d)
{
    uint8_t p[PAYLOAD_MAX], flags = AND_NEXT;

    CHECK(d->len >= 4 && d->data[1] != 3);
    if (d->to_port == TFTP_PORT)
        block = 0;
    while (in.left && flags & AND_NEXT && d->data[1] != CLIENT_ERROR) {
        flags = take(&in);
        size_t len = make_packet(p, (flags >> KIND_SHIFT) % KINDS);
        fake_udp(fake_ip(10, 0, 0, flags & OTHER_HOST ? 7 : 1), flags & OTHER_PORT ? 3001 : 3000,
                 net.ip, d->from_port, p, len, flags & LATER ? 100 : 0);
    }
    if (!in.left)
        fake_cancel_at = fake_now + 2500;
}

/* A file that came well consists of blocks in their order, of one size but for the last. */
static void check_file(const uint8_t *data, size_t len)
{
    size_t size = 0;

    while (size < len && data[size] == filling(1))
        size++;
    CHECK(!len || size);
    for (size_t i = 0; i < len; i++)
        CHECK(data[i] == filling((uint32_t)(i / size + 1)));
}

/* Time flies while nothing is on its way. */
static void hurry(void)
{
    if (!fake_pending())
        fake_now += 20;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct uri uri = {&tftp_fetcher, fake_ip(10, 0, 0, 1), TFTP_PORT, "file", ""};
    struct download file = {0};
    int rc;

    in = (struct input){data, size};
    odd = false;
    fake_case("TFTP");
    fake_configure();
    fake_on_udp = serve;
    fake_on_idle = hurry;
    file.cap = 1 + take16(&in);
    file.at_end = file.cap & 1;
    file.base = malloc(file.cap);
    rc = fetch_file(&uri, &file);
    CHECK(rc <= 0 && file.length <= file.cap);
    CHECK(!file.length ||
          (file.data >= file.base && file.data + file.length <= file.base + file.cap));
    CHECK(rc || odd || file.length >= file.total);
    CHECK(strlen(server_message) < 96);
    if (!rc && !odd)
        check_file(file.data, file.length);
    free(file.base);
    return 0;
}
