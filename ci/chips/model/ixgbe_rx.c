/* SPDX-License-Identifier: BSD-2-Clause */
/* See ixgbe.c. Reception: the filter, and buffers that are filled. */
#include "chip.h"
#include "crc.h"
#include "ixgbe.h"
#include "offload.h"

#include <string.h>

enum { FRAME_MIN = 60, FRAME_LONG = 1518, CRC_SIZE = 4, TAG = 4, RX_ENABLE = 1, SECRX_OFF = 2 };
enum { STRIP_CRC = 2, JUMBO = 4, DONE = 1, END_OF_PACKET = 2 };
enum { FILTER_MULTICAST = 0x100, FILTER_UNICAST = 0x200, FILTER_BROADCAST = 0x400, HASHING = 4 };
enum { ADVANCED = 1 << 25, KINDS = 7 << 25, SUM_OF_L4 = 0x20, SUM_OF_IP = 0x40 };
#define L4_WRONG 0x40000000u
#define IP_WRONG 0x80000000u

#define s        ixgbe
#define at       ixgbe_at

static bool rx_runs(void)
{
    return !s.closed && *at(RXCTRL) & RX_ENABLE && *at(RX_RING + DCTL) & QUEUE_ENABLE &&
           !(*at(SECRXCTRL) & SECRX_OFF);
}

static bool hash_matches(const uint8_t *address)
{
    unsigned shift = 4 - (*at(MCSTCTRL) & 3), bit;

    if ((*at(MCSTCTRL) & 3) == 3)
        shift = 0;
    bit = (address[4] >> shift | address[5] << (8 - shift)) & 0xfff;
    return *at(MCSTCTRL) & HASHING && *at(MTA + bit / 32 * 4) >> bit % 32 & 1;
}

static bool accepted(const uint8_t *frame)
{
    static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};

    if (memcmp(frame, broadcast, 6) == 0)
        return *at(FCTRL) & FILTER_BROADCAST;
    for (uint32_t reg = RAL; reg < RA_END; reg += 8)
        if (*at(reg + 4) & ADDRESS_VALID && memcmp(frame, at(reg), 4) == 0 &&
            memcmp(frame + 4, at(reg + 4), 2) == 0)
            return true;
    if (frame[0] & 1)
        return *at(FCTRL) & FILTER_MULTICAST || hash_matches(frame);
    return *at(FCTRL) & FILTER_UNICAST;
}

bool ixgbe_rx_ready(void)
{
    return !rx_runs() || ixgbe_ring_filled(RX_RING) > 1;
}

/* Tell the driver of one buffer. */
static void write_back(uint64_t address, const uint8_t *frame, size_t len, size_t part, bool last)
{
    uint32_t word[4] = {0, 0, part, DONE | (last ? END_OF_PACKET : 0)};
    unsigned sums = sums_present(frame, len), wrong = sums_wrong(frame, len);

    if ((*at(SRRCTL) & KINDS) == 0) {
        dma_read(address, word, 8);
    } else {
        if ((*at(SRRCTL) & KINDS) != ADVANCED)
            fault("SRRCTL %#x asks for a kind of descriptor that this model has not", *at(SRRCTL));
        word[2] = word[3] | (sums & SUM_IP ? SUM_OF_IP : 0) |
                  (sums & (SUM_TCP | SUM_UDP) ? SUM_OF_L4 : 0) | (wrong & SUM_IP ? IP_WRONG : 0) |
                  (wrong & (SUM_TCP | SUM_UDP) ? L4_WRONG : 0);
        word[3] = part;
    }
    dma_write(address, word, sizeof(word));
}

/* Fill buffers with a frame. False when the ring has not enough. */
static bool fill(const uint8_t *frame, size_t len)
{
    size_t size = (*at(SRRCTL) & 0x1f) * 1024;

    if (size == 0) {
        fault("receive buffers have no size");
        return false;
    }
    for (size_t done = 0; done < len; done += size) {
        size_t part = len - done < size ? len - done : size;
        uint64_t address = ixgbe_ring_descriptor(RX_RING), buffer;

        if (ixgbe_ring_filled(RX_RING) == 0 || !dma_read(address, &buffer, sizeof(buffer)) ||
            !dma_write(buffer, frame + done, part))
            return false;
        write_back(address, frame, len, part, done + part == len);
        ixgbe_ring_advance(RX_RING);
    }
    return true;
}

void ixgbe_receive(const uint8_t *data, size_t len)
{
    uint8_t frame[FRAME_MAX + FRAME_MIN + CRC_SIZE] = {0};
    size_t most = *at(HLREG0) & JUMBO ? *at(MAXFRS) >> 16 : FRAME_LONG;
    uint32_t crc;

    if (!rx_runs() || len < 14 || !s.link || !accepted(data))
        return;
    if (data[12] == 0x81 && data[13] == 0)
        most += TAG;
    memcpy(frame, data, len);
    len = len < FRAME_MIN ? FRAME_MIN : len; /* the other end padded it */
    if (len + CRC_SIZE > most)
        return;
    crc = ethernet_crc(frame, len);
    if (!(*at(HLREG0) & STRIP_CRC)) {
        memcpy(frame + len, &crc, CRC_SIZE);
        len += CRC_SIZE;
    }
    ++*at(TPR);
    if (!ixgbe_ring_masters() || !fill(frame, len)) {
        ++*at(MPC);
        ixgbe_interrupt(CAUSE_MISSED);
        return;
    }
    ++*at(GPRC);
    *at(GORCL) += len;
    ixgbe_ring_interrupt(RX_RING);
}
