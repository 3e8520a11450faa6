/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking whether a host answers. */
#include <string.h>

#include "fake_link.h"
#include "lib/errors.h"
#include "net/net.h"
#include "net/ping.h"

static unsigned asked;
static size_t asked_len;

/* How the host answers: as sent, changed by `change` at `at`, or `shorter`. */
static uint32_t delay;
static size_t at, shorter;
static uint8_t change;
static bool silent;

static void serve(const uint8_t *frame, size_t len)
{
    uint8_t reply[1514];

    if (frame[12] != 8 || frame[13] != 0 || frame[23] != 1 || frame[34] != 8)
        return;
    CHECK_EQUAL(frame[35], 0);
    CHECK_EQUAL(fake_checksum(frame + 34, len - 34, 0), 0);
    CHECK_EQUAL(frame[16] * 256 + frame[17], len - 14);
    asked++;
    asked_len = len - 42;
    if (silent)
        return;
    memcpy(reply, frame, len);
    memcpy(reply, frame + 6, 6);
    memcpy(reply + 6, frame, 6);
    memcpy(reply + 26, frame + 30, 4);
    memcpy(reply + 30, frame + 26, 4);
    reply[34] = 0;
    reply[at] ^= change;
    len -= shorter;
    reply[17] = (uint8_t)(reply[17] - shorter);
    fake_fix_ip(reply);
    reply[36] = reply[37] = 0;
    uint16_t sum = fake_checksum(reply + 34, len - 34, 0);
    reply[36] = (uint8_t)(sum >> 8);
    reply[37] = (uint8_t)sum;
    if (change && at == 36)
        reply[36] ^= change;
    fake_deliver(reply, len, delay);
}

static void host(const char *name)
{
    fake_case(name);
    fake_configure();
    fake_on_frame = serve;
    asked = 0;
    at = shorter = delay = change = 0;
    silent = false;
}

/* Before the first question: nothing of it may be read. */
TEST(unasked)
{
    uint8_t frame[34] = {[12] = 8, [14] = 0x45, [17] = 20, [22] = 64, [23] = 1};

    host("an empty message from nobody");
    memcpy(frame, net.mac, 6);
    memcpy(frame + 30, &net.ip, 4);
    fake_fix_ip(frame);
    fake_deliver(frame, sizeof(frame), 0);
    net_poll();
}

TEST(answers)
{
    for (size_t size = 0; size <= PING_MAX; size += 23) {
        host("a host that answers");
        delay = 30;
        CHECK_EQUAL(ping(fake_ip(10, 0, 0, 1), size, 1000), 0);
        CHECK_EQUAL(fake_now, 1030);
        CHECK_EQUAL(asked_len, size);
    }
    host("the longest");
    CHECK_EQUAL(ping(fake_ip(10, 0, 0, 1), PING_MAX, 1000), 0);
}

TEST(none)
{
    static const struct {
        const char *name;
        size_t at;
        uint8_t change;
    } cases[] = {
        {"another host's", 29, 1}, {"no reply", 34, 8},   {"another kind", 34, 3},
        {"wrong sum", 36, 0x55},   {"another ID", 38, 1}, {"another number", 41, 1},
    };

    host("silence");
    silent = true;
    CHECK_EQUAL(ping(fake_ip(10, 0, 0, 1), 64, 700), E_TIMEOUT);
    CHECK_EQUAL(fake_now, 1700);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        host(cases[i].name);
        at = cases[i].at;
        change = cases[i].change;
        CHECK_EQUAL(ping(fake_ip(10, 0, 0, 1), 64, 700), E_TIMEOUT);
    }
    for (size_t n = 1; n <= 68; n++) {
        host("a shorter one");
        shorter = n;
        CHECK_EQUAL(ping(fake_ip(10, 0, 0, 1), 64, 70), E_TIMEOUT);
    }
    host("a late one counts for nothing");
    delay = 100;
    CHECK_EQUAL(ping(fake_ip(10, 0, 0, 1), 64, 50), E_TIMEOUT);
    silent = true;
    CHECK_EQUAL(ping(fake_ip(10, 0, 0, 1), 64, 500), E_TIMEOUT);

    host("cancelled");
    silent = true;
    fake_cancel_at = 1300;
    CHECK_EQUAL(ping(fake_ip(10, 0, 0, 1), 64, 700), E_CANCELLED);

    host("no ARP");
    fake_arp_off = true;
    CHECK_EQUAL(ping(fake_ip(10, 0, 0, 77), 64, 700), E_NO_ARP);
    CHECK_EQUAL(asked, 0);

    host("no way");
    net.gateway = 0;
    CHECK_EQUAL(ping(fake_ip(10, 1, 0, 1), 64, 700), E_NO_ROUTE);
}
