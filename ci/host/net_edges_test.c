/* SPDX-License-Identifier: BSD-2-Clause */
/* Lengths and values at their limits: of DHCP options, of datagrams and of pings. */
#include <string.h>

#include <sanitizer/asan_interface.h>

#include "fake_link.h"
#include "lib/byteorder.h"
#include "lib/parse.h"
#include "net/dhcp_options.h"
#include "net/udp.h"

static struct dhcp_packet p;

/* A message with one option at its end; nothing may be read behind that. */
static void option(uint8_t tag, const void *value, uint8_t len)
{
    ASAN_UNPOISON_MEMORY_REGION(p.data, sizeof(p.data));
    memset(p.data, 0, sizeof(p.data));
    memcpy(p.data + BOOTP_FIXED, "\x63\x82\x53\x63", 4);
    p.data[BOOTP_FIXED + 4] = tag;
    p.data[BOOTP_FIXED + 5] = len;
    memcpy(p.data + BOOTP_FIXED + 6, value, len);
    p.len = BOOTP_FIXED + 6u + len;
    ASAN_POISON_MEMORY_REGION(p.data + p.len, sizeof(p.data) - p.len);
}

TEST(short_addresses)
{
    fake_case("short addresses");
    for (uint8_t len = 0; len <= 4; len++) {
        option(OPTION_SERVER_ID, "\x0a\0\0\1", len);
        CHECK_EQUAL(dhcp_server(&p), len < 4 ? 0 : fake_ip(10, 0, 0, 1));
    }
}

/* Neither length nor value may be looked for behind the end. */
TEST(options_cut_off)
{
    fake_case("options that are cut off");
    for (size_t missing = 1; missing <= 5; missing++) {
        option(OPTION_SERVER_ID, "\x0a\0\0\1", 4);
        ASAN_POISON_MEMORY_REGION(p.data + p.len - missing, missing);
        p.len -= missing;
        CHECK_EQUAL(dhcp_server(&p), 0);
    }
}

/* RFC 2132 leaves the form of option 66 open: it is an address only when it is a good one. */
TEST(address_texts)
{
    static const struct {
        const char *text;
        bool good;
    } texts[] = {{"10.0.0.255", true}, {"10.0.0.256", false}, {"256.0.0.1", false},
                 {"10.0.0", false},    {"10.0.0.1.", false},  {"10.0..1", false}};

    fake_case("addresses as text");
    for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        uint32_t address = 1;

        const char *behind = parse_address(texts[i].text, &address);
        CHECK_EQUAL(behind && !*behind, texts[i].good);
        if (texts[i].good)
            CHECK_EQUAL(address, fake_ip(10, 0, 0, 255));
    }
}

/* Two pieces, together 400 bytes or one more. */
TEST(long_names)
{
    char name[DHCP_NAME_MAX + 1], text[255];

    fake_case("names of the greatest length");
    memset(text, 'n', sizeof(text));
    for (unsigned more = 0; more < 2; more++) {
        option(OPTION_BOOT_FILE, text, 200);
        ASAN_UNPOISON_MEMORY_REGION(p.data, sizeof(p.data));
        p.data[p.len] = OPTION_BOOT_FILE;
        p.data[p.len + 1] = (uint8_t)(200 + more);
        memcpy(p.data + p.len + 2, text, 200 + more);
        p.len += 202 + more;
        dhcp_option_string(&p, OPTION_BOOT_FILE, name, DHCP_NAME_MAX);
        CHECK_EQUAL(strlen(name), more ? 0 : DHCP_NAME_MAX);
    }
}

/* RFC 791 section 3.2. */
TEST(class_masks)
{
    static const struct {
        uint8_t first;
        uint32_t mask;
    } classes[] = {{1, 0xff000000},   {127, 0xff000000}, {128, 0xffff0000},
                   {191, 0xffff0000}, {192, 0xffffff00}, {223, 0xffffff00}};
    static struct dhcp_lease lease;

    fake_case("masks of addresses without one");
    for (unsigned i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        option(OPTION_TYPE, "\5", 1);
        p.data[16] = classes[i].first;
        p.data[19] = 9;
        ASAN_UNPOISON_MEMORY_REGION(p.data, sizeof(p.data));
        lease.ack = p;
        dhcp_bind(&lease);
        CHECK_EQUAL(net.ip, fake_ip(classes[i].first, 0, 0, 9));
        CHECK_EQUAL(be32(net.mask), classes[i].mask);
    }
}

static unsigned received;
static size_t received_len;

static void receive(struct udp_socket *socket, const struct udp_datagram *d)
{
    received++;
    received_len = d->len;
}

/* Without a checksum only the lengths say what belongs to a datagram. */
TEST(datagram_lengths)
{
    static struct udp_socket socket = {.port = 5000, .receive = receive};
    uint8_t frame[60];

    fake_case("UDP lengths against the packet's");
    fake_configure();
    udp_open(&socket);
    for (int more = -9; more <= 2; more++) {
        size_t len = fake_udp_frame(frame, fake_ip(10, 0, 0, 7), 6000, net.ip, 5000, "datagram", 8);

        frame[39] = (uint8_t)(16 + more);
        frame[40] = frame[41] = 0;
        received = 0;
        fake_deliver(frame, len, 0);
        net_poll();
        CHECK_EQUAL(received, more >= -8 && more <= 0);
        CHECK(!received || received_len == (size_t)(8 + more));
    }
    udp_close(&socket);
}

static unsigned answers;

static void count_answer(const uint8_t *frame, size_t len)
{
    answers += frame[23] == 1;
}

/* An echo request of four bytes is a whole one. */
TEST(ping_lengths)
{
    static const uint8_t echo[8] = {8, 0, 0xf7, 0xff};
    uint8_t frame[60];

    fake_case("pings of few bytes");
    fake_configure();
    fake_on_frame = count_answer;
    for (size_t len = 0; len <= 4; len++) {
        fake_udp_frame(frame, fake_ip(10, 0, 0, 7), 0, net.ip, 0, echo, sizeof(echo));
        frame[17] = (uint8_t)(20 + len);
        frame[23] = 1;
        memcpy(frame + 34, echo, sizeof(echo));
        fake_fix_ip(frame);
        answers = 0;
        fake_deliver(frame, 34 + len, 0);
        net_poll();
        CHECK_EQUAL(answers, len == 4);
    }
}
