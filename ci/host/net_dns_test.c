/* SPDX-License-Identifier: BSD-2-Clause */
/* Names to addresses, by name servers that are good, slow, dead or of no use. */
#include <string.h>

#include "fake_dns.h"
#include "lib/errors.h"
#include "net/arp.h"
#include "net/dns.h"

TEST(addresses)
{
    fake_dns_case("a host", fake_zone, 1);
    fake_expect("files.lab.test", 7);
    CHECK_EQUAL(fake_question_count, 1);
    CHECK_TEXT(fake_questions[0], "files.lab.test");
    fake_expect("FILES.Lab.Test", 7);
    fake_expect("files.lab.test.", 7);
    fake_expect("www.lab.test", 7);
    fake_expect("a.test", 7);
    fake_expect("top.", 9);

    fake_dns_case("compressed", fake_zone, 1);
    fake_name_servers[0].compressed = true;
    fake_expect("a.test", 7);

    fake_dns_case("in another order", fake_zone, 1);
    fake_name_servers[0].backwards = true;
    fake_expect("a.test", 7);
    CHECK_EQUAL(fake_question_count, 1);

    fake_dns_case("aliases whose target is not in the answer", fake_zone, 1);
    fake_name_servers[0].one_by_one = true;
    fake_expect("a.test", 7);
    CHECK_EQUAL(fake_question_count, 4);
    CHECK_TEXT(fake_questions[1], "b.test");
    CHECK_TEXT(fake_questions[3], "files.lab.test");
    CHECK(fake_ids[0] != fake_ids[1] && fake_ids[1] != fake_ids[2]);
    CHECK(fake_ports[0] != fake_ports[1] && fake_ports[1] != fake_ports[2]);
}

TEST(no_such_name)
{
    fake_dns_case("none", fake_zone, 2);
    CHECK_EQUAL(fake_resolve("absent.test"), E_NAME);
    CHECK_EQUAL(fake_question_count, 1); /* what one says of the fake_zone, all would say */
    CHECK_EQUAL(fake_resolve("nowhere.test"), E_NAME);

    fake_dns_case("a name without an address", fake_zone, 1);
    fake_name_servers[0].raw = (const uint8_t *)"";
    CHECK_EQUAL(fake_resolve("files.lab.test"), E_NAME);

    fake_dns_case("no name server", fake_zone, 0);
    CHECK_EQUAL(fake_resolve("files.lab.test"), E_NO_DNS);

    fake_dns_case("aliases in a circle", fake_zone, 1);
    CHECK_EQUAL(fake_resolve("loop.test"), E_PROTOCOL);
    CHECK_EQUAL(fake_resolve("self.test"), E_PROTOCOL);
    fake_name_servers[0].one_by_one = true;
    fake_question_count = 0;
    CHECK_EQUAL(fake_resolve("loop.test"), E_PROTOCOL);
    CHECK_EQUAL(fake_question_count, 16);
    CHECK(fake_taken() < 100);
}

/* A label or a name that is too long, or empty, is asked of nobody. */
TEST(names)
{
    char label[80], name[400];

    for (unsigned n = 62; n <= 65; n++) {
        fake_dns_case("label", fake_zone, 1);
        memset(label, 'x', n);
        label[n] = 0;
        CHECK_EQUAL(fake_resolve(label), E_NAME);
        CHECK_EQUAL(fake_question_count, n <= 63);
    }
    for (unsigned n = 200; n < 400; n++) {
        fake_dns_case("length", fake_zone, 1);
        for (unsigned i = 0; i < n; i++)
            name[i] = i % 50 == 49 ? '.' : 'y';
        name[n - 1] = 'y';
        name[n] = 0;
        CHECK_EQUAL(fake_resolve(name), E_NAME);
        CHECK_EQUAL(fake_question_count, n <= 253);
    }
    fake_dns_case("a label of 256 characters and more", fake_zone, 1);
    memset(name, 'x', 399);
    name[300] = 0;
    CHECK_EQUAL(fake_resolve(name), E_NAME);
    memcpy(name + 240, ".a.b", 5);
    CHECK_EQUAL(fake_resolve(name), E_NAME);
    static const char *const odd[] = {".", "..", "a..b", ".a", "a..", "..a.b"};
    for (unsigned i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
        fake_case(odd[i]);
        CHECK_EQUAL(fake_resolve(odd[i]), E_NAME);
    }
    CHECK_EQUAL(fake_question_count, 0);
}

static void domains(const char *first, const char *second)
{
    memset(net.search, 0, sizeof(net.search));
    strcpy(net.search, first);
    if (*first)
        strcpy(net.search + strlen(first) + 1, second);
}

TEST(search)
{
    fake_dns_case("without a dot: in the domains first", fake_zone, 1);
    domains("lab.test", "");
    fake_expect("files", 7);
    CHECK_EQUAL(fake_question_count, 1);
    CHECK_TEXT(fake_questions[0], "files.lab.test");
    domains("absent.", "lab.test.");
    fake_expect("www", 7);
    CHECK_EQUAL(fake_question_count, 3);
    CHECK_TEXT(fake_questions[1], "www.absent");

    fake_dns_case("then as it stands", fake_zone, 1);
    domains("one.test", "two.test");
    fake_expect("top", 9);
    CHECK_EQUAL(fake_question_count, 3);
    CHECK_TEXT(fake_questions[2], "top");

    fake_dns_case("with a dot: as it stands first", fake_zone, 1);
    domains("lab.test", "");
    fake_expect("x.sub", 8);
    CHECK_EQUAL(fake_question_count, 2);
    CHECK_TEXT(fake_questions[0], "x.sub");
    CHECK_TEXT(fake_questions[1], "x.sub.lab.test");

    fake_dns_case("with a dot at the end: only so", fake_zone, 1);
    domains("lab.test", "");
    CHECK_EQUAL(fake_resolve("files."), E_NAME);
    CHECK_EQUAL(fake_question_count, 1);
    CHECK_EQUAL(fake_resolve("x.sub."), E_NAME);
    CHECK_EQUAL(fake_question_count, 2);

    fake_dns_case("no answer ends the search", fake_zone, 1);
    domains("lab.test", "other.test");
    fake_name_servers[0].silent = true;
    CHECK_EQUAL(fake_resolve("files"), E_TIMEOUT);
    CHECK_EQUAL(fake_question_count, 4);
    CHECK(fake_taken() >= 7500 && fake_taken() < 7600);

    fake_dns_case("nobody has it", fake_zone, 1);
    domains("one.test", "two.test");
    CHECK_EQUAL(fake_resolve("none"), E_NAME);
    CHECK_EQUAL(fake_question_count, 3);
}

static uint32_t arp_from; /* ms */

static void no_arp_for_first(const uint8_t *frame, size_t len)
{
    fake_arp_off = frame[12] == 8 && frame[13] == 6 && frame[41] == 53 && fake_taken() < arp_from;
}

TEST(servers)
{
    fake_dns_case("a dead one costs half a second", fake_zone, 2);
    fake_name_servers[0].silent = true;
    fake_expect("files.lab.test", 7);
    CHECK(fake_taken() >= 500 && fake_taken() < 520);
    CHECK_TEXT(fake_questions[1], "files.lab.test");
    CHECK_EQUAL(dns_resolve("www.lab.test", &fake_address), 0);
    CHECK(fake_taken() < 520); /* and only once */
    CHECK_EQUAL(fake_name_servers[0].asked, 1);

    fake_dns_case("one that is not there at all", fake_zone, 2);
    arp_forget();
    arp_from = UINT32_MAX;
    fake_on_frame = no_arp_for_first;
    fake_expect("files.lab.test", 7);
    CHECK(fake_taken() >= 900 && fake_taken() < 1000); /* four requests */
    CHECK_EQUAL(dns_resolve("www.lab.test", &fake_address), 0);
    CHECK(fake_taken() < 1000); /* once */

    fake_dns_case("the only one answers ARP late: in the second turn", fake_zone, 1);
    arp_forget();
    fake_on_frame = no_arp_for_first;
    arp_from = 1500;
    fake_expect("files.lab.test", 7);
    CHECK(fake_taken() >= 1500 && fake_taken() < 2000);

    fake_dns_case("the last of four", fake_zone, 4);
    net.dns[0] = net.dns[2] = 0;
    fake_name_servers[1].silent = true;
    fake_expect("files.lab.test", 7);
    CHECK_EQUAL(fake_question_count, 2);

    fake_dns_case("one that does not listen costs nothing", fake_zone, 2);
    fake_name_servers[0].closed = fake_name_servers[1].closed = true;
    CHECK_EQUAL(fake_resolve("files.lab.test"), E_REFUSED);
    CHECK(fake_taken() < 50);
    fake_name_servers[1].closed = false;
    fake_expect("files.lab.test", 7);
    CHECK(fake_taken() < 60);

    for (unsigned code = 1; code < 16; code++) {
        fake_dns_case("one that fails", fake_zone, 2);
        fake_name_servers[0].code = fake_name_servers[1].code = code;
        CHECK_EQUAL(fake_resolve("files.lab.test"), E_NAME);
        CHECK_EQUAL(fake_question_count, code == 3 ? 1 : 3);
        if (code == 3)
            continue;
        fake_name_servers[1].code = 0;
        fake_expect("files.lab.test", 7);
        CHECK(fake_taken() < 50);
        fake_name_servers[1].silent = true;
        CHECK_EQUAL(fake_resolve("files.lab.test"), E_NAME);
        CHECK(fake_taken() < 570);
    }
}

TEST(patience)
{
    fake_dns_case("answers that get lost", fake_zone, 1);
    fake_name_servers[0].delay = 5000; /* late, but from the server that was asked */
    fake_expect("files.lab.test", 7);
    CHECK(fake_taken() >= 5000 && fake_taken() < 5010);

    fake_dns_case("cancelled", fake_zone, 1);
    fake_name_servers[0].silent = true;
    fake_cancel_at = 3000;
    CHECK_EQUAL(fake_resolve("files.lab.test"), E_CANCELLED);
    CHECK(fake_taken() < 2010);

    fake_dns_case("no way", fake_zone, 1);
    net.dns[0] = fake_ip(10, 9, 9, 9);
    net.gateway = 0;
    CHECK_EQUAL(fake_resolve("files.lab.test"), E_NO_ROUTE);
}
