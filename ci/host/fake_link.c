/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include <sanitizer/asan_interface.h>

#include "platform/bios/timer.h"
#include "fake_link.h"

uint32_t fake_now, fake_cancel_at, fake_noise;
unsigned fake_transmits, fake_arp_requests, fake_cancel_calls;
int fake_transmit_result;
bool fake_arp_off;
void (*fake_on_udp)(const struct fake_datagram *d);
void (*fake_on_frame)(const uint8_t *frame, size_t len);
void (*fake_on_idle)(void);

struct frame {
    struct frame *next;
    uint32_t due;
    size_t len;
    uint8_t data[];
};
static struct frame *queue;

static void put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static unsigned get16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

/* Clock and keyboard. */
uint32_t timer_ms(void)
{
    return fake_now;
}

static uint32_t noise(void)
{
    return fake_noise;
}

static bool cancelled(void)
{
    if (fake_cancel_calls > 1)
        fake_cancel_calls--;
    return fake_cancel_calls == 1 || (fake_cancel_at && fake_now >= fake_cancel_at);
}

static void idle(void)
{
}

uint32_t fake_ip(unsigned a, unsigned b, unsigned c, unsigned d)
{
    uint8_t bytes[4] = {(uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d};
    uint32_t ip;
    memcpy(&ip, bytes, 4);
    return ip;
}

void fake_mac_of(uint32_t ip, uint8_t mac[6])
{
    mac[0] = 2;
    mac[1] = 0xee;
    memcpy(mac + 2, &ip, 4);
}

uint16_t fake_checksum(const uint8_t *data, size_t len, uint32_t sum)
{
    for (size_t i = 0; i < len; i++)
        sum += i & 1 ? data[i] : (uint32_t)data[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

/* Frames come out in the order of their time; of one time, in the order they were put in. */
void fake_deliver(const void *data, size_t len, uint32_t delay)
{
    struct frame *f = malloc(sizeof(*f) + len), **link = &queue;

    f->due = fake_now + delay;
    f->len = len;
    memcpy(f->data, data, len);
    while (*link && (*link)->due <= f->due)
        link = &(*link)->next;
    f->next = *link;
    *link = f;
}

/* The clock moves by 1 ms each time the stack finds nothing. What stands behind a frame in the
 * buffer is out of bounds. */
static int poll_queue(void *buf, size_t cap)
{
    struct frame *f = queue;

    ASAN_UNPOISON_MEMORY_REGION(buf, cap);

    if (!f || f->due > fake_now) {
        fake_now++;
        if (fake_on_idle)
            fake_on_idle();
        return 0;
    }
    int len = f->len > cap ? -1 : (int)f->len;
    if (len > 0) {
        memcpy(buf, f->data, f->len);
        ASAN_POISON_MEMORY_REGION((uint8_t *)buf + len, cap - f->len);
    }
    queue = f->next;
    free(f);
    return len;
}

static void answer_arp(const uint8_t *request)
{
    uint8_t reply[60] = {0};

    fake_arp_requests++;
    if (fake_arp_off)
        return;
    memcpy(reply, request + 6, 6);
    uint32_t ip;
    memcpy(&ip, request + 38, 4);
    fake_mac_of(ip, reply + 6);
    memcpy(reply + 12, request + 12, 8);
    put16(reply + 20, 2);
    memcpy(reply + 22, reply + 6, 6);
    memcpy(reply + 28, request + 38, 4);
    memcpy(reply + 32, request + 22, 10);
    fake_deliver(reply, sizeof(reply), 0);
}

static void take_udp(const uint8_t *frame, size_t len)
{
    struct fake_datagram d;
    uint8_t pseudo[12] = {0};

    CHECK_EQUAL(get16(frame + 16), len - 14);
    CHECK_EQUAL(frame[14], 0x45);
    CHECK_EQUAL(fake_checksum(frame + 14, 20, 0), 0);
    CHECK_EQUAL(get16(frame + 38), len - 34);
    CHECK(get16(frame + 40) != 0);
    memcpy(pseudo, frame + 26, 8);
    pseudo[9] = 17;
    put16(pseudo + 10, (unsigned)(len - 34));
    uint32_t sum = (uint16_t)~fake_checksum(pseudo, 12, 0);
    CHECK_EQUAL(fake_checksum(frame + 34, len - 34, sum), 0);
    CHECK_BYTES(frame + 6, net.mac, 6);
    memcpy(d.to_mac, frame, 6);
    memcpy(&d.from, frame + 26, 4);
    memcpy(&d.to, frame + 30, 4);
    d.from_port = (uint16_t)get16(frame + 34);
    d.to_port = (uint16_t)get16(frame + 36);
    d.data = frame + 42;
    d.len = len - 42;
    if (fake_on_udp)
        fake_on_udp(&d);
}

static int take_frame(const void *data, size_t len)
{
    const uint8_t *frame = data;

    fake_transmits++;
    CHECK(len >= 14 && len <= 1514);
    if (fake_transmit_result)
        return fake_transmit_result;
    if (fake_on_frame)
        fake_on_frame(frame, len);
    if (get16(frame + 12) == 0x0806 && get16(frame + 20) == 1)
        answer_arp(frame);
    else if (get16(frame + 12) == 0x0800 && len >= 42 && frame[23] == 17)
        take_udp(frame, len);
    return 0;
}

const struct net_port net_port = {
    .transmit = take_frame,
    .poll = poll_queue,
    .idle = idle,
    .cancelled = cancelled,
    .now = timer_ms,
    .noise = noise,
};

size_t fake_udp_frame(uint8_t *frame, uint32_t from, uint16_t from_port, uint32_t to,
                      uint16_t to_port, const void *data, size_t len)
{
    uint8_t pseudo[12] = {0};

    memset(frame, 0, 42);
    if (to == 0xffffffff)
        memset(frame, 0xff, 6);
    else
        memcpy(frame, net.mac, 6);
    fake_mac_of(from, frame + 6);
    put16(frame + 12, 0x0800);
    frame[14] = 0x45;
    put16(frame + 16, (unsigned)(28 + len));
    frame[22] = 64;
    frame[23] = 17;
    memcpy(frame + 26, &from, 4);
    memcpy(frame + 30, &to, 4);
    fake_fix_ip(frame);
    put16(frame + 34, from_port);
    put16(frame + 36, to_port);
    put16(frame + 38, (unsigned)(8 + len));
    memcpy(frame + 42, data, len);
    memcpy(pseudo, frame + 26, 8);
    pseudo[9] = 17;
    put16(pseudo + 10, (unsigned)(8 + len));
    uint32_t sum = (uint16_t)~fake_checksum(pseudo, 12, 0);
    uint16_t checksum = fake_checksum(frame + 34, 8 + len, sum);
    put16(frame + 40, checksum ? checksum : 0xffff);
    return 42 + len;
}

size_t fake_icmp_frame(uint8_t *frame, unsigned type, unsigned code, const void *quoted, size_t len)
{
    uint32_t router = fake_ip(10, 0, 0, 1);

    memset(frame, 0, 42);
    memcpy(frame, net.mac, 6);
    fake_mac_of(router, frame + 6);
    memcpy(frame + 12, "\x08\0\x45", 3);
    put16(frame + 16, (unsigned)(28 + len));
    frame[22] = 64;
    frame[23] = 1;
    memcpy(frame + 26, &router, 4);
    memcpy(frame + 30, &net.ip, 4);
    fake_fix_ip(frame);
    frame[34] = (uint8_t)type;
    frame[35] = (uint8_t)code;
    memcpy(frame + 42, quoted, len);
    put16(frame + 36, fake_checksum(frame + 34, 8 + len, 0));
    return 42 + len;
}

void fake_fix_ip(uint8_t *frame)
{
    put16(frame + 24, 0);
    put16(frame + 24, fake_checksum(frame + 14, (frame[14] & 15u) * 4, 0));
}

size_t fake_fragment(uint8_t *fragment, const uint8_t *frame, size_t from, size_t len, bool more)
{
    memcpy(fragment, frame, 34);
    put16(fragment + 16, (unsigned)(20 + len));
    put16(fragment + 20, (unsigned)(from / 8 | (more ? 0x2000 : 0)));
    fake_fix_ip(fragment);
    memcpy(fragment + 34, frame + 34 + from, len);
    return 34 + len;
}

void fake_udp(uint32_t from, uint16_t from_port, uint32_t to, uint16_t to_port, const void *data,
              size_t len, uint32_t delay)
{
    uint8_t frame[1600];

    fake_deliver(frame, fake_udp_frame(frame, from, from_port, to, to_port, data, len), delay);
}

unsigned fake_pending(void)
{
    unsigned n = 0;

    for (struct frame *f = queue; f; f = f->next)
        n++;
    return n;
}

void fake_reset(void)
{
    while (queue) {
        struct frame *f = queue;
        queue = f->next;
        free(f);
    }
    fake_now = 1000;
    fake_cancel_at = fake_transmits = fake_arp_requests = fake_cancel_calls = 0;
    fake_transmit_result = 0;
    fake_arp_off = false;
    fake_on_udp = NULL;
    fake_on_frame = NULL;
    fake_on_idle = NULL;
    net = (struct net){.mac = {0x52, 0x54, 0, 0x12, 0x34, 0x56}};
}

void fake_configure(void)
{
    net.ip = fake_ip(10, 0, 0, 2);
    net.mask = fake_ip(255, 255, 255, 0);
    net.gateway = fake_ip(10, 0, 0, 1);
}

void fake_case(const char *name)
{
    check_case(name);
    fake_reset();
}
