/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose answers the DHCP client believes. */
#include <string.h>

#include "lib/errors.h"
#include "fake_dhcp.h"

static struct fake_server *const rogue = &fake_servers[2];

/* A server that answers requests made of others; to be asked before the right one. */
static void with_rogue(uint8_t type)
{
    *rogue = fake_servers[0];
    rogue->ip = fake_ip(10, 0, 0, 66);
    rogue->file = "evil";
    rogue->silent_on_67 = true;
    rogue->meddles = type;
    dhcp->delay = 20;
}

TEST(verdicts)
{
    start("another server's ACK, with the same address");
    dhcp->file = "right";
    with_rogue(5);
    expect(dhcp->ip, "right");
    CHECK_EQUAL(fake_lease.server_id, dhcp->ip);
    CHECK_EQUAL(fake_sent_count, 2);

    start("an ACK without a server identifier");
    dhcp->file = "right";
    dhcp->siaddr = dhcp->ip;
    with_rogue(5);
    rogue->no_server_id = true;
    expect(dhcp->ip, "right");

    start("another server's NAK");
    dhcp->file = "right";
    with_rogue(6);
    expect(dhcp->ip, "right");
    CHECK_EQUAL(fake_sent_count, 2);

    start("a NAK without a server identifier");
    dhcp->file = "right";
    with_rogue(6);
    rogue->no_server_id = true;
    expect(dhcp->ip, "right");
    CHECK_EQUAL(fake_sent_count, 2);

    start("the right identifier, but another address");
    dhcp->file = "right";
    with_rogue(5);
    rogue->poses_as = dhcp->ip;
    rogue->yiaddr = fake_ip(10, 0, 0, 77);
    expect(dhcp->ip, "right");
    CHECK_EQUAL(net.ip, dhcp->yiaddr);

    start("a server without identifier all along");
    dhcp->file = "x";
    dhcp->siaddr = dhcp->ip;
    dhcp->no_server_id = true;
    expect(dhcp->ip, "x");
}

TEST(ports)
{
    static const uint16_t wrong[] = {1, 66, 68, 69, 4010, 4012, 40000};

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        start("not from a server's port");
        dhcp->file = "evil";
        dhcp->from_port = wrong[i];
        rogue->ip = fake_ip(10, 0, 0, 3);
        rogue->yiaddr = dhcp->yiaddr;
        rogue->file = "right";
        rogue->delay = 100;
        expect(rogue->ip, "right");
    }
}

TEST(service)
{
    start("port 4011 of a host that was not asked");
    with_proxy();
    proxy->ack_only_file = true;
    proxy->file = "right";
    with_rogue(5);
    rogue->yiaddr = 0;
    rogue->pxe = true;
    proxy->delay = 40;
    expect(proxy->ip, "right");

    start("the same under the right name");
    with_proxy();
    proxy->ack_only_file = true;
    proxy->file = "right";
    with_rogue(5);
    rogue->yiaddr = 0;
    rogue->pxe = true;
    rogue->poses_as = proxy->ip;
    proxy->delay = 40;
    expect(proxy->ip, "right");

    start("nobody else answers");
    with_proxy();
    proxy->ack_only_file = true;
    proxy->deaf = proxy->discovers = 1000;
    with_rogue(5);
    rogue->yiaddr = 0;
    rogue->pxe = true;
    CHECK_EQUAL(fake_dhcp_run(), E_NO_BOOT_FILE);
}

static uint32_t xid(unsigned message)
{
    uint32_t id;

    memcpy(&id, fake_sent[message].data + 4, sizeof(id));
    return id;
}

/* Two clients with one MAC address at one time, and the next exchange of one client: whoever knows
 * a number of theirs cannot tell another. */
TEST(numbers)
{
    uint32_t seen[64], difference = 0;

    for (unsigned i = 0; i < 64; i++) {
        start("transaction numbers");
        fake_noise = i; /* all that tells one start from the other */
        dhcp->file = "x";
        expect(dhcp->ip, "x");
        CHECK_EQUAL(xid(0), xid(1));
        seen[i] = xid(0);
        for (unsigned j = 0; j < i; j++)
            CHECK(seen[i] != seen[j]);
        if (i > 1)
            CHECK(seen[i] - seen[i - 1] != difference);
        if (i)
            difference = seen[i] - seen[i - 1];
    }

    start("another number after a refusal");
    dhcp->file = "x";
    dhcp->naks = 1;
    expect(dhcp->ip, "x");
    CHECK(xid(2) != xid(0) && xid(2) - xid(0) > 100);
}
