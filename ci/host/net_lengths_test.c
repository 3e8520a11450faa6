/* SPDX-License-Identifier: BSD-2-Clause */
/* Lengths in frames that contradict each other: of the frame, the IPv4 header, the packet, and what
 * it carries. */
#include "inbox.h"

static void make(size_t len)
{
    static const uint8_t data[100] = "data";

    fake_udp_frame(frame, fake_ip(10, 0, 0, 7), 6000, net.ip, 5000, data, len);
}

static void set_total(unsigned total)
{
    frame[16] = (uint8_t)(total >> 8);
    frame[17] = (uint8_t)total;
    fake_fix_ip(frame);
}

TEST(frames)
{
    start("frames below their headers");
    for (size_t len = 0; len < 42; len++) {
        make(0);
        deliver(len);
        CHECK_EQUAL(received, 0);
    }
    make(0);
    deliver(42);
    CHECK_EQUAL(received, 1);
    for (unsigned header = 20; header <= 60; header += 4) { /* longer than the whole frame */
        make(0);
        frame[14] = (uint8_t)(0x40 | header / 4);
        for (size_t len = 34; len < 14 + header; len++) {
            set_total((unsigned)len - 14);
            deliver(len);
            CHECK_EQUAL(received, 0);
        }
    }
}

/* Each header is such that a UDP datagram is found wherever it may be thought to start: only the
 * length can tell that it is no header. */
TEST(ip_header)
{
    struct udp_socket any = {.port = UDP_ANY_PORT, .receive = receive};

    start("IPv4 header below 20 bytes");
    udp_open(&any);
    net.ip = net.mask = 0;
    for (unsigned words = 0; words < 6; words++) {
        make(100);
        frame[14] = (uint8_t)(0x40 | words);
        for (unsigned i = 26; i < 40; i += 4)
            memcpy(frame + i, "\0\x14\0\0", 4); /* length 20, no checksum */
        fake_fix_ip(frame);
        if (words == 2) { /* too short for the checksum: make it good by the ID */
            uint16_t sum = fake_checksum(frame + 14, 8, 0);
            frame[18] = (uint8_t)(sum >> 8);
            frame[19] = (uint8_t)sum;
        }
        deliver(142);
        CHECK_EQUAL(received, words == 5);
    }
    udp_close(&any);
}

TEST(ip_lengths)
{
    start("IPv4 length below its header");
    for (unsigned total = 0; total < 20; total++) {
        make(10);
        set_total(total);
        deliver(52);
        CHECK_EQUAL(received, 0);
    }
    for (unsigned words = 6; words < 16; words++) {
        make(60);
        memset(frame + 34, 1, 40);
        memcpy(frame + 14 + 4 * words, "\x17\x70\x13\x88\0\x09\0\0x", 9);
        frame[14] = (uint8_t)(0x40 | words);
        set_total(4 * words + 9);
        deliver(102);
        CHECK_EQUAL(received, 1);
        set_total(4 * words - 1);
        deliver(102);
        CHECK_EQUAL(received, 0);
    }

    start("IPv4 length beyond the frame");
    for (unsigned more = 1; more < 60; more++) {
        make(10);
        set_total(38 + more);
        deliver(52);
        CHECK_EQUAL(received, 0);
    }
    make(10);
    set_total(0xffff);
    deliver(52);
    CHECK_EQUAL(received, 0);

    start("another version of IP");
    for (unsigned version = 0; version < 16; version++) {
        make(10);
        frame[14] = (uint8_t)(version << 4 | 5);
        fake_fix_ip(frame);
        deliver(52);
        CHECK_EQUAL(received, version == 4);
    }
}

/* Too short to be what they say: what stands behind the frame is out of bounds. */
TEST(short_payloads)
{
    start("UDP below its header");
    for (unsigned len = 0; len < 8; len++) {
        make(10);
        memcpy(frame + 38, "\0\x08\0\0", 4); /* length 8, no checksum */
        set_total(20 + len);
        deliver(34 + len);
        CHECK_EQUAL(received, 0);
    }
    start("ICMP below its header");
    for (unsigned len = 0; len < 8; len++) {
        make(10);
        frame[23] = 1;
        memcpy(frame + 34, "\x08\0\xf7\xff\0\0\0\0", 8); /* echo request */
        set_total(20 + len);
        fake_transmits = 0;
        deliver(34 + len);
        CHECK_EQUAL(fake_transmits, len >= 4);
    }

    start("UDP length below its header");
    for (unsigned len = 0; len < 8; len++) {
        make(10);
        frame[39] = (uint8_t)len;
        memset(frame + 40, 0, 2);
        deliver(52);
        CHECK_EQUAL(received, 0);
    }
}
