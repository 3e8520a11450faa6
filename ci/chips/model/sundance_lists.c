/* SPDX-License-Identifier: BSD-2-Clause */
/* See sundance.c. DMA by lists of descriptors, in both directions, and the receive filter. */
#include "sundance.h"

#include "crc.h"

#include <string.h>

/* TxFrameControl. */
enum { ALIGN_OFF = 1, ALIGN_WORD = 2, NO_FCS = 1 << 13, TX_INDICATE = 1 << 15 };
enum { TX_DMA_COMPLETE = 1 << 16, FRAME_ID_SHIFT = 2 };
#define DMA_INDICATE (1u << 31)
/* ReceiveFrameStatus. */
enum { RX_ERROR = 1 << 14, RX_COMPLETE = 1 << 15, OVERSIZE = 1 << 20, NO_ROOM = 1 << 24 };
enum { IMPLIED_BUFFER = 1 << 28, IMPLIED_SIZE = 1528 };
enum { FRAGMENTS = 63, FRAGMENT_SIZE = 0x1fff };
#define LAST (1u << 31)
enum { STATUS_COMPLETE = 0x80, STATUS_INDICATED = 0x40, STATUS_OVERFLOW = 4 };
enum { FCS_SIZE = 4, FRAME_MIN = 60 };
/* Longest times: fetching a frame, sending it at 100 Mbit/s; and for a host that relies on polling,
 * which would be every 41 us at most, if that did not take all of a processor. */
enum { FETCH_TIME = 20 * MICROSECOND, WIRE_TIME = 123 * MICROSECOND, POLL_TIME = 32 * MILLISECOND };

struct fragment {
    uint32_t address, size;
};

#define s sundance_state

/* --- transmission */
static void fetch(void *argument);
static void sent(void *argument);

void sundance_transmit(void)
{
    not_after(fetch, NULL);
    if (s.tx_list && !s.tx_halt)
        after(FETCH_TIME, fetch, NULL);
}

void sundance_forget(void)
{
    not_after(fetch, NULL);
    not_after(sent, NULL);
}

void sundance_send(void)
{
    not_after(sent, NULL);
    if (s.fifo_len)
        after(WIRE_TIME, sent, NULL);
}

static void sent(void *argument)
{
    if (!(s.mac1 & TX_ENABLED) || !s.fifo_len)
        return;
    if (s.phy.link)
        wire_send(s.fifo, s.fifo_len);
    s.frame_id = s.fifo_id;
    sundance_count(TX_OCTETS, s.fifo_len);
    sundance_count(TX_FRAMES, 1);
    if (s.fifo[0] & 1)
        sundance_count(s.fifo[0] == 0xff ? TX_BROADCASTS : TX_MULTICASTS, 1);
    s.fifo_len = 0;
    if (s.fifo_indicate) {
        s.queue[s.queued++] = STATUS_COMPLETE | STATUS_INDICATED;
        if (s.queued == STATUS_QUEUE) {
            s.queue[s.queued - 1] |= STATUS_OVERFLOW;
            s.mac1 &= ~TX_ENABLED;
        }
        sundance_interrupt(0);
    }
    sundance_transmit();
}

/* Goes on to the next descriptor. False: there is none, so far. */
static bool advance(void)
{
    uint32_t next;

    if (!dma_read(s.tx_list, &next, sizeof(next)))
        next = 0;
    if (!next) {
        if (s.tx_poll)
            after(POLL_TIME, fetch, NULL);
        else
            s.tx_list = 0, s.tx_done = false;
        return false;
    }
    if (next & 7)
        fault("transmit descriptor at %#x is not aligned to 8 bytes", next);
    s.tx_list = next & ~7u;
    s.tx_done = false;
    return true;
}

/* Gathers a frame's fragments in the FIFO. 0: there is none. */
static size_t gather(uint32_t control)
{
    struct fragment part;
    size_t len = 0;

    for (unsigned i = 0; i < FRAGMENTS; i++) {
        size_t size;

        if (!dma_read(s.tx_list + 8 + 8 * i, &part, sizeof(part)))
            return 0;
        size = part.size & FRAGMENT_SIZE;
        if (len + size > FIFO - FRAME_MIN) {
            fault("a frame of more than %d bytes is sent", FIFO - FRAME_MIN);
            return 0;
        }
        if (!dma_read(part.address, s.fifo + len, size))
            return 0;
        len += size;
        if (part.size & LAST)
            break;
        if (i == FRAGMENTS - 1)
            fault("a transmit descriptor has no last fragment");
    }
    if (len < 14) {
        fault("a frame of %zu bytes is sent", len);
        return 0;
    }
    if (!(control & ALIGN_OFF)) {
        unsigned unit = control & ALIGN_WORD ? 2 : 4;

        while (len % unit)
            s.fifo[len++] = 0;
    }
    if (control & NO_FCS)
        len -= FCS_SIZE; /* the host brings it */
    else
        while (len < FRAME_MIN)
            s.fifo[len++] = 0;
    return len;
}

static void fetch(void *argument)
{
    uint32_t control;
    size_t len;

    if (!s.tx_list || s.tx_halt || s.fifo_len || (s.tx_done && !advance()))
        return;
    if (!dma_read(s.tx_list + 4, &control, sizeof(control)))
        return;
    len = gather(control);
    dma_read(s.tx_list + 4, &control, sizeof(control)); /* again: the host may have changed it */
    s.tx_done = true;
    if (len) {
        s.fifo_len = len;
        s.fifo_id = control >> FRAME_ID_SHIFT;
        s.fifo_indicate = control & TX_INDICATE;
        if (s.mac1 & TX_ENABLED)
            after(WIRE_TIME, sent, NULL);
    }
    control |= TX_DMA_COMPLETE;
    dma_write(s.tx_list + 4, &control, sizeof(control));
    if (control & DMA_INDICATE)
        sundance_interrupt(INT_TX_DMA);
    if (!len)
        sundance_transmit();
}

/* --- reception */
static bool accepted(const uint8_t *frame)
{
    static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};
    unsigned bit = 0;

    if (s.rx_mode & MODE_ALL)
        return true;
    if (memcmp(frame, broadcast, 6) == 0)
        return s.rx_mode & MODE_BROADCAST;
    if (!(frame[0] & 1))
        return s.rx_mode & MODE_UNICAST && memcmp(frame, s.station, 6) == 0;
    if (s.rx_mode & MODE_MULTICAST)
        return true;
    /* The chip takes the lowest bits of the CRC as it is on the wire. */
    for (unsigned i = 0; i < 6; i++)
        bit |= (~ethernet_crc(frame, 6) >> (31 - i) & 1) << i;
    return s.rx_mode & MODE_HASH && s.hash[bit / 16] >> bit % 16 & 1;
}

/* Is the descriptor at RxDMAListPtr free? */
static bool rx_free(uint32_t *status)
{
    if (!s.rx_list || s.rx_halt || !dma_read(s.rx_list + 4, status, sizeof(*status)))
        return false;
    if (!(*status & RX_COMPLETE))
        return true;
    if (!s.rx_poll)
        s.rx_halt = true; /* until the host resumes it */
    return false;
}

bool sundance_ready(void)
{
    uint32_t status;

    return !(s.mac1 & RX_ENABLED) || !s.rx_list || rx_free(&status);
}

/* Returns bits of the status. */
static uint32_t scatter(const uint8_t *data, size_t len, uint32_t status)
{
    struct fragment part = {s.rx_list + 8, IMPLIED_SIZE | LAST};
    size_t at = 0;

    for (unsigned i = 0; i < FRAGMENTS && at < len; i++) {
        size_t size;

        if (!(status & IMPLIED_BUFFER) && !dma_read(s.rx_list + 8 + 8 * i, &part, sizeof(part)))
            return NO_ROOM;
        size = part.size & FRAGMENT_SIZE;
        if (size > len - at)
            size = len - at;
        if (size && !dma_write(part.address, data + at, size))
            return NO_ROOM;
        at += size;
        if (part.size & LAST)
            break;
    }
    if (at < len)
        fault("a receive descriptor has room for %zu of %zu bytes", at, len);
    return at < len ? NO_ROOM : 0;
}

void sundance_receive(const uint8_t *data, size_t len)
{
    uint8_t frame[FRAME_MAX + FRAME_MIN + FCS_SIZE] = {0};
    uint32_t status, next;

    if (!(s.mac1 & RX_ENABLED) || !s.phy.link || len < 14 || len > FRAGMENT_SIZE - FRAME_MIN ||
        !accepted(data))
        return;
    if (!rx_free(&status)) {
        sundance_count(RX_LOST, 1);
        return;
    }
    memcpy(frame, data, len);
    if (len < FRAME_MIN)
        len = FRAME_MIN; /* the other end padded it */
    sundance_count(RX_OCTETS, len);
    sundance_count(RX_FRAMES, 1);
    if (data[0] & 1)
        sundance_count(data[0] == 0xff ? RX_BROADCASTS : RX_MULTICASTS, 1);
    s.rx_status = RX_COMPLETE;
    if (len > s.max_frame && !(s.mac0 & LARGE_FRAMES))
        s.rx_status |= RX_ERROR | OVERSIZE;
    if (s.mac0 & PASS_FCS) {
        uint32_t crc = ethernet_crc(frame, len);

        memcpy(frame + len, &crc, FCS_SIZE);
        len += FCS_SIZE;
    }
    s.rx_status |= len | scatter(frame, len, status);
    dma_write(s.rx_list + 4, &s.rx_status, sizeof(s.rx_status));
    if (dma_read(s.rx_list, &next, sizeof(next)) && next & 7)
        fault("receive descriptor at %#x is not aligned to 8 bytes", next);
    s.rx_list = next & ~7u;
    sundance_interrupt(INT_RX_DMA);
}
