/* SPDX-License-Identifier: BSD-2-Clause */
/* Looking a name up, and a lease's name servers and domains.
 *
 * Input: how long option 119 is, and that; then the answers, one for each question: flags, length,
 * and the message behind the question, or the whole of it. */
#include "fake_link.h"
#include "fuzz.h"
#include "lib/errors.h"
#include "net/dns.h"

enum { WHOLE = 1, TWICE = 2, SHORT_NAME = 4 };

static struct input in;
static unsigned questions;

static void serve(const struct fake_datagram *d)
{
    uint8_t m[1500];
    uint8_t flags = take(&in);
    size_t len = take16(&in) % 1200, at = 0;

    CHECK(d->to_port == 53 && d->len >= 18 && d->len <= 12 + 255 + 4);
    questions++;
    if (!in.left) {
        fake_cancel_at = fake_now + 1000;
        return;
    }
    memset(m, 0, sizeof(m));
    if (!(flags & WHOLE)) {
        memcpy(m, d->data, d->len);
        at = d->len;
        m[2] = 0x84;
        m[3] = take(&in) & 15;
        m[7] = take(&in);
    }
    at += take_bytes(&in, m + at, len);
    memcpy(m, d->data, 2);
    for (unsigned n = 0; n <= (flags & TWICE); n++)
        fake_udp(d->to, 53, d->from, d->from_port, m, at, n);
}

static void hurry(void)
{
    if (!fake_pending())
        fake_now += 50;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dhcp_packet ack;
    uint8_t *p = ack.data + 240;
    uint32_t address;
    uint8_t flags;
    int rc;

    in = (struct input){data, size};
    fake_case("DNS");
    fake_configure();
    memcpy(ack.data + 236, "\x63\x82\x53\x63\x06\x08\x0a\0\0\x35\x0a\0\0\x36\x77", 15);
    p = ack.data + 251;
    *p = take(&in) % 200;
    *p = (uint8_t)take_bytes(&in, p + 1, *p);
    ack.len = (size_t)(p + 1 + *p - ack.data);
    dns_configure(&ack);
    CHECK_EQUAL(net.dns[1], fake_ip(10, 0, 0, 0x36));
    for (p = (uint8_t *)net.search; *p; p += strlen((char *)p) + 1)
        CHECK(strlen((char *)p) <= 255 && p < (uint8_t *)net.search + sizeof(net.search));

    flags = take(&in);
    fake_on_udp = serve;
    fake_on_idle = hurry;
    questions = 0;
    rc = dns_resolve(flags & SHORT_NAME ? "host" : "www.host.test", &address);
    CHECK(rc == 0 || rc == E_NAME || rc == E_TIMEOUT || rc == E_PROTOCOL || rc == E_CANCELLED);
    CHECK(questions <= 200 * 20);
    return 0;
}
