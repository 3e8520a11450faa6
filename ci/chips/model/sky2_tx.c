/* SPDX-License-Identifier: BSD-2-Clause */
/* Yukon 2: packets out of the TX list, with checksums, VLAN tags and segments of TCP, to the wire.
 */
#include <string.h>

#include "offload.h"
#include "sky2.h"

enum { GMAC = 0x2800, GM_GP_CTRL = GMAC + 4, GM_TX_CTRL = GMAC + 8, TX_ENABLE = 0x1000 };
enum { NO_PADDING = 0x2000, LARGEST = 70000 };
enum { WITH_ADDRESS = 1, WITH_VLAN = 2, WITH_LENGTH = 4, WITH_MSS = 8 }; /* of OP_ADDRESS */
enum { ADD_SUM = 2, WRITE_SUM = 4, ADD_VLAN = 0x20, END = 0x80 };

static uint32_t high; /* upper half of addresses that follow */

/* A packet that is being put together. */
static struct {
    unsigned len;
    uint32_t segment;
    uint16_t vlan, start, write, initial;
    uint8_t control;
    bool large;
    uint8_t data[LARGEST];
} packet;

/* One's complement sum of big-endian words. */
uint16_t sky2_sum(uint32_t sum, const uint8_t *data, unsigned len)
{
    for (unsigned i = 0; i < len; i++)
        sum += i % 2 ? data[i] : data[i] << 8;
    sum = (sum & 0xffff) + (sum >> 16);
    return sum + (sum >> 16);
}

static void fill_sum(uint8_t *data, unsigned len)
{
    uint16_t sum;

    if (!(packet.control & ADD_SUM))
        return;
    if (!(packet.control & WRITE_SUM)) {
        sums_fill(data, len, SUM_TCP | SUM_UDP);
        return;
    }
    if (packet.start >= len || packet.write + 2u > len) {
        fault("a checksum is to be written behind the frame");
        return;
    }
    sum = ~sky2_sum(packet.initial, data + packet.start, len - packet.start);
    data[packet.write] = (sum ? sum : 0xffff) >> 8;
    data[packet.write + 1] = sum ? sum : 0xff;
}

static void send(uint8_t *data, size_t len)
{
    if (len < 60 && !(sky2_get16(GM_TX_CTRL) & NO_PADDING)) {
        memset(data + len, 0, 60 - len);
        len = 60;
    }
    if (len < 14 || len > 1522)
        fault("a frame of %zu bytes is to be sent", len);
    else if (sky2_link() && sky2_get16(GM_GP_CTRL) & TX_ENABLE)
        wire_send(data, len);
}

/* Bytes in front of the data of a TCP packet, which early chips count among a segment's. */
static unsigned headers_of(const uint8_t *frame)
{
    unsigned ip = frame[12] == 0x81 ? 18 : 14, tcp = ip + (frame[ip] & 15) * 4;

    return tcp + (frame[tcp + 12] >> 4) * 4;
}

static void send_packet(void)
{
    if (packet.control & ADD_VLAN && packet.len >= 14 && packet.len + 4 <= LARGEST) {
        memmove(packet.data + 16, packet.data + 12, packet.len - 12);
        packet.data[12] = 0x81;
        packet.data[13] = 0;
        memcpy(packet.data + 14, &packet.vlan, 2);
        packet.len += 4;
    }
    if (packet.large) {
        unsigned headers = sky2.is->new_elements ? 0 : headers_of(packet.data);

        if (!(sums_present(packet.data, packet.len) & SUM_TCP) || packet.segment <= headers)
            fault("a large send is no TCP packet, or its segments have no room for headers");
        else
            sums_segment(packet.data, packet.len, packet.segment - headers, send);
        return;
    }
    fill_sum(packet.data, packet.len);
    send(packet.data, packet.len);
}

static void settings(const struct element *element)
{
    if (element->opcode & OP_SUM && !(element->opcode & OP_ADDRESS)) {
        packet.start = element->value >> 16;
        packet.write = element->value;
        packet.initial = element->length;
    }
    if (!(element->opcode & OP_ADDRESS))
        return;
    if (element->opcode & WITH_ADDRESS)
        high = element->value;
    if (element->opcode & WITH_VLAN)
        packet.vlan = element->length;
    if (element->opcode & (WITH_LENGTH | WITH_MSS))
        packet.segment = element->value & 0xffff;
}

static void data_element(const struct element *element)
{
    if (element->opcode != OP_BUFFER) {
        packet.len = 0;
        packet.control = element->control;
        packet.large = element->opcode == OP_LARGE_SEND;
    }
    if (packet.len + element->length > LARGEST - 64) {
        fault("a packet of more than %u bytes is to be sent", LARGEST - 64);
        return;
    }
    if (element->length &&
        dma_read(element->value | (uint64_t)high << 32, packet.data + packet.len, element->length))
        packet.len += element->length;
    if (!(element->control & END))
        return;
    if (packet.len)
        send_packet();
    sky2.queues[QUEUE_TX].done = sky2.queues[QUEUE_TX].get;
    sky2_sent();
}

void sky2_tx_element(const struct element *element)
{
    if (element->opcode & OP_DATA)
        data_element(element);
    else
        settings(element);
}

void sky2_tx_reset(void)
{
    packet.len = 0;
    high = 0;
}
