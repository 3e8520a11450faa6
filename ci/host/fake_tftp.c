/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fake_tftp.h"

struct fake_tftp fake_tftp;

static uint32_t blksize, window, last_heard;
static bool was_cut;
static uint8_t sent_before[1 << 20], acked_before[1 << 20];

uint8_t fake_tftp_byte(uint32_t offset)
{
    return (uint8_t)((offset * 2654435761u) >> 24);
}

static uint32_t server(void)
{
    return fake_tftp.reply_from ? fake_tftp.reply_from : fake_ip(10, 0, 0, 1);
}

static void reply(const void *data, size_t len)
{
    fake_udp(server(), fake_tftp.port, net.ip, fake_tftp.client_port, data, len, fake_tftp.delay);
}

static void reply_error(unsigned code)
{
    uint8_t packet[128] = {0, 5, 0, (uint8_t)code};
    const char *text = fake_tftp.error_text ? fake_tftp.error_text : "";

    strcpy((char *)packet + 4, text);
    reply(packet, 5 + strlen(text));
}

static uint16_t number(uint32_t block)
{
    if (fake_tftp.first == 1 && block > 0xffff)
        return (uint16_t)((block - 1) % 0xffff + 1);
    return (uint16_t)block;
}

/* A block that is overtaken by others. */
static struct {
    uint8_t packet[4 + 65536];
    size_t len;
    unsigned by; /* so many still; 0 = there is none */
} late;

static void send_late(void)
{
    if (late.by)
        reply(late.packet, late.len);
    late.by = 0;
}

static void send_data(const uint8_t *packet, size_t len)
{
    if (fake_tftp.late_every && !late.by && fake_tftp.data_sent % fake_tftp.late_every == 0) {
        memcpy(late.packet, packet, len);
        late.len = len;
        late.by = fake_tftp.late_by;
        return;
    }
    reply(packet, len);
    if (late.by == 1)
        send_late();
    else if (late.by)
        late.by--;
}

static void send_block(uint32_t block)
{
    uint8_t packet[4 + 65536];
    uint32_t from = (block - 1) * blksize;

    if (from > fake_tftp.size || (fake_tftp.largest && blksize > fake_tftp.largest))
        return;
    if (fake_tftp.stall_after && block > fake_tftp.stall_after)
        return;
    if (fake_tftp.error_after && block > fake_tftp.error_after) {
        reply_error(0);
        return;
    }
    uint32_t len = fake_tftp.size - from < blksize ? fake_tftp.size - from : blksize;
    packet[0] = 0;
    packet[1] = 3;
    packet[2] = (uint8_t)(number(block) >> 8);
    packet[3] = (uint8_t)number(block);
    for (uint32_t i = 0; i < len; i++)
        packet[4 + i] = fake_tftp_byte(from + i);
    if (block > fake_tftp.highest)
        fake_tftp.highest = block;
    for (int i = 0; i <= fake_tftp.twice; i++) {
        fake_tftp.data_sent++;
        unsigned n = block < sizeof(sent_before) ? sent_before[block]++ : 0;
        if (!fake_tftp.lose || !fake_tftp.lose(block, n))
            send_data(packet, 4 + len);
    }
}

static void send_blocks(uint32_t count)
{
    last_heard = fake_now;
    for (uint32_t i = 1; i <= count; i++)
        send_block(fake_tftp.acked + i);
    send_late();
}

/* Grant the options of a request: answers with OACK and returns true when there is one to grant. */
static bool grant(const char *p, const char *end)
{
    uint8_t packet[512] = {0, 6};
    char *to = (char *)packet + 2;

    while (p < end) {
        const char *value = p + strlen(p) + 1;
        uint32_t number = (uint32_t)strtoul(value, NULL, 10), granted = 0;
        bool known = false;
        if (!strcasecmp(p, "blksize") && (known = fake_tftp.blksize != 0))
            blksize = granted = number < fake_tftp.blksize ? number : fake_tftp.blksize;
        else if (!strcasecmp(p, "windowsize") && (known = fake_tftp.windowsize != 0))
            window = granted = number < fake_tftp.windowsize ? number : fake_tftp.windowsize;
        else if (!strcasecmp(p, "tsize") && (known = fake_tftp.tsize))
            granted = fake_tftp.announced ? fake_tftp.announced : fake_tftp.size;
        if (known) {
            to += sprintf(to, "%s", p) + 1;
            to += sprintf(to, "%u", granted) + 1;
        }
        p = value + strlen(value) + 1;
    }
    if (fake_tftp.oack) {
        memcpy(packet + 2, fake_tftp.oack, fake_tftp.oack_len);
        to = (char *)packet + 2 + fake_tftp.oack_len;
        window = 1;
    } else if (to == (char *)packet + 2) {
        return false;
    }
    if (!fake_tftp.lose || !fake_tftp.lose(0, sent_before[0]++))
        reply(packet, (size_t)((uint8_t *)to - packet));
    if (fake_tftp.sends)
        blksize = fake_tftp.sends;
    if (fake_tftp.hasty)
        send_blocks(fake_tftp.windowsize + !fake_tftp.windowsize);
    return true;
}

static void take_request(const struct fake_datagram *d)
{
    const char *name = (const char *)d->data + 2, *end = (const char *)d->data + d->len;
    const char *mode = name + strlen(name) + 1, *options = mode + strlen(mode) + 1;

    CHECK(!end[-1] && options <= end);
    CHECK_TEXT(mode, "octet");
    fake_tftp.requests++;
    fake_tftp.plain_requests += options == end;
    fake_tftp.client_port = d->from_port;
    fake_tftp.asked_len = d->len - 2;
    memcpy(fake_tftp.asked, name, fake_tftp.asked_len);
    fake_tftp.acked = 0;
    blksize = 512;
    window = 1;
    last_heard = fake_now;
    if (fake_tftp.error >= 0)
        reply_error((unsigned)fake_tftp.error);
    else if (options != end && fake_tftp.refuse >= 0)
        reply_error((unsigned)fake_tftp.refuse);
    else if ((options == end && !fake_tftp.oack_always) || fake_tftp.no_options ||
             !grant(options, end))
        send_blocks(window);
}

static void take_ack(uint16_t wire)
{
    fake_tftp.acks++;
    for (uint32_t block = fake_tftp.acked; block <= fake_tftp.acked + window; block++) {
        if (number(block) != wire)
            continue;
        unsigned n = block < sizeof(acked_before) ? acked_before[block]++ : 0;
        if (fake_tftp.lose_ack && fake_tftp.lose_ack(block, n))
            return;
        if (block == fake_tftp.acked && block && fake_tftp.ignores_old_acks)
            return;
        bool cut = fake_tftp.short_window && !was_cut && block != fake_tftp.acked &&
                   block != fake_tftp.acked + window;
        was_cut = cut;
        fake_tftp.acked = block;
        send_blocks(cut ? fake_tftp.short_window : window);
        return;
    }
}

static void serve(const struct fake_datagram *d)
{
    if (d->to_port == 69) {
        take_request(d);
        return;
    }
    CHECK(d->len >= 4);
    if (d->data[1] == 5) {
        fake_tftp.last_error = d->data[3];
        if (d->to_port == fake_tftp.port && d->to == server())
            fake_tftp.errors++;
        else
            fake_tftp.unknown_tid_errors++;
    } else if (CHECK(d->data[1] == 4) && CHECK_EQUAL(d->to_port, fake_tftp.port)) {
        CHECK_EQUAL(d->len, 4);
        take_ack((uint16_t)(d->data[2] << 8 | d->data[3]));
    }
}

static void tick(void)
{
    if (fake_tftp.timeout && fake_tftp.client_port && fake_now - last_heard >= fake_tftp.timeout)
        send_blocks(window);
}

void fake_tftp_case(const char *name, uint32_t size)
{
    fake_case(name);
    fake_configure();
    memset(sent_before, 0, sizeof(sent_before));
    memset(acked_before, 0, sizeof(acked_before));
    late.by = 0;
    fake_tftp = (struct fake_tftp){.size = size,
                                   .blksize = 1468,
                                   .windowsize = 64,
                                   .tsize = true,
                                   .refuse = -1,
                                   .error = -1,
                                   .port = 3000};
    fake_on_udp = serve;
    fake_on_idle = tick;
}

int fake_tftp_get(uint32_t address, const char *name, struct download *file)
{
    struct uri uri = {&tftp_fetcher, address, TFTP_PORT, "", ""};
    int error = uri_parse(name, &uri);

    return error ? error : fetch_file(&uri, file);
}

struct transfer *fake_tftp_open(bool paced, uint8_t *to, size_t room)
{
    static union transfer_memory memory;
    struct uri uri = {&tftp_fetcher, fake_ip(10, 0, 0, 1), TFTP_PORT, "x", ""};

    memory.file = (struct transfer){
        .paced = paced, .to = to, .room = room, .term = {[TERM_BLOCK] = 1000, [TERM_WINDOW] = 1}};
    CHECK_EQUAL(tftp_fetcher.open(&memory.file, &uri), 0);
    return &memory.file;
}
