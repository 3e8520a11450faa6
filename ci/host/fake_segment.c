/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "fake_segment.h"

enum { ETHERNET = 14, IP = 20, TCP = 20, DATA = ETHERNET + IP + TCP };

void fake_put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

void fake_put32(uint8_t *p, uint32_t v)
{
    fake_put16(p, v >> 16);
    fake_put16(p + 2, v & 0xffff);
}

unsigned fake_get16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

uint32_t fake_get32(const uint8_t *p)
{
    return (uint32_t)fake_get16(p) << 16 | fake_get16(p + 2);
}

static uint32_t pseudo_sum(const uint8_t *frame, size_t len)
{
    uint8_t pseudo[12] = {0};

    memcpy(pseudo, frame + 26, 8);
    pseudo[9] = 6;
    fake_put16(pseudo + 10, (unsigned)(len - ETHERNET - IP));
    return (uint16_t)~fake_checksum(pseudo, 12, 0);
}

void fake_segment_fix(uint8_t *frame, size_t len)
{
    fake_put16(frame + 50, 0);
    fake_put16(frame + 50,
               fake_checksum(frame + ETHERNET + IP, len - ETHERNET - IP, pseudo_sum(frame, len)));
}

size_t fake_segment_frame(uint8_t *frame, const struct fake_segment *s, unsigned from, unsigned to)
{
    size_t header = TCP + s->options_len, len = ETHERNET + IP + header + s->len;

    fake_udp_frame(frame, fake_ip(10, 0, 0, 1), (uint16_t)from, net.ip, (uint16_t)to, "", 0);
    fake_put16(frame + 16, (unsigned)(len - ETHERNET));
    frame[23] = 6;
    fake_fix_ip(frame);
    fake_put32(frame + 38, s->seq);
    fake_put32(frame + 42, s->ack);
    frame[46] = (uint8_t)(header / 4 << 4);
    frame[47] = (uint8_t)s->flags;
    fake_put16(frame + 48, s->window);
    fake_put16(frame + 52, 0);
    if (s->options_len)
        memcpy(frame + DATA, s->options, s->options_len);
    if (s->len)
        memcpy(frame + ETHERNET + IP + header, s->data, s->len);
    fake_segment_fix(frame, len);
    return len;
}

bool fake_segment_of(struct fake_segment *s, const uint8_t *frame, size_t len, unsigned port)
{
    size_t header;
    uint32_t server = fake_ip(10, 0, 0, 1);

    if (fake_get16(frame + 12) != 0x0800 || frame[23] != 6 || memcmp(frame + 30, &server, 4))
        return false;
    CHECK(len >= DATA);
    CHECK_EQUAL(fake_get16(frame + 16), len - ETHERNET);
    CHECK_EQUAL(frame[14], 0x45);
    CHECK_EQUAL(fake_checksum(frame + ETHERNET, IP, 0), 0);
    CHECK_EQUAL(fake_checksum(frame + ETHERNET + IP, len - ETHERNET - IP, pseudo_sum(frame, len)),
                0);
    CHECK_EQUAL(fake_get16(frame + 36), port);
    header = (frame[46] >> 4) * 4u;
    if (!CHECK(header >= TCP && ETHERNET + IP + header <= len))
        return false;
    CHECK(!(frame[46] & 15) && !fake_get16(frame + 52));
    s->flags = frame[47];
    CHECK(!(s->flags & ~31u));
    s->seq = fake_get32(frame + 38);
    s->ack = fake_get32(frame + 42);
    s->window = fake_get16(frame + 48);
    s->options = frame + DATA;
    s->options_len = header - TCP;
    s->data = frame + ETHERNET + IP + header;
    s->len = len - ETHERNET - IP - header;
    s->port = (uint16_t)fake_get16(frame + 34);
    return true;
}
