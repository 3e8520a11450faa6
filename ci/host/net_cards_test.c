/* SPDX-License-Identifier: BSD-2-Clause */
/* What changes when a machine has several cards: patience, and what is known of the neighbours. */
#include "lib/errors.h"
#include "fake_dhcp.h"
#include "net/arp.h"

TEST(patience)
{
    start("in a hurry");
    net.hurried = true;
    dhcp->deaf = 100;
    CHECK_EQUAL(fake_dhcp_run(), E_NO_DHCP);
    CHECK_EQUAL(dhcp->discovers, 3);
    CHECK(fake_now < 10000);

    start("in a hurry, an answer is taken all the same");
    net.hurried = true;
    dhcp->deaf = 2;
    dhcp->file = "x";
    expect(fake_ip(10, 0, 0, 1), "x");

    start("not in a hurry");
    dhcp->deaf = 100;
    CHECK_EQUAL(fake_dhcp_run(), E_NO_DHCP);
    CHECK(dhcp->discovers > 3 && fake_now > 30000);
}

TEST(neighbours)
{
    uint8_t mac[6];

    fake_case("the next card's network has the same addresses");
    fake_configure();
    arp_forget(); /* what the cases before this one left */
    CHECK_EQUAL(arp_resolve(fake_ip(10, 0, 0, 1), mac), 0);
    CHECK_EQUAL(arp_resolve(fake_ip(10, 0, 0, 1), mac), 0);
    CHECK_EQUAL(fake_arp_requests, 1);
    arp_forget();
    CHECK_EQUAL(arp_resolve(fake_ip(10, 0, 0, 1), mac), 0);
    CHECK_EQUAL(fake_arp_requests, 2);
    arp_forget();
    fake_arp_off = true;
    CHECK_EQUAL(arp_resolve(fake_ip(10, 0, 0, 1), mac), E_NO_ARP);
}
