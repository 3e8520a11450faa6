/* SPDX-License-Identifier: BSD-2-Clause */
/* How long the DHCP client goes on asking, and what it waits for. Times are in ms. */
#include <string.h>

#include "lib/errors.h"
#include "lib/settings.h"
#include "fake_dhcp.h"

/* A server or a switch port that wakes up late is still asked. */
TEST(late_start)
{
    static const uint32_t wakes[] = {1, 1000, 5000, 14000, 17000, 30000, 45000};

    for (unsigned i = 0; i < sizeof(wakes) / sizeof(*wakes); i++) {
        start("wakes up late");
        dhcp->file = "x";
        dhcp->asleep = wakes[i];
        expect(dhcp->ip, "x");
        CHECK(taken() >= wakes[i] && taken() < wakes[i] + 8300);
        CHECK(taken() < 2 * wakes[i] + 1300);
    }

    start("wakes up late, with a proxy that is later still");
    dhcp->asleep = 30000;
    with_proxy();
    proxy->file = "pxe.0";
    proxy->asleep = 36000;
    expect(proxy->ip, "pxe.0");
}

/* Offers that name no file are not the end: somebody else may. */
TEST(file_of_another)
{
    static const uint32_t delays[] = {2000, 3000, 3500, 9500};

    for (unsigned i = 0; i < sizeof(delays) / sizeof(*delays); i++) {
        start("a proxy answers late");
        with_proxy();
        proxy->file = "pxe.0";
        proxy->delay = delays[i];
        expect(proxy->ip, "pxe.0");
        CHECK(taken() < delays[i] + 10); /* acted on at once */
        CHECK_EQUAL(net.ip, dhcp->yiaddr);

        start("a second server names the file, late");
        fake_servers[2] = *dhcp;
        fake_servers[2].ip = fake_ip(10, 0, 0, 3);
        fake_servers[2].yiaddr = fake_ip(10, 0, 0, 7);
        fake_servers[2].file = "two";
        fake_servers[2].thinks = delays[i];
        expect(fake_servers[2].ip, "two");
        CHECK(taken() < delays[i] + 10);
        CHECK_EQUAL(net.ip, fake_servers[2].yiaddr);
        CHECK_EQUAL(dhcp->requests, 0);
    }

    start("a proxy answers the second DISCOVER only, and late");
    with_proxy();
    proxy->file = "pxe.0";
    proxy->deaf = 1;
    proxy->delay = 3000;
    expect(proxy->ip, "pxe.0");
    CHECK(taken() > 3500 && taken() < 4500);

    start("nobody names a file");
    CHECK_EQUAL(fake_dhcp_run(), E_NO_BOOT_FILE);
    CHECK(taken() >= 10000 && taken() < 10100);
    CHECK_EQUAL(dhcp->discovers, 4);

    start("nobody names a file, in the last try");
    dhcp->asleep = 50500;
    CHECK_EQUAL(fake_dhcp_run(), E_NO_BOOT_FILE);
    CHECK_EQUAL(net.ip, dhcp->yiaddr);
}

TEST(at_once)
{
    start("an offer with a file");
    dhcp->file = "x";
    with_proxy();
    proxy->file = "pxe.0";
    proxy->delay = 100;
    expect(dhcp->ip, "x");
    CHECK(taken() < 5);

    start("an offer with a file behind one without");
    fake_servers[2] = *dhcp;
    fake_servers[2].ip = fake_ip(10, 0, 0, 3);
    fake_servers[2].file = "two";
    expect(fake_servers[2].ip, "two");
    CHECK(taken() < 5);
}

/* Who has typed a file's name does not wait long for another. */
TEST(known_file)
{
    start("the file is known, and nobody names one");
    CHECK_EQUAL(fake_dhcp_run_knowing(), E_NO_BOOT_FILE);
    CHECK(taken() >= 2000 && taken() < 2100);
}

TEST(service)
{
    start("4011 answers after 3 s");
    with_proxy();
    proxy->ack_only_file = true;
    proxy->file = "pxe.0";
    fake_servers[2] = *proxy;
    fake_servers[2].silent_on_67 = true;
    fake_servers[2].delay = 3000;
    proxy->deaf = 1000;
    proxy->discovers = 1000;
    expect(proxy->ip, "pxe.0");
    CHECK(taken() < 3100);

    start("a proxy's offer comes while 4011 is asked in vain");
    dhcp->pxe = true;
    with_proxy();
    proxy->file = "pxe.0";
    proxy->delay = 3000;
    expect(proxy->ip, "pxe.0");
    CHECK(taken() < 3100);
}

/* A server that offers and never acknowledges does not hide another one. */
TEST(unanswered_request)
{
    for (unsigned i = 0; i < 2; i++) {
        start("the first server never acknowledges");
        dhcp->file = "deaf";
        dhcp->deaf_requests = 1000;
        fake_servers[2] = *dhcp;
        fake_servers[2].ip = fake_ip(10, 0, 0, 3);
        fake_servers[2].yiaddr = fake_ip(10, 0, 0, 7);
        fake_servers[2].file = "two";
        fake_servers[2].delay = i ? 500 : 1;
        fake_servers[2].deaf_requests = 0;
        expect(fake_servers[2].ip, "two");
        CHECK(taken() < 9000);
        CHECK_EQUAL(dhcp->requests, 3);
    }

    start("its acknowledgements are late");
    dhcp->file = "x";
    dhcp->deaf_requests = 4;
    expect(dhcp->ip, "x");
    CHECK(taken() < 13000);
}

/* The setting ends it earlier, or later. */
TEST(timeout)
{
    static const uint32_t seconds[] = {1, 2, 5, 10, 60, 200};

    for (unsigned i = 0; i < sizeof(seconds) / sizeof(*seconds); i++) {
        start("nobody answers");
        settings[SETTING_TIMEOUT] = seconds[i];
        dhcp->asleep = 1000000;
        CHECK_EQUAL(fake_dhcp_run(), E_NO_DHCP);
        CHECK(taken() > seconds[i] * 950 - 500 && taken() < seconds[i] * 1050 + 500);
    }
    start("wakes up after a minute");
    dhcp->file = "x";
    dhcp->asleep = 150000;
    expect(dhcp->ip, "x");
    settings[SETTING_TIMEOUT] = 0;
}
