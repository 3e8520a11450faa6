/* SPDX-License-Identifier: BSD-2-Clause */
/* The DHCP client and what names a boot file beside the DHCP server: proxyDHCP on port 67, PXE
 * services on port 4011. */
#include <stdio.h>
#include <string.h>

#include "lib/errors.h"
#include "fake_dhcp.h"

TEST(proxy)
{
    start("nobody names a file");
    CHECK_EQUAL(fake_dhcp_run(), E_NO_BOOT_FILE);
    CHECK_EQUAL(net.ip, fake_ip(10, 0, 0, 2));
    CHECK(taken() >= 10000 && taken() < 10100);

    start("proxy offer on port 68 names the file");
    with_proxy();
    proxy->file = "pxe.0";
    proxy->siaddr = fake_ip(10, 0, 0, 6);
    expect(fake_ip(10, 0, 0, 6), "pxe.0");
    CHECK(fake_lease.proxy.len > 0);
    CHECK(taken() < 100);

    start("proxy offer comes late");
    with_proxy();
    proxy->file = "pxe.0";
    proxy->delay = 1500;
    expect(fake_ip(10, 0, 0, 5), "pxe.0");
    CHECK(taken() < 1600);

    start("proxy offer comes too late");
    with_proxy();
    proxy->file = "pxe.0";
    proxy->delay = 11000;
    CHECK_EQUAL(fake_dhcp_run(), E_NO_BOOT_FILE);
}

TEST(proxy_order)
{
    start("proxy offer comes first, and twice");
    with_proxy();
    dhcp->delay = 700;
    proxy->file = "pxe.0";
    proxy->repeat = 1;
    expect(fake_ip(10, 0, 0, 5), "pxe.0");
    CHECK(taken() < 1600);

    start("the DHCP server's own file is preferred");
    with_proxy();
    proxy->file = "pxe.0";
    dhcp->file = "own";
    dhcp->delay = 500;
    expect(fake_ip(10, 0, 0, 1), "own");
    CHECK_EQUAL(fake_lease.proxy.len, 0);

    start("an answer without address and without PXEClient is no proxy");
    with_proxy();
    proxy->pxe = false;
    proxy->file = "bad";
    CHECK_EQUAL(fake_dhcp_run(), E_NO_BOOT_FILE);

    start("one for UEFI's HTTP boot, which names a URI");
    with_proxy();
    proxy->pxe = false;
    options(proxy, RAW("\x3c\x0aHTTPClient\x43\x0chttp://h/a/b"));
    expect(fake_ip(10, 0, 0, 5), "http://h/a/b");
    CHECK(taken() < 100);

    start("only half of that");
    with_proxy();
    proxy->pxe = false;
    options(proxy, RAW("\x3c\x09HTTPClien\x43\x0chttp://h/a/b"));
    CHECK_EQUAL(fake_dhcp_run(), E_NO_BOOT_FILE);

    start("a DHCP server's own offer of that kind");
    options(dhcp, RAW("\x3c\x0aHTTPClient\x43\x0chttp://h/a/b"));
    expect(fake_ip(10, 0, 0, 1), "http://h/a/b");
    CHECK(taken() < 100);

    start("offer names the file, ack does not");
    dhcp->file = "x";
    dhcp->siaddr = fake_ip(10, 0, 0, 9);
    dhcp->offer_only_file = true;
    expect(fake_ip(10, 0, 0, 9), "x");

    start("a second server names the file");
    fake_servers[2] = *dhcp;
    fake_servers[2].ip = fake_ip(10, 0, 0, 3);
    fake_servers[2].file = "two";
    fake_servers[2].delay = 300;
    expect(fake_ip(10, 0, 0, 3), "two");
    CHECK_EQUAL(dhcp->requests, 0);
}

TEST(port_4011)
{
    size_t len;

    start("proxy without file, answers on 4011");
    with_proxy();
    proxy->ack_only_file = true;
    proxy->file = "pxe.0";
    expect(fake_ip(10, 0, 0, 5), "pxe.0");
    CHECK_EQUAL(proxy->pxe_requests, 1);
    struct fake_sent *m = &fake_sent[fake_sent_count - 1];
    CHECK_EQUAL(m->to, proxy->ip);
    CHECK_EQUAL(m->to_port, 4011);
    CHECK_BYTES(m->data + 12, &net.ip, 4); /* ciaddr */
    CHECK(fake_option(m, 60, &len) && fake_option(m, 93, &len) && fake_option(m, 97, &len));
    CHECK(!fake_option(m, 50, &len) && !fake_option(m, 43, &len));

    start("4011 answers the third request");
    with_proxy();
    proxy->ack_only_file = true;
    proxy->file = "pxe.0";
    proxy->deaf = 2;
    proxy->discovers = 2;
    expect(fake_ip(10, 0, 0, 5), "pxe.0");
    CHECK_EQUAL(proxy->pxe_requests, 3);
}

TEST(port_4011_fails)
{
    start("4011 never answers");
    with_proxy();
    proxy->ack_only_file = true;
    proxy->deaf = 1000;
    proxy->discovers = 1000;
    CHECK_EQUAL(fake_dhcp_run(), E_NO_BOOT_FILE);
    CHECK_EQUAL(proxy->pxe_requests, 4);
    CHECK(taken() < 10000);

    start("4011 host does not exist");
    with_proxy();
    proxy->ack_only_file = true;
    proxy->deaf = 1000;
    proxy->discovers = 1000;
    fake_arp_off = true;
    CHECK_EQUAL(fake_dhcp_run(), E_NO_BOOT_FILE);
}

TEST(port_4011_refuses)
{
    start("4011 is closed");
    with_proxy();
    proxy->refuses = true;
    CHECK_EQUAL(fake_dhcp_run(), E_NO_BOOT_FILE);
    CHECK_EQUAL(proxy->pxe_requests, 1);
    CHECK(taken() < 100);

    start("a list with one boot server, closed");
    with_proxy();
    proxy->refuses = true;
    options(proxy, RAW("\x2b\x0d\x06\x01\x03\x08\x07\x80\x00\x01\x0a\0\0\x05\xff"));
    CHECK_EQUAL(fake_dhcp_run(), E_NO_BOOT_FILE);
    CHECK_EQUAL(proxy->pxe_requests, 1);
    CHECK(taken() < 100);

    start("the same from a menu");
    with_proxy();
    proxy->refuses = true;
    options(proxy, RAW("\x2b\x15\x06\x01\x03\x08\x07\x80\x00\x01\x0a\0\0\x05"
                       "\x09\x06\x80\x00\x03One\xff"));
    CHECK_EQUAL(fake_dhcp_run(), 0);
    CHECK_EQUAL(dhcp_find_boot_server(&fake_lease, 0x80), E_REFUSED);
    CHECK_EQUAL(proxy->pxe_requests, 1);
    CHECK(taken() < 100);
}

/* One host's refusal is no reason not to wait for others. */
TEST(others_may_answer)
{
    start("PXEClient in the offer of a server that is none, and a proxy that is very late");
    dhcp->pxe = true;
    dhcp->refuses = true;
    with_proxy();
    proxy->file = "pxe.0";
    proxy->delay = 3000;
    expect(proxy->ip, "pxe.0");

    start("the second boot server of a list");
    with_proxy();
    proxy->refuses = true;
    fake_servers[2] = *proxy;
    fake_servers[2].ip = fake_ip(10, 0, 0, 6);
    fake_servers[2].silent_on_67 = true;
    fake_servers[2].refuses = false;
    fake_servers[2].file = "two";
    fake_servers[2].deaf = 1;
    options(proxy, RAW("\x2b\x11\x06\x01\x03\x08\x0b\x80\x00\x02\x0a\0\0\x05\x0a\0\0\x06\xff"));
    expect(fake_ip(10, 0, 0, 6), "two");
    CHECK(taken() < 1000);

    start("anybody, by broadcast");
    with_proxy();
    proxy->refuses = true;
    options(proxy, RAW("\x2b\x0d\x06\x01\x02\x08\x07\x80\x00\x01\x0a\0\0\x05\xff"));
    CHECK_EQUAL(fake_dhcp_run(), E_NO_BOOT_FILE);
    CHECK_EQUAL(proxy->pxe_requests, 4);
    CHECK(taken() > 7000);
}

TEST(pxe_service)
{
    size_t len;

    for (unsigned i = 0; i < 2; i++) {
        start("DHCP server and PXE service on one host");
        dhcp->pxe = true;
        if (i)
            options(dhcp, RAW("\x2b\x03\x06\x01\x03"));
        fake_servers[2].ip = dhcp->ip;
        fake_servers[2].silent_on_67 = true;
        fake_servers[2].file = "same";
        expect(dhcp->ip, "same");
        /* Option 43 says that the offer comes from the PXE service; 60 alone may mean anything. */
        CHECK(i ? taken() < 100 : taken() >= 2000);
    }

    start("PXEClient in the offer of a server that is none, and a late proxy");
    dhcp->pxe = true;
    with_proxy();
    proxy->file = "pxe.0";
    proxy->delay = 1500;
    expect(fake_ip(10, 0, 0, 5), "pxe.0");

    start("boot server list: the first item is asked for");
    with_proxy();
    options(proxy, RAW("\x2b\x10\x06\x01\x03\x08\x07\x80\x00\x01\x0a\0\0\x05\x0a\x00\xff"));
    proxy->ack_only_file = true;
    proxy->file = "item.0";
    expect(fake_ip(10, 0, 0, 5), "item.0");
    const uint8_t *o = fake_option(&fake_sent[fake_sent_count - 1], 43, &len);
    CHECK(o && len == 7 && !memcmp(o, "\x47\x04\x80\x00\x00\x00\xff", 7));
}
