/* SPDX-License-Identifier: BSD-2-Clause */
/* A TCP server that says anything at any time, and a reader that takes what it likes.
 *
 * Input: the options of the SYN-ACK (their length, and the bytes) and its window; then steps. Each
 * is a kind, and what the kind needs. */
#include "fake_segment.h"
#include "fuzz.h"
#include "lib/errors.h"
#include "net/tcp.h"

enum { NEXT, PLACE, ANY, RESET, READER, SEND, TIME, POLL, KINDS };
enum { PORT = 80, FIRST = 1000, HALF = 1 << 15 };

static struct input in;
static uint16_t client_port;
static uint32_t client_next, server_next, highest, end, acked; /* from the stream's first byte on */
static bool odd; /* what arrives need not be the stream */
static uint32_t read_so_far, appetite;

static uint8_t filling(uint32_t at)
{
    return (uint8_t)(at * 2654435761u >> 24);
}

static void send_segment(struct fake_segment *s)
{
    uint8_t frame[1600], data[1400];

    s->len %= sizeof(data);
    s->options_len &= 0x3c;
    if (s->options_len > 40)
        s->options_len = 40;
    for (size_t i = 0; i < s->len; i++)
        data[i] = odd ? take(&in) : filling(s->seq - FIRST - 1 + (uint32_t)i);
    s->data = data;
    fake_deliver(frame, fake_segment_frame(frame, s, PORT, client_port), 0);
}

static void stream(uint32_t at, uint16_t len, uint8_t flags)
{
    struct fake_segment s = {.flags = TCP_ACK | (flags & TCP_FIN),
                             .seq = FIRST + 1 + at,
                             .ack = client_next,
                             .window = flags << 4,
                             .len = len};

    send_segment(&s);
    server_next = at + (uint32_t)s.len + (flags & TCP_FIN);
    if ((int32_t)(server_next - highest) > 0)
        highest = server_next;
    if (flags & TCP_FIN && !end)
        end = server_next;
    odd |=
        end && (highest != end || (flags & TCP_FIN && server_next != end)); /* goes on behind it */
}

static void any_segment(void)
{
    uint8_t options[64];
    struct fake_segment s = {.flags = take(&in), .options = options};

    s.seq = FIRST + 1 + server_next + take16(&in) - HALF;
    s.ack = client_next + take16(&in) - HALF;
    s.window = take16(&in);
    s.options_len = take_bytes(&in, options, take(&in) & 0x3c) & 0x3c;
    s.len = take16(&in);
    odd = true;
    send_segment(&s);
}

/* What the client sends makes sense, whatever it was told. */
static void watch(const uint8_t *frame, size_t len)
{
    struct fake_segment s;

    if (!fake_segment_of(&s, frame, len, PORT))
        return;
    client_port = s.port;
    if (s.flags & TCP_SYN) {
        uint8_t options[40], first = take(&in) & 0x3c;
        struct fake_segment reply = {.flags = TCP_SYN | TCP_ACK,
                                     .seq = FIRST,
                                     .ack = s.seq + 1,
                                     .window = take16(&in),
                                     .options = options};

        reply.options_len = take_bytes(&in, options, first > 40 ? 40 : first) & 0x3c;
        client_next = s.seq + 1;
        send_segment(&reply);
        return;
    }
    if (s.seq + s.len - client_next < HALF)
        client_next = s.seq + (uint32_t)s.len;
    if (odd || s.flags & TCP_RST || !(s.flags & TCP_ACK))
        return;
    s.ack -= FIRST + 1;
    CHECK(s.ack >= acked && s.ack <= highest);
    acked = s.ack;
}

static size_t receive(struct tcp *tcp, const uint8_t *data, size_t len)
{
    CHECK(len && !tcp->error && !tcp->ended);
    if (len > appetite)
        len = appetite;
    for (size_t i = 0; i < len; i++)
        CHECK(odd || data[i] == filling(read_so_far + (uint32_t)i));
    read_so_far += (uint32_t)len;
    appetite -= (uint32_t)len;
    return len;
}

static bool never(void *unused)
{
    return false;
}

static void step(struct tcp *tcp)
{
    static const uint8_t request[TCP_SEND_MAX];
    uint8_t kind = take(&in), flags = kind / KINDS;
    uint16_t at;

    switch (kind % KINDS) {
    case NEXT:
        stream(server_next, take16(&in), flags);
        break;
    case PLACE:
        at = take16(&in);
        stream(at, take16(&in), flags);
        break;
    case ANY:
        any_segment();
        break;
    case RESET:
        send_segment(&(struct fake_segment){.flags = TCP_RST, .seq = FIRST + 1 + acked + flags});
        break;
    case READER:
        appetite += take16(&in);
        tcp_resume(tcp);
        break;
    case SEND:
        CHECK(tcp_send(tcp, request, take16(&in) % (TCP_SEND_MAX + 1)) <= 0);
        break;
    case TIME:
        net_wait(never, NULL, take(&in));
        break;
    case POLL:
        net_poll();
        break;
    default:
        CHECK(false);
    }
    if (flags & 2)
        net_poll();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tcp tcp = {.receive = receive};

    in = (struct input){data, size};
    odd = false;
    client_next = server_next = highest = end = acked = read_so_far = 0;
    appetite = 1000;
    fake_case("TCP");
    fake_configure();
    fake_on_frame = watch;
    if (tcp_connect(&tcp, fake_ip(10, 0, 0, 1), PORT))
        return 0;
    while (in.left)
        step(&tcp);
    net_wait(never, NULL, 20);
    CHECK(tcp.error <= 0);
    CHECK(odd || read_so_far <= highest);
    tcp_close(&tcp);
    CHECK(!fake_pending() || net_poll() >= 0);
    return 0;
}
