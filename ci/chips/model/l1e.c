/* SPDX-License-Identifier: BSD-2-Clause */
/* See alx.c. Attansic's L1E (AR8121), whose MAC and PHY the later chips have, but other
 * descriptors: frames come one behind the other into two pages of memory, each with 16 bytes about
 * it in front.
 *
 * Facts: what Linux's atl1e, iPXE's atl1e, and OpenBSD's and FreeBSD's ale do alike. */
#include <string.h>

#include "alx.h"
#include "offload.h"

enum {
    PHY_STATUS = 0x1418,
    BASE_HI = 0x1540,
    PAGE_LO = 0x1544, /* two of them */
    TPD_LO = 0x154c,
    PAGE_SIZE = 0x1558,
    TPDS = 0x155c,
    TXQ_CTRL = 0x1580,
    DMA_CTRL = 0x15c0,
    SMB_TIMER = 0x15c4,
    TPD_PRODUCER = 0x15f0,
    PAGE_VALID = 0x15f4, /* one byte a page; of other queues, too */
    PAGE_OFFSET = 0x1800,
    TPD_CONSUMER = 0x1804,
    PAGE_MAILBOX = 0x1820, /* two of them */
    TX_MAILBOX = 0x1840
};
enum {
    PHY_GIGABIT = 1 << 17,
    MANUAL_INTERRUPT = 8,
    TX_MAILBOX_ON = 1 << 20,
    RX_MAILBOX_ON = 1 << 21
};
enum {
    ISR_SMB = 1,
    ISR_MANUAL = 4,
    ISR_NO_PAGE = 0x10,
    ISR_RECEIVED = 1 << 16,
    ISR_SENT = 1 << 17
};
enum { PAGES = 2, STEP = 5 * MICROSECOND, TICK = 2 * MICROSECOND, TPD_BYTES = 16, LENGTH = 0x3fff };
enum { HEADER = 16, ALIGNMENT = 32 };

/* Word 3 of a transmit descriptor. */
enum {
    END_OF_PACKET = 1,
    INSERT_TAG = 4,
    CUSTOM_SUM = 8,
    SEGMENT = 0x10,
    SUMS_AT = 5,
    MSS_AT = 19
};
enum { START_AT = 16, PLACE_AT = 24, TAG_AT = 16 };
/* As alx_send() has them. */
enum { ALX_CUSTOM_SUM = 1 << 8, ALX_SUMS_AT = 9, ALX_SEGMENT = 1 << 12, ALX_TAG = 1 << 15 };
enum { ALX_MSS_AT = 18 };

enum { WITH_DF = 0x40, IEEE_802_3 = 0x80, HAD_TAG = 0x100, WITH_IPV4 = 0x400, WITH_UDP = 0x800 };
enum { WITH_TCP = 0x1000, TO_ALL = 0x2000, TO_GROUP = 0x4000, BAD_IP = 0x40, BAD_L4 = 0x80 };

struct tpd {
    uint64_t buffer;
    uint32_t size, word;
};
struct header {
    uint16_t number, hash_low;
    uint32_t size;
    uint16_t flags, errors, hash_high, tag;
};

static struct {
    uint64_t base, tpd, page[PAGES];
    unsigned tpds, page_size;
    bool there;
} rings;
static unsigned page, offset;
static uint16_t number;
static bool valid[PAGES], rx_soon, tx_soon, failed;

static void load(void)
{
    rings.base = (uint64_t)*alx_reg(BASE_HI) << 32;
    rings.tpd = rings.base | *alx_reg(TPD_LO);
    rings.tpds = *alx_reg(TPDS) & 0xffff;
    rings.page_size = *alx_reg(PAGE_SIZE);
    rings.there = true;
    for (unsigned i = 0; i < PAGES; i++) {
        rings.page[i] = rings.base | *alx_reg(PAGE_LO + 4 * i);
        if (rings.page[i] % ALIGNMENT)
            fault("a receive page at %#llx is not aligned to 32 bytes",
                  (unsigned long long)rings.page[i]);
    }
    if (rings.tpd & 7)
        fault("the transmit ring at %#llx is not aligned to 8 bytes",
              (unsigned long long)rings.tpd);
    if (!rings.tpds || !rings.page_size) {
        fault("a ring or the receive pages have no size");
        rings.there = false;
    }
}

/* Which bits of a tag are where in a descriptor, and back. */
static uint16_t tag_to_chip(uint16_t tag)
{
    return tag << 4 | (tag >> 13 & 7) | (tag >> 9 & 8);
}

static uint16_t tag_from_chip(uint16_t tag)
{
    return tag >> 4 | (tag & 7) << 13 | (tag & 8) << 9;
}

static uint16_t swapped(uint16_t value)
{
    return value >> 8 | value << 8;
}

/* Receive */

static void describe(struct header *header, struct alx_frame *frame)
{
    const uint8_t *data = frame->data;
    unsigned present = sums_present(data, frame->len), wrong = sums_wrong(data, frame->len);

    header->flags = data[0] == 0xff ? TO_ALL : data[0] & 1 ? TO_GROUP : 0;
    if (data[12] < 6)
        header->flags |= IEEE_802_3;
    if (present & SUM_IP)
        header->flags |= WITH_IPV4 | (present & SUM_TCP ? WITH_TCP : 0) |
                         (present & SUM_UDP ? WITH_UDP : 0) | (data[20] & 0x40 ? WITH_DF : 0);
    header->errors = (wrong & SUM_IP ? BAD_IP : 0) | (wrong & (SUM_TCP | SUM_UDP) ? BAD_L4 : 0);
    if (alx_strip_tag(frame)) {
        header->flags |= HAD_TAG;
        header->tag = tag_to_chip(swapped(frame->tag));
    }
    header->size = frame->len << 16;
    header->number = number++;
}

static void deliver(struct alx_frame *frame)
{
    uint64_t at = rings.page[page] + offset;
    struct header header = {0};
    uint32_t next;

    describe(&header, frame);
    dma_write(at + HEADER, frame->data, frame->len);
    dma_write(at, &header, HEADER);
    offset += (HEADER + frame->len + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    next = offset;
    *alx_reg(PAGE_OFFSET) = next;
    if (*alx_reg(DMA_CTRL) & RX_MAILBOX_ON)
        dma_write(rings.base | *alx_reg(PAGE_MAILBOX + 4 * page), &next, 4);
    if (offset >= rings.page_size) { /* what is beyond belongs to it */
        valid[page] = false;
        page = (page + 1) % PAGES;
        offset = 0;
    }
    alx_drop_first();
    alx_interrupt(ISR_RECEIVED);
}

static bool rx_waits(void)
{
    return alx_runs(BUSY_RX_MAC | BUSY_RXQ) && rings.there && valid[page] && alx_first();
}

static void rx_step(void *unused)
{
    (void)unused;
    rx_soon = false;
    if (rx_waits())
        deliver(alx_first());
    alx_run();
}

/* Transmit */

static void send(uint8_t *data, unsigned len, const struct tpd *head)
{
    uint32_t word = head->word, sent = (word >> SUMS_AT & 7) << ALX_SUMS_AT;

    if (word & SEGMENT) { /* the driver leaves the packet's length out */
        unsigned total = len - 14;

        sent = ALX_SEGMENT | (word >> MSS_AT) << ALX_MSS_AT;
        data[16] = total >> 8;
        data[17] = total;
    } else if (word & CUSTOM_SUM) {
        sent =
            ALX_CUSTOM_SUM | (word >> START_AT & 0xff) / 2 | (word >> PLACE_AT) / 2 << ALX_MSS_AT;
    }
    if (word & INSERT_TAG)
        sent |= ALX_TAG;
    alx_send(data, len, sent, swapped(tag_from_chip(head->size >> TAG_AT)));
}

static bool transmit(void)
{
    static uint8_t data[(1 << 16) + ALX_FRAME_ROOM];
    unsigned at = alx.tpd_consumer[0], len = 0;
    struct tpd head = {0}, tpd;
    bool begun = false;

    do {
        if (at == alx.tpd_producer[0]) {
            fault("the index of transmit descriptors is %u, before the packet's end", at);
            return false;
        }
        if (!dma_read(rings.tpd + TPD_BYTES * at, &tpd, sizeof tpd))
            return false;
        at = (at + 1) % rings.tpds;
        if (!begun)
            head = tpd;
        begun = true;
        if (len + (tpd.size & LENGTH) > 1 << 16 ||
            !dma_read(tpd.buffer, data + len, tpd.size & LENGTH))
            return false;
        len += tpd.size & LENGTH;
    } while (!(tpd.word & END_OF_PACKET));
    alx.tpd_consumer[0] = at;
    if (len < 34)
        fault("a frame of %u bytes is to be sent", len);
    else
        send(data, len, &head);
    return true;
}

static bool tx_waits(void)
{
    return alx_runs(BUSY_TX_MAC | BUSY_TXQ) && rings.there && !failed &&
           alx.tpd_producer[0] != alx.tpd_consumer[0];
}

static void tx_step(void *unused)
{
    (void)unused;
    tx_soon = false;
    if (!tx_waits())
        return;
    if (alx.tpd_producer[0] >= rings.tpds) {
        fault("the index of transmit descriptors is %u of %u", alx.tpd_producer[0], rings.tpds);
        failed = true;
    } else if (transmit()) {
        uint32_t consumer = alx.tpd_consumer[0];

        if (*alx_reg(DMA_CTRL) & TX_MAILBOX_ON)
            dma_write(rings.base | *alx_reg(TX_MAILBOX), &consumer, 4);
        alx_interrupt(ISR_SENT);
    } else {
        failed = true;
    }
    alx_run();
}

/* Both */

static void run(void)
{
    if (!rx_soon && rx_waits()) {
        rx_soon = true;
        after(STEP, rx_step, NULL);
    }
    if (!tx_soon && tx_waits()) {
        tx_soon = true;
        after(STEP, tx_step, NULL);
    }
}

/* Counters may be read now. */
static void count(void *unused)
{
    uint64_t time = *alx_reg(SMB_TIMER) * (uint64_t)TICK;

    (void)unused;
    alx_interrupt(ISR_SMB);
    after(time < MILLISECOND ? MILLISECOND : time, count, NULL);
}

static void reset(void)
{
    not_after(rx_step, NULL);
    not_after(tx_step, NULL);
    not_after(count, NULL);
    memset(&rings, 0, sizeof rings);
    memset(valid, 0, sizeof valid);
    page = offset = number = 0;
    rx_soon = tx_soon = failed = false;
    *alx_reg(PHY_STATUS) = PHY_GIGABIT;
}

static uint16_t *find_index(unsigned reg, bool *consumer)
{
    *consumer = reg == TPD_CONSUMER;
    return reg == TPD_PRODUCER ? &alx.tpd_producer[0] : *consumer ? &alx.tpd_consumer[0] : NULL;
}

static bool write(uint32_t reg, uint32_t value, unsigned size)
{
    if (reg >= PAGE_VALID && reg < PAGE_VALID + 8) {
        if (size != 1)
            fault("register %#06x is written with %u bytes", reg, size);
        else if (reg < PAGE_VALID + PAGES)
            valid[reg - PAGE_VALID] = value & 1;
        return true;
    }
    if (reg == SMB_TIMER) {
        not_after(count, NULL);
        *alx_reg(reg) = value;
        if (value)
            count(NULL);
        return true;
    }
    if (reg == MASTER && value & MANUAL_INTERRUPT)
        alx_interrupt(ISR_MANUAL);
    return false;
}

const struct alx_rings l1e_rings = {.reset = reset,
                                    .load = load,
                                    .run = run,
                                    .index = find_index,
                                    .write = write,
                                    .bytes = PAGE_VALID,
                                    .txq = TXQ_CTRL};
