/* SPDX-License-Identifier: BSD-2-Clause */
/* See tlan.c. The two channels, with their lists of descriptors, and the address filter. */
#include "tlan.h"

#include "crc.h"

#include <string.h>

/* CSTAT. */
enum { COMPLETE = 0x4000, READY = 0x3000, EOC = 0x0800, BUFFERS = 10 };
#define LAST (1u << 31)
enum { FRAME_MIN = 60, FRAME_BIG = 1536, FCS_SIZE = 4, ADDRESSES = 4 };
enum { WIRE_TIME = 123 * MICROSECOND, FIRST_TIME = 30 * MICROSECOND };

struct list {
    uint32_t forward;
    uint16_t status, size;
    struct {
        uint32_t count, address;
    } buffer[BUFFERS];
};
enum { HEAD = 8 }; /* bytes before the buffers */

static bool take(uint32_t address, struct list *list, size_t len, const char *which)
{
    if (address & 7)
        fault("%s list at %#x is not aligned to 8 bytes", which, address);
    return address && dma_read(address, list, len);
}

static void count(unsigned reg, unsigned bytes)
{
    while (bytes-- && !++tlan.dio[reg])
        reg++;
}

/* Writes what became of the list, and goes on to the next one. */
static void complete(bool rx, uint32_t *at, struct list *list)
{
    uint32_t self = *at;
    bool *runs = rx ? &tlan.rx_runs : &tlan.tx_runs;
    uint8_t off = rx ? DIS_RX_EOC : DIS_TX_EOC;

    if (!dma_read(self, &list->forward, sizeof(list->forward))) /* the host may have set it */
        list->forward = 0;
    list->status = (list->status & ~EOC) | COMPLETE | READY;
    *at = list->forward;
    if (!*at) {
        *runs = false;
        list->status |= EOC;
        if (!(tlan.dio[INT_DIS] & off))
            *(rx ? &tlan.rx_eoc : &tlan.tx_eoc) = true;
    }
    dma_write(self + 4, &list->status, 4); /* and size */
    if (rx && !(tlan.dio[INT_DIS] & DIS_RX_EOF))
        tlan.rx_eofs++;
    if (!rx && tlan.threshold)
        tlan.tx_eofs++;
    tlan_drive();
}

/* --- transmission */
static size_t gather(const struct list *list, uint8_t *frame)
{
    size_t len = 0;

    for (unsigned i = 0; i < BUFFERS; i++) {
        size_t part = list->buffer[i].count & ~LAST;

        if (part > FRAME_BIG - len) {
            fault("a frame of more than %d bytes is sent", FRAME_BIG);
            return 0;
        }
        if (!dma_read(list->buffer[i].address, frame + len, part))
            return 0;
        len += part;
        if (list->buffer[i].count & LAST)
            break;
        if (i == BUFFERS - 1)
            fault("a transmit list has no last buffer");
    }
    if (len != list->size)
        fault("a frame has %u bytes, and its buffers have %zu", list->size, len);
    if (len < FRAME_MIN) {
        fault("a frame of %zu bytes is sent, and the chip does not pad", len);
        return 0;
    }
    return len;
}

static void send(void *argument)
{
    uint8_t frame[FRAME_BIG];
    struct list list;
    size_t len;

    if (!tlan.tx_runs)
        return;
    if (!take(tlan.tx_list, &list, sizeof(list), "transmit")) {
        tlan.tx_runs = false;
        return;
    }
    if ((list.status & (COMPLETE | READY)) != READY) {
        fault("transmit list at %#x is not ready: its status is %#x", tlan.tx_list, list.status);
        tlan.tx_runs = false;
        return;
    }
    len = gather(&list, frame);
    if (len && tlan_link() && tlan.dio[NET_CMD] & NWRAP)
        wire_send(frame, len);
    count(GOOD_TX, 3);
    complete(false, &tlan.tx_list, &list);
    if (tlan.tx_runs)
        after(WIRE_TIME, send, NULL);
}

/* --- reception */
/* Exclusive or of the eight groups of six bits. */
static unsigned hash(const uint8_t *address)
{
    unsigned value = 0;

    for (unsigned bit = 0; bit < 48; bit++)
        value ^= (address[bit / 8] >> bit % 8 & 1) << bit % 6;
    return value;
}

static bool accepted(const uint8_t *frame)
{
    static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};
    unsigned bit = hash(frame);

    if (tlan.dio[NET_CMD] & COPY_ALL)
        return true;
    if (memcmp(frame, broadcast, 6) == 0)
        return !(tlan.dio[NET_CMD] & NO_BROADCAST);
    for (unsigned i = 0; i < ADDRESSES; i++)
        if (!(tlan.locked >> i & 1) && memcmp(frame, tlan.dio + AREG + 6 * i, 6) == 0)
            return true;
    return frame[0] & 1 && tlan.dio[HASH + bit / 8] >> bit % 8 & 1;
}

/* One or ten buffers; the former can be at the end of memory. */
static bool rx_take(struct list *list)
{
    bool one = tlan_config() & CONFIG_ONE_FRAGMENT;

    memset(list, 0, sizeof(*list));
    return tlan.rx_runs && take(tlan.rx_list, list,
                                one ? HEAD + sizeof(list->buffer[0]) : sizeof(*list), "receive");
}

bool tlan_ready(void)
{
    struct list list;

    return !(tlan.dio[NET_CMD] & NRESET) || (rx_take(&list) && !(list.status & COMPLETE));
}

void tlan_receive(const uint8_t *data, size_t len)
{
    unsigned limit = tlan.dio[MAX_RX] | tlan.dio[MAX_RX + 1] << 8;
    uint8_t frame[FRAME_MAX + FRAME_MIN + FCS_SIZE] = {0};
    size_t at = 0, total;
    struct list list;

    if (!(tlan.dio[NET_CMD] & NRESET) || !tlan_link() || len < 14 || !accepted(data))
        return;
    memcpy(frame, data, len);
    total = len < FRAME_MIN ? FRAME_MIN : len; /* the other end padded it */
    if (limit && total + FCS_SIZE > limit)
        return;
    if (tlan_config() & CONFIG_RX_CRC) {
        uint32_t crc = ethernet_crc(frame, total);

        memcpy(frame + total, &crc, FCS_SIZE);
        total += FCS_SIZE;
    }
    if (!rx_take(&list)) /* it waits for a GO; whether it counts then, is not known */
        return;
    if (list.status & COMPLETE) {
        fault("receive list at %#x still has a frame", tlan.rx_list);
        return;
    }
    for (unsigned i = 0; i < BUFFERS && at < total; i++) {
        size_t part = list.buffer[i].count & ~LAST;

        if (part > total - at)
            part = total - at;
        dma_write(list.buffer[i].address, frame + at, part);
        at += part;
        if (list.buffer[i].count & LAST || tlan_config() & CONFIG_ONE_FRAGMENT)
            break;
    }
    if (at < total)
        fault("a receive list has room for %zu of %zu bytes", at, total);
    list.size = at;
    count(GOOD_RX, 3);
    complete(true, &tlan.rx_list, &list);
}

/* --- channels */
void tlan_go(bool rx, uint32_t list)
{
    bool *runs = rx ? &tlan.rx_runs : &tlan.tx_runs;

    if (*runs)
        fault("the %s channel is started while it runs", rx ? "receive" : "transmit");
    if (list & 7)
        fault("%s list at %#x is not aligned to 8 bytes", rx ? "receive" : "transmit", list);
    *(rx ? &tlan.rx_list : &tlan.tx_list) = list;
    *runs = list;
    if (!rx) {
        not_after(send, NULL);
        after(WIRE_TIME + FIRST_TIME, send, NULL);
    }
}

void tlan_stop(bool rx)
{
    bool *runs = rx ? &tlan.rx_runs : &tlan.tx_runs;

    if (*runs && !(tlan.dio[INT_DIS] & (rx ? DIS_RX_EOC : DIS_TX_EOC)))
        *(rx ? &tlan.rx_eoc : &tlan.tx_eoc) = true;
    *runs = false;
}

void tlan_stop_all(void)
{
    tlan.tx_runs = tlan.rx_runs = false;
    not_after(send, NULL);
}
