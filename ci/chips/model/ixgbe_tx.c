/* SPDX-License-Identifier: BSD-2-Clause */
/* See ixgbe.c. Transmission: descriptors of both kinds, with checksums and TCP segments that the
 * MAC makes. */
#include "chip.h"
#include "ixgbe.h"
#include "offload.h"

#include <string.h>

enum { ROOM = 128 * 1024, FRAME_MIN = 60, CRC_SIZE = 4, PACKET_MIN = 17 };
enum { TX_ENABLE = 1, ADD_CRC_ALL = 1, PAD = 0x400 };
enum { TYPE = 0xf << 20, CONTEXT = 2 << 20, DATA = 3 << 20, END = 1 << 24, ADD_CRC = 1 << 25 };
enum { CHECKSUM = 1 << 26, REPORT = 1 << 27, EXTENDED = 1 << 29, DONE = 1 };
#define SEGMENT 0x80000000u
enum { ADD_IP = 1 << 8, ADD_TRANSPORT = 2 << 8, PAYLOAD = 14, CONTEXT_TCP = 1 << 11 };
enum { IP_LENGTH = 2, IP6_LENGTH = 4, IP6_HEADER = 40 };
enum { STEP_TIME = 2 * MICROSECOND }; /* a full frame takes 1.2 us */

#define s  ixgbe
#define at ixgbe_at

static struct {
    uint8_t data[ROOM];
    size_t filled;
    uint32_t first[4]; /* the descriptor that it began with */
    uint32_t context[4];
} packet;

static bool tx_runs(void)
{
    return ixgbe_ring_masters() && (s.generation == I82598 || *at(DMATXCTL) & TX_ENABLE) &&
           *at(TX_RING + DCTL) & QUEUE_ENABLE && ixgbe_ring_filled(TX_RING);
}

static void put_on_wire(uint8_t *frame, size_t len)
{
    uint32_t control = *at(HLREG0);

    if (len > FRAME_MAX) {
        fault("a frame of %zu bytes is sent", len);
        return;
    }
    if (!(packet.first[2] & ADD_CRC) && !(control & ADD_CRC_ALL) && len > CRC_SIZE)
        len -= CRC_SIZE; /* the driver brings it */
    if (len < FRAME_MIN && control & PAD) {
        memset(frame + len, 0, FRAME_MIN - len);
        len = FRAME_MIN;
    } else if (len < FRAME_MIN)
        fault("a frame of %zu bytes is sent, and padding is off", len);
    if (s.link)
        wire_send(frame, len);
    ++*at(GPTC);
    ++*at(TPT);
    *at(GOTCL) += len + CRC_SIZE;
}

/* Whether what the context descriptor says of the headers is so. */
static bool context_fits(void)
{
    size_t ip = packet.context[0] >> 9 & 0x7f, transport = ip + (packet.context[0] & 0x1ff);
    const uint8_t *frame = packet.data;

    if (transport + 20 > packet.filled)
        return transport + 8 <= packet.filled && !(packet.context[2] & CONTEXT_TCP) &&
               !(packet.first[2] & SEGMENT);
    if (frame[ip] >> 4 == 4 && (frame[ip] & 15u) * 4 != transport - ip)
        return false;
    return !(packet.first[2] & SEGMENT) ||
           frame[transport + 12] / 16 * 4u == (packet.context[3] >> 8 & 0xff);
}

/* The driver leaves the IP header's length to the MAC, which knows it of each segment. */
static void set_length(void)
{
    size_t ip = packet.context[0] >> 9 & 0x7f;
    bool v6 = packet.data[ip] >> 4 == 6;
    size_t len = packet.filled - ip - (v6 ? IP6_HEADER : 0);
    uint8_t *field = packet.data + ip + (v6 ? IP6_LENGTH : IP_LENGTH);

    field[0] = len >> 8;
    field[1] = len;
}

static void send_packet(void)
{
    bool segment = packet.first[2] & SEGMENT, extended = packet.first[2] & EXTENDED;
    uint32_t options = extended ? packet.first[3] : 0, mss = packet.context[3] >> 16;
    size_t payload = packet.filled;

    if (!extended && packet.first[2] & CHECKSUM)
        fault("a legacy descriptor asks for a checksum, which this model does not add");
    if (extended && (segment || options & (ADD_IP | ADD_TRANSPORT)) && !context_fits()) {
        fault("a context descriptor does not fit the packet's headers");
        return;
    }
    if (segment)
        payload -= (packet.context[0] >> 9 & 0x7f) + (packet.context[0] & 0x1ff) +
                   (packet.context[3] >> 8 & 0xff);
    if (extended && packet.first[3] >> PAYLOAD != payload)
        fault("a descriptor says %u bytes of payload, and there are %zu",
              packet.first[3] >> PAYLOAD, payload);
    if (extended && segment) {
        if (mss == 0)
            fault("TCP segments of no bytes");
        else {
            set_length();
            sums_segment(packet.data, packet.filled, mss, put_on_wire);
        }
        return;
    }
    sums_fill(packet.data, packet.filled,
              (options & ADD_IP ? SUM_IP : 0) | (options & ADD_TRANSPORT ? SUM_TCP | SUM_UDP : 0));
    put_on_wire(packet.data, packet.filled);
}

/* One descriptor of data. True when a packet ended with it. */
static bool take_data(const uint32_t *word)
{
    size_t len = word[2] & 0xffff;

    if (packet.filled == 0)
        memcpy(packet.first, word, sizeof(packet.first));
    if (packet.filled + len > ROOM - FRAME_MIN)
        fault("a packet of more than %d bytes is sent", ROOM - FRAME_MIN);
    else if (dma_read(word[0] | (uint64_t)word[1] << 32, packet.data + packet.filled, len)) {
        packet.filled += len;
        if (!(word[2] & END))
            return false;
        if (packet.filled < PACKET_MIN)
            fault("a packet of %zu bytes is sent", packet.filled);
        else
            send_packet();
    }
    packet.filled = 0;
    return true;
}

/* One descriptor. Whether the driver wants to know that it is done. */
static bool take(uint64_t address, bool *sent)
{
    uint32_t word[4];

    *sent = true;
    if (!dma_read(address, word, sizeof(word)))
        return false;
    if (!(word[2] & EXTENDED) || (word[2] & TYPE) == DATA)
        *sent = take_data(word);
    else if ((word[2] & TYPE) == CONTEXT)
        memcpy(packet.context, word, sizeof(word));
    else
        fault("a transmit descriptor is of no kind: %#x", word[2]);
    if (!(word[2] & REPORT))
        return false;
    word[3] = DONE;
    return dma_write(address + 12, word + 3, 4);
}

static void step(void *argument)
{
    bool sent = false, report = false;

    if (!tx_runs())
        return;
    for (uint32_t left = ixgbe_ring_filled(TX_RING); left && !sent; left--) {
        report |= take(ixgbe_ring_descriptor(TX_RING), &sent);
        ixgbe_ring_advance(TX_RING);
    }
    if (report)
        ixgbe_ring_interrupt(TX_RING);
    ixgbe_tx_kick();
}

void ixgbe_tx_kick(void)
{
    not_after(step, NULL);
    if (tx_runs())
        after(STEP_TIME, step, NULL);
}

void ixgbe_tx_reset(void)
{
    not_after(step, NULL);
    memset(&packet, 0, sizeof(packet));
}
