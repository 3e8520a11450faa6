/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about the network. */
#include <string.h>

#include "fake_boot.h"
#include "fake_dhcp.h"
#include "lib/errors.h"
#include "lib/settings.h"
#include "loader/command.h"
#include "loader/variables.h"
#include "net/dns.h"
#include "platform/nic.h"

static const struct net_driver driver = {.name = "fake"};

static int run(const char *line)
{
    char copy[256];

    nic.driver = &driver;
    strcpy(copy, line);
    fake_shown();
    return command_line(&fake_boot, copy);
}

/* A machine that has booted with 10.0.0.2, and a DHCP server that would give it 10.0.0.9. */
static void served(const char *name)
{
    fake_boot_case(name);
    start(name);
    fake_configure();
    fake_boot.lease.boot_server = fake_ip(10, 0, 0, 7);
    strcpy(fake_boot.lease.boot_file, "old");
    dhcp->yiaddr = fake_ip(10, 0, 0, 9);
    dhcp->file = "new";
}

TEST(cards)
{
    fake_boot_case("a card");
    CHECK_EQUAL(run("ifclose"), 0);
    CHECK(!fake.is_open);
    CHECK_EQUAL(run("ifstat"), 0);
    CHECK_SHOWN("net0: fake 52:54:00:12:34:56, link down\n10.0.0.2/255.255.255.0 gw 10.0.0.1 dns "
                "0.0.0.0\n");
    CHECK_EQUAL(run("ifopen net0"), 0);
    CHECK(fake.is_open);
    CHECK_EQUAL(run("ifstat net0"), 0);
    CHECK_SHOWS("link up");
    CHECK_EQUAL(run("route"), 0);
    CHECK_SHOWS("gw 10.0.0.1");
    CHECK_EQUAL(run("ifclose net1 netX"), 0);
    CHECK(!fake.is_open);
    fake.open_result = E_NO_LINK;
    CHECK_EQUAL(run("ifopen"), E_NO_LINK);

    fake_boot_case("others");
    static const char *const commands[] = {"ifopen net1", "ifclose net1", "dhcp net1",
                                           "ifconf net1 net2"};
    for (unsigned i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
        CHECK_EQUAL(run(commands[i]), E_NO_NIC);
        CHECK(fake.is_open && net.ip == fake_ip(10, 0, 0, 2));
    }
}

TEST(dhcp_again)
{
    served("another lease");
    CHECK_EQUAL(run("ifclose && dhcp"), 0);
    CHECK(fake.is_open);
    CHECK_EQUAL(net.ip, fake_ip(10, 0, 0, 9));
    CHECK_TEXT(fake_boot.lease.boot_file, "new");
    CHECK_SHOWS("DHCP: 10.0.0.9 from 10.0.0.1, boot file new\n");
    CHECK_EQUAL(run("ifconf net0"), 0);
    CHECK_EQUAL(dhcp->requests, 2);

    served("no boot file is none of its business");
    dhcp->file = NULL;
    CHECK_EQUAL(run("dhcp"), 0);
    CHECK_EQUAL(net.ip, fake_ip(10, 0, 0, 9));
    CHECK(taken() < 2100);

    served("nobody answers: what was there stays");
    dhcp->ip = 0;
    CHECK_EQUAL(run("dhcp || echo caught"), 0);
    CHECK_SHOWS("caught");
    CHECK(taken() > 60000);
    CHECK_EQUAL(net.ip, fake_ip(10, 0, 0, 2));
    CHECK_EQUAL(net.mask, fake_ip(255, 255, 255, 0));
    CHECK_EQUAL(net.gateway, fake_ip(10, 0, 0, 1));
    CHECK_EQUAL(fake_boot.lease.boot_server, fake_ip(10, 0, 0, 7));
    CHECK_TEXT(fake_boot.lease.boot_file, "old");

    served("not for longer than");
    dhcp->ip = 0;
    CHECK_EQUAL(run("dhcp --timeout 2000"), E_NO_DHCP);
    CHECK(taken() >= 2000 && taken() < 4000);
    CHECK(!settings[SETTING_TIMEOUT]);
    CHECK_EQUAL(run("dhcp -t soon"), E_ARGUMENTS);

    served("cancelled");
    dhcp->ip = 0;
    fake_cancel_at = 3000;
    CHECK_EQUAL(run("dhcp"), E_CANCELLED);
    CHECK_EQUAL(net.ip, fake_ip(10, 0, 0, 2));
    CHECK_TEXT(fake_boot.lease.boot_file, "old");

    served("no link");
    fake.is_open = false;
    fake.open_result = E_NO_LINK;
    CHECK_EQUAL(run("dhcp"), E_NO_LINK);
    CHECK_EQUAL(net.ip, fake_ip(10, 0, 0, 2));
}

TEST(nslookup)
{
    static const struct dhcp_packet none = {.len = 300};
    char text[32];

    fake_boot_case("an address");
    CHECK_EQUAL(run("nslookup it 10.1.2.3"), 0);
    CHECK(variable_get(&fake_boot, "it", text, sizeof(text)) > 0);
    CHECK_TEXT(text, "10.1.2.3");
    dns_configure(&none);
    CHECK_EQUAL(run("nslookup it host.test"), E_NO_DNS);
    CHECK_EQUAL(run("nslookup it 10.1.2.3.4"), E_NO_DNS);
    CHECK_EQUAL(run("nslookup it"), E_ARGUMENTS);
}

static unsigned echoes;

/* Every second ping is answered. */
static void echo(const uint8_t *frame, size_t len)
{
    uint8_t reply[1514];

    if (frame[12] != 8 || frame[13] != 0 || frame[23] != 1 || ++echoes % 2)
        return;
    memcpy(reply, frame, len);
    memcpy(reply, frame + 6, 6);
    memcpy(reply + 26, frame + 30, 4);
    memcpy(reply + 30, frame + 26, 4);
    reply[34] = 0;
    reply[36] = reply[37] = 0;
    fake_fix_ip(reply);
    uint16_t sum = fake_checksum(reply + 34, len - 34, 0);
    reply[36] = (uint8_t)(sum >> 8);
    reply[37] = (uint8_t)sum;
    fake_deliver(reply, len, 7);
}

TEST(ping)
{
    fake_boot_case("ping");
    fake_on_frame = echo;
    CHECK_EQUAL(run("ping 10.0.0.1"), 0);
    CHECK_SHOWN("10.0.0.1: no answer (E05)\n64 bytes from 10.0.0.1: 2, 7 ms\n"
                "10.0.0.1: no answer (E05)\n64 bytes from 10.0.0.1: 4, 7 ms\n");
    CHECK_EQUAL(run("ping --count 1 --timeout 50 --size 1472 10.0.0.1"), E_TIMEOUT);
    CHECK_EQUAL(run("ping -c 1 -s 1472 10.0.0.1"), 0);
    CHECK_SHOWN("1472 bytes from 10.0.0.1: 1, 7 ms\n");
    CHECK_EQUAL(run("ping -s 1473 10.0.0.1"), E_ARGUMENTS);
    CHECK_EQUAL(run("ping -c x 10.0.0.1"), E_ARGUMENTS);
    echoes = 0;
    CHECK_EQUAL(run("ping host.test"), E_NO_DNS);
    CHECK_EQUAL(echoes, 0);
    fake_cancel_at = fake_now + 2500;
    CHECK_EQUAL(run("ping -c 1000000000 10.0.0.1"), E_CANCELLED);
}
