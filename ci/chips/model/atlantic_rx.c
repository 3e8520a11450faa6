/* SPDX-License-Identifier: BSD-2-Clause */
/* Atlantic: the receive filters, and the frames that come in. */
#include <string.h>

#include "atlantic.h"
#include "offload.h"

enum { RX_FILTER = 0x5100, RX_UNICASTS = 0x5110, UNICASTS = 38, MULTICASTS = 0x5250 };
enum { MULTICAST_MASK = 0x5270, VLAN_MODE = 0x5280, VLANS = 0x5290, VLAN_FILTERS = 16 };
enum { RX_SUMS = 0x5580, RX_BUFFER = 0x5700, RX_BUFFER_SIZE = 0x5710 };
enum { FILTER_BROADCAST = 1, FILTER_ALL = 8, ALL_MULTICAST = 0x4000, FILTER_ON = 1u << 31 };
enum { TO_HOST = 1, VLAN_ALL = 2, VLAN_UNTAGGED = 4, SUMS_L4 = 1, SUMS_IP = 2 };
enum { STRIP_VLAN = 1 << 29, BUFFER_KIB = 0x1f };
enum { RX_DONE = 1, RX_END = 2, RX_IP_WRONG = 8, RX_L4_WRONG = 0x10, RX_L4_VALID = 0x20 };
enum { TYPE_OTHER_IP = 3, TYPE_IPV6 = 1, TYPE_UDP = 4, TYPE_OTHER_L4 = 0x10, TYPE_VLAN = 0x20 };
enum { CHECKED_IP = 1 << 19, CHECKED_L4 = 1 << 20 };
enum { RX_FRAMES = 32 };

static struct frame {
    unsigned len;
    uint8_t data[FRAME_MAX + FRAME_MIN];
} frames[RX_FRAMES];
static unsigned first, waiting;
static bool rx_busy;

static bool unicast_passes(const uint8_t *frame)
{
    uint32_t high = atlantic_get16(frame),
             low = (uint32_t)atlantic_get16(frame + 2) << 16 | atlantic_get16(frame + 4);

    for (unsigned i = 0; i < UNICASTS; i++) {
        uint32_t filter = atlantic_get(RX_UNICASTS + 4 + 8 * i);

        if (filter & FILTER_ON && (filter & 0xffff) == high &&
            atlantic_get(RX_UNICASTS + 8 * i) == low)
            return (filter >> 16 & 7) == TO_HOST;
    }
    return false;
}

static bool destination_passes(const uint8_t *frame)
{
    static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    uint32_t filter = atlantic_get(RX_FILTER), groups = atlantic_get(MULTICASTS);

    if (filter & FILTER_ALL)
        return true;
    if (!memcmp(frame, broadcast, 6))
        return filter & FILTER_BROADCAST && (filter >> 12 & 7) == TO_HOST;
    if (unicast_passes(frame)) /* drivers put groups there, too */
        return true;
    return frame[0] & 1 && atlantic_get(MULTICAST_MASK) & ALL_MULTICAST && groups & FILTER_ON &&
           (groups >> 16 & 7) == TO_HOST;
}

static bool is_tagged(const uint8_t *frame)
{
    return atlantic_get16(frame + 12) == VLAN_TYPE;
}

static bool vlan_passes(const uint8_t *frame)
{
    uint32_t mode = atlantic_get(VLAN_MODE);

    if (mode & VLAN_ALL)
        return true;
    if (!is_tagged(frame))
        return mode & VLAN_UNTAGGED && (mode >> 3 & 7) == TO_HOST;
    for (unsigned i = 0; i < VLAN_FILTERS; i++) {
        uint32_t filter = atlantic_get(VLANS + 4 * i);

        if (filter & FILTER_ON && (filter & 0xfff) == (atlantic_get16(frame + 14) & 0xfffu))
            return (filter >> 16 & 7) == TO_HOST;
    }
    return false;
}

bool atlantic_ready(void)
{
    return waiting < RX_FRAMES;
}

void atlantic_receive(const uint8_t *data, size_t len)
{
    struct frame *frame = &frames[(first + waiting) % RX_FRAMES];

    if (!atlantic.link || !(atlantic_get(RX_BUFFER) & BUFFER_ON) || len < 14)
        return;
    if (!(atlantic_get(RX_BUFFER_SIZE) & 0x1ff)) {
        fault("frames come, and their traffic class has no packet buffer");
        return;
    }
    if (waiting == RX_FRAMES) {
        ++*atlantic_reg(RX_DROPPED);
        atlantic.counters[DROPPED]++;
        return;
    }
    memset(frame->data, 0, FRAME_MIN);
    memcpy(frame->data, data, len);
    if (!destination_passes(frame->data) || !vlan_passes(frame->data))
        return;
    frame->len = len < FRAME_MIN ? FRAME_MIN : len;
    waiting++;
    atlantic_run();
}

/* What the chip found of protocols and checksums: type in the low half, status in the high one. */
static uint64_t examine(const struct frame *frame, bool tagged)
{
    unsigned present = sums_present(frame->data, frame->len);
    unsigned wrong = sums_wrong(frame->data, frame->len);
    unsigned protocol = atlantic_get16(frame->data + (tagged ? 16 : 12));
    uint32_t kind = present & SUM_TCP ? 0 : present & SUM_UDP ? TYPE_UDP : TYPE_OTHER_L4;
    uint32_t type, status = 0;

    kind |= present & SUM_IP ? 0 : protocol == 0x86dd ? TYPE_IPV6 : TYPE_OTHER_IP;
    type = (kind | (tagged ? TYPE_VLAN : 0)) << 4;
    if (atlantic_get(RX_SUMS) & SUMS_IP && present & SUM_IP) {
        type |= CHECKED_IP;
        status |= wrong & SUM_IP ? RX_IP_WRONG : 0;
    }
    if (atlantic_get(RX_SUMS) & SUMS_L4 && present & (SUM_TCP | SUM_UDP)) {
        type |= CHECKED_L4;
        status |= wrong & (SUM_TCP | SUM_UDP) ? RX_L4_WRONG : RX_L4_VALID;
    }
    return type | (uint64_t)status << 32;
}

/* Puts the frame into as many buffers as it needs; false when there are too few. */
static bool deliver(struct frame *frame)
{
    unsigned length = atlantic_length(RX_RINGS), head = atlantic_get(RX_RINGS + HEAD), tag = 0;
    unsigned tail = atlantic_get(RX_RINGS + TAIL) & RING_POINTER;
    unsigned room = (atlantic_get(RX_RINGS + BUFFERS) & BUFFER_KIB) * 1024, at = 0;
    unsigned owned = (tail + length - head) % length;
    bool tagged = is_tagged(frame->data);
    uint64_t found = examine(frame, tagged);

    if (room == 0) {
        fault("a receive buffer has no room");
        return false;
    }
    if (owned * (uint64_t)room < frame->len)
        return false;
    if (tagged && atlantic_get(RX_RINGS + CONTROL) & STRIP_VLAN) {
        tag = atlantic_get16(frame->data + 14);
        memmove(frame->data + 12, frame->data + 16, frame->len -= 4);
    }
    atlantic_count(frame->data, frame->len, false);
    while (at < frame->len) {
        unsigned part = frame->len - at < room ? frame->len - at : room;
        uint64_t here = atlantic_descriptor(RX_RINGS, head);
        struct descriptor d;
        uint32_t back[4] = {found};

        if (!dma_read(here, &d, 16))
            return true;
        dma_write(d.address, frame->data + at, part);
        at += part;
        head = (head + 1) % length;
        back[2] = frame->len << 16 | RX_DONE | (at == frame->len ? RX_END | found >> 32 : 0);
        back[3] = tag << 16 | (at < frame->len ? head : 0);
        dma_write(here, back, 8);
        dma_write(here + 8, back + 2, 8); /* what says that it is done comes last */
        *atlantic_reg(RX_RINGS + HEAD) = head;
    }
    return true;
}

static void rx_step(void *unused)
{
    (void)unused;
    rx_busy = false;
    if (!waiting || !(atlantic_get(RX_RINGS + CONTROL) & RING_ON) || !atlantic_length(RX_RINGS))
        return;
    if (!deliver(&frames[first]))
        return; /* until the tail moves */
    first = (first + 1) % RX_FRAMES;
    waiting--;
    atlantic_report(0, false);
    atlantic_run();
}

void atlantic_rx_run(void)
{
    if (!rx_busy && waiting) {
        rx_busy = true;
        after(STEP, rx_step, NULL);
    }
}

void atlantic_rx_reset(void)
{
    not_after(rx_step, NULL);
    rx_busy = false;
    first = waiting = 0;
}
