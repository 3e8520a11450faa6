/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole frames from the wire: Ethernet, ARP, IPv4 and its fragments, ICMP, UDP.
 *
 * Input: for each frame a byte of flags, its length (16 bits), and its bytes. Checksums that a
 * fuzzer does not find by chance are made right, where a flag says so. */
#include "lib/errors.h"
#include "fake_link.h"
#include "fuzz.h"
#include "net/udp.h"

enum { FIX_IP = 1, FIX_PAYLOAD = 2, FOR_US = 4, LATER = 8, SEND = 16, FRAME = 1600, PORT = 5000 };

static unsigned received;

static void receive(struct udp_socket *socket, const struct udp_datagram *d)
{
    static volatile uint8_t sum;

    CHECK(d->to == net.ip || d->to == 0xffffffff || d->to == fake_ip(10, 0, 0, 255));
    for (size_t i = 0; i < d->len; i++)
        sum ^= d->data[i];
    received++;
}

/* The checksum of ICMP, or of UDP, over what the IP header calls the payload. */
static void fix_payload(uint8_t *frame, size_t len)
{
    size_t header = 14 + (frame[14] & 15u) * 4, total = 14 + (frame[16] << 8 | frame[17]);
    size_t at = header + (frame[23] == 1 ? 2 : 6);
    uint8_t pseudo[12] = {0};
    uint16_t sum;

    if (total > len || at + 2 > total)
        return;
    if (frame[23] == 17) {
        memcpy(pseudo, frame + 26, 8);
        pseudo[9] = 17;
        pseudo[10] = (uint8_t)((total - header) >> 8);
        pseudo[11] = (uint8_t)(total - header);
    }
    memset(frame + at, 0, 2);
    sum = fake_checksum(frame + header, total - header, (uint16_t)~fake_checksum(pseudo, 12, 0));
    frame[at] = (uint8_t)(sum >> 8);
    frame[at + 1] = (uint8_t)sum;
}

static void deliver(struct input *in, uint8_t flags)
{
    uint8_t frame[FRAME];
    size_t len = take_bytes(in, frame, take16(in) % (FRAME + 1));

    if (flags & FOR_US && len >= 6)
        memcpy(frame, net.mac, 6);
    if (flags & FOR_US && len >= 34)
        memcpy(frame + 30, &net.ip, 4);
    if (len >= 14 + 60) {
        if (flags & FIX_PAYLOAD)
            fix_payload(frame, len);
        if (flags & FIX_IP)
            fake_fix_ip(frame);
    } else if (len >= 34 && flags & FIX_IP && frame[14] == 0x45) {
        if (flags & FIX_PAYLOAD)
            fix_payload(frame, len);
        fake_fix_ip(frame);
    }
    fake_deliver(frame, len, flags & LATER ? 400 : 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct udp_socket socket = {.port = PORT, .receive = receive, .peer_port = 6000};
    static struct udp_socket other = {.port = 68, .receive = receive};
    struct input in = {data, size};

    fake_case("frames");
    fake_configure();
    socket.peer = fake_ip(10, 0, 0, 7);
    socket.error = 0;
    udp_open(&socket);
    udp_open(&other);
    while (in.left) {
        uint8_t flags = take(&in);

        deliver(&in, flags);
        net_poll();
        if (flags & SEND)
            udp_send(&socket, fake_ip(10, 0, 0, 7), 6000, "text", 4);
    }
    for (unsigned i = 0; i < 500; i++)
        net_poll();
    CHECK(!fake_pending());
    udp_close(&socket);
    udp_close(&other);
    CHECK(!socket.error || socket.error == E_REFUSED || socket.error == E_NO_ROUTE);
    return 0;
}
