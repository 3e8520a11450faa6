/* SPDX-License-Identifier: BSD-2-Clause */
/* Yukon 2: frames from the wire, through the filter and the RX FIFO, into the buffers of the RX
 * list. */
#include <string.h>

#include "offload.h"
#include "sky2.h"

enum { GMAC = 0x2800, GM_GP_CTRL = GMAC + 4, GM_RX_CTRL = GMAC + 12, GM_ADDRESS_1 = GMAC + 0x1c };
enum { GM_ADDRESS_2 = GMAC + 0x28, GM_HASH = GMAC + 0x34, RX_ENABLE = 0x0800 };
enum { FILTER_UNICAST = 0x8000, FILTER_MULTICAST = 0x4000, STRIP_FCS = 0x2000 };
enum { RX_FRAMES = 24, FRAME_ROOM = 9100 };
enum { RX_OK = 0x100, RX_BROADCAST = 0x200, RX_MULTICAST = 0x400, RX_VLAN = 0x2000 };
enum { CSS_IPV4 = 2, CSS_IP_OK = 4, CSS_TCP = 0x20, CSS_UDP = 0x40, CSS_OK = 0x80 };

static struct frame {
    unsigned len;
    uint8_t data[FRAME_ROOM];
} frames[RX_FRAMES];
static unsigned first, waiting;
static uint32_t high; /* upper half of addresses that follow */

static bool passes(const uint8_t *frame)
{
    static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    uint16_t control = sky2_get16(GM_RX_CTRL);
    uint8_t own[12];
    uint32_t crc = ~0u;

    if (!memcmp(frame, broadcast, 6))
        return true;
    for (unsigned i = 0; i < 6; i++) {
        own[i] = sky2.regs[GM_ADDRESS_1 + i / 2 * 4 + i % 2];
        own[6 + i] = sky2.regs[GM_ADDRESS_2 + i / 2 * 4 + i % 2];
    }
    if (!(frame[0] & 1))
        return !(control & FILTER_UNICAST) || !memcmp(frame, own, 6) || !memcmp(frame, own + 6, 6);
    for (unsigned i = 0; i < 48; i++)
        crc = crc << 1 ^ ((frame[i / 8] >> i % 8 & 1) != crc >> 31 ? 0x04c11db7 : 0);
    crc &= 63;
    return !(control & FILTER_MULTICAST) || sky2_get16(GM_HASH + crc / 16 * 4) >> crc % 16 & 1;
}

bool sky2_ready(void)
{
    return waiting < RX_FRAMES;
}

void sky2_receive(const uint8_t *data, size_t len)
{
    struct frame *frame = &frames[(first + waiting) % RX_FRAMES];
    bool on = sky2_get16(GM_GP_CTRL) & RX_ENABLE && sky2.rx_fifo.running && sky2.gmac_ready;

    if (!on || !sky2_link() || len < 14 || len > FRAME_ROOM - 8 || waiting == RX_FRAMES ||
        !passes(data))
        return;
    memset(frame->data, 0, 64);
    memcpy(frame->data, data, len);
    frame->len = len < 60 ? 60 : len;
    if (!(sky2_get16(GM_RX_CTRL) & STRIP_FCS)) {
        memset(frame->data + frame->len, 0xfc, 4);
        frame->len += 4;
    }
    waiting++;
    sky2_run();
}

/* Put the frame where elements say; they may be several. Returns how much of it found room. */
static unsigned scatter(const struct frame *frame)
{
    struct element element;
    unsigned done = 0;
    bool begun = false;

    for (;;) {
        uint64_t at;
        unsigned len;
        const struct queue *queue = &sky2.queues[QUEUE_RX];

        if (begun && done == frame->len)
            return done;
        if (begun) { /* does the buffer go on? */
            uint8_t next[8];

            if (queue->get == queue->put || !dma_read(queue->list + 8 * queue->get, next, 8) ||
                (next[7] & 0x7f) != OP_BUFFER)
                return done;
        }
        if (!sky2_take(QUEUE_RX, &element))
            return begun ? done : 0;
        if (element.opcode & OP_ADDRESS)
            high = element.value;
        if (!(element.opcode & OP_DATA))
            continue;
        at = element.value | (uint64_t)high << 32;
        if (sky2.is->ram && at & 7)
            fault("a receive buffer at %08x is not on an 8 byte boundary", element.value);
        begun = true;
        len = frame->len - done < element.length ? frame->len - done : element.length;
        if (len)
            dma_write(at, frame->data + done, len);
        done += len;
    }
}

static uint8_t kind_of(const struct frame *frame)
{
    unsigned present = sums_present(frame->data, frame->len);
    unsigned wrong = sums_wrong(frame->data, frame->len);
    unsigned transport = present & (SUM_TCP | SUM_UDP);

    if (!sky2.is->new_elements || !(present & SUM_IP))
        return 0;
    return CSS_IPV4 | (wrong & SUM_IP ? 0 : CSS_IP_OK) | (transport & SUM_TCP ? CSS_TCP : 0) |
           (transport & SUM_UDP ? CSS_UDP : 0) | (transport & ~wrong ? CSS_OK : 0);
}

/* A VLAN tag may be taken out, and is reported in front of the frame then. */
static uint32_t strip(struct frame *frame)
{
    uint16_t tag;

    if (!sky2.vlan_strip || frame->data[12] != 0x81 || frame->data[13])
        return 0;
    memcpy(&tag, frame->data + 14, 2);
    frame->len -= 4;
    memmove(frame->data + 12, frame->data + 16, frame->len - 12);
    sky2_report(STATUS_VLAN, 0, tag, 0);
    return RX_VLAN | 4u << 16;
}

void sky2_rx_element(void)
{
    struct frame *frame = &frames[first];
    uint32_t status = RX_OK;
    unsigned done;

    if (!waiting || sky2.queues[QUEUE_RX].get == sky2.queues[QUEUE_RX].put)
        return;
    status |= strip(frame);
    status += frame->len << 16;
    if (frame->data[0] & 1)
        status |= frame->data[0] == 0xff ? RX_BROADCAST : RX_MULTICAST;
    done = scatter(frame);
    if (!done)
        return;
    if (sky2.queues[QUEUE_RX].checksums && !sky2.is->new_elements) {
        uint16_t sum = sky2_sum(0, frame->data + 14, frame->len - 14);

        sum = sum << 8 | sum >> 8; /* of little-endian words */
        sky2_report(STATUS_SUMS, sum | (uint32_t)sum << 16, 0, 0);
    }
    sky2_report(STATUS_RX, status, done, kind_of(frame));
    first = (first + 1) % RX_FRAMES;
    waiting--;
}

bool sky2_rx_waits(void)
{
    return waiting;
}

void sky2_rx_reset(void)
{
    first = waiting = 0;
    high = 0;
}
