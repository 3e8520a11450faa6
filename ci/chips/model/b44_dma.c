/* SPDX-License-Identifier: BSD-2-Clause */
/* See b44.c. DMA in both directions. A ring has up to 512 descriptors, at a multiple of its own
 * size of 4096 bytes. A pointer says where a queue stops: the chip goes on until it comes there. */
#include "b44.h"

#include "crc.h"

#include <string.h>

enum { RING = 0x1000, DESCRIPTOR = 8, OFFSET = RING - DESCRIPTOR, CTRL_ENABLE = 1 };
enum { LENGTH = 0x1fff, END_OF_TABLE = 1 << 28, INTERRUPT = 1 << 29, END_OF_FRAME = 1 << 30 };
#define START_OF_FRAME 0x80000000u
enum { ACTIVE = 0x1000, IDLE = 0x2000 };
#define TO_PCI   0x40000000u
#define PCI_SIZE 0x40000000u
enum { HEADER = 28, FCS_SIZE = 4, FRAME_MIN = 60, TX_ROOM = 2048, PARTS = 64 };
enum { TX_TIME = 123 * MICROSECOND, SLOW = 10 };

struct descriptor {
    uint32_t control, address;
};

static uint32_t *at(uint32_t reg)
{
    return &b44.regs[reg / 4];
}

/* A bus address out of one of the backplane; false, and a fault, when PCI cannot be reached there.
 */
static bool translated(uint32_t *address, size_t len)
{
    uint32_t low = *address - TO_PCI;

    if (low >= PCI_SIZE || len > PCI_SIZE - low) {
        fault("DMA at %#x of the backplane, which is not PCI's window", *address);
        return false;
    }
    *address = low;
    return true;
}

static bool take(uint32_t base, unsigned offset, struct descriptor *d)
{
    uint32_t address = base + offset;

    return translated(&address, sizeof(*d)) && dma_read(address, d, sizeof(*d));
}

static unsigned following(unsigned offset, const struct descriptor *d)
{
    return d->control & END_OF_TABLE ? 0 : (offset + DESCRIPTOR) & OFFSET;
}

/* --- transmission */
static void tx_step(void *argument);

static bool tx_waits(void)
{
    return *at(DMATX_CTRL) & CTRL_ENABLE && b44.tx != (*at(DMATX_PTR) & OFFSET);
}

static void transmit(void)
{
    if (b44.sending || !tx_waits())
        return;
    b44.sending = true;
    after(b44_link() && b44.phy.speed == 10 ? SLOW * TX_TIME : TX_TIME, tx_step, NULL);
}

/* Gathers a frame from its descriptors. 0: it is not complete, or not valid. */
static size_t gather(uint8_t *frame, bool *interrupt)
{
    struct descriptor d;
    size_t len = 0;

    for (unsigned part = 0; part < PARTS && tx_waits(); part++) {
        uint32_t address;
        size_t size;

        if (!take(*at(DMATX_ADDR), b44.tx, &d))
            return 0;
        address = d.address;
        size = d.control & LENGTH;
        if (!(d.control & START_OF_FRAME) != (part > 0)) {
            fault("part %u of a frame has the control word %#x", part, d.control);
            return 0;
        }
        if (!size || len + size > TX_ROOM) {
            fault("a frame of %zu bytes is sent", len + size);
            return 0;
        }
        if (!translated(&address, size) || !dma_read(address, frame + len, size))
            return 0;
        len += size;
        *interrupt |= d.control & INTERRUPT;
        b44.tx = following(b44.tx, &d);
        if (d.control & END_OF_FRAME)
            return len;
    }
    fault("a frame has no last part");
    return 0;
}

static void send(uint8_t *frame, size_t len)
{
    if (!(*at(MAC_CTRL) & MAC_CTRL_CRC))
        fault("a frame is sent without an FCS");
    if (len + FCS_SIZE > *at(TXMAXLEN)) {
        fault("a frame of %zu bytes is longer than TXMAXLEN", len);
        return;
    }
    if (len < FRAME_MIN)
        len = FRAME_MIN;
    if (!b44_link())
        return;
    b44_count(MIB_TX, frame, len + FCS_SIZE);
    wire_send(frame, len);
}

static void tx_step(void *argument)
{
    uint8_t frame[TX_ROOM + FRAME_MIN] = {0};
    bool interrupt = false;
    size_t len;

    b44.sending = false;
    if (!tx_waits())
        return;
    if (!b44.enabled) { /* the MAC takes nothing */
        transmit();
        return;
    }
    len = gather(frame, &interrupt);
    if (!len) {
        *at(DMATX_CTRL) = 0;
        b44_interrupt(ISTAT_PROTOCOL);
        return;
    }
    send(frame, len);
    b44_interrupt(interrupt ? ISTAT_TX : 0);
    transmit();
}

/* --- reception */
static unsigned headroom(void)
{
    return *at(DMARX_CTRL) >> 1 & 0x7f;
}

/* The descriptor that the next frame goes into; false: there is none. */
static bool rx_descriptor(struct descriptor *d)
{
    return *at(DMARX_CTRL) & CTRL_ENABLE && !b44.rx_stopped && *at(DMARX_ADDR) &&
           take(*at(DMARX_ADDR), b44.rx, d) && d->control & LENGTH;
}

bool b44_ready(void)
{
    struct descriptor d;

    return !b44.enabled || !(*at(DMARX_CTRL) & CTRL_ENABLE) || rx_descriptor(&d);
}

static void came(void)
{
    unsigned wanted = *at(RCV_LAZY) >> 24;

    b44.lazy++;
    if (wanted && b44.lazy >= wanted) {
        b44.lazy = 0;
        b44_interrupt(ISTAT_RX);
    }
}

/* Writes the frame, and then the header that says that it is there. */
static bool deliver(const struct descriptor *d, const uint8_t *frame, size_t len, uint32_t flags)
{
    uint8_t header[HEADER] = {len, len >> 8, flags, flags >> 8};
    uint32_t address = d->address;

    if (headroom() < HEADER) {
        fault("DMARX_CTRL leaves %u bytes for the header, which has %d", headroom(), HEADER);
        return false;
    }
    if (headroom() + len > (d->control & LENGTH)) {
        fault("a receive buffer of %u bytes is too short for %zu", d->control & LENGTH, len);
        return false;
    }
    return translated(&address, headroom() + len) && dma_write(address + headroom(), frame, len) &&
           dma_write(address, header, HEADER);
}

void b44_receive(const uint8_t *data, size_t len)
{
    uint8_t frame[FRAME_MAX + FRAME_MIN + FCS_SIZE] = {0};
    uint32_t flags = len >= 14 && b44_link() ? b44_accepted(data) : 0, fcs;
    struct descriptor d;

    if (!flags || len + FCS_SIZE > *at(RXMAXLEN))
        return;
    if (b44.sending && b44.phy.full && !(*at(TX_CTRL) & TX_CTRL_FULL)) {
        note("a frame collides: the link has full duplex, the MAC half");
        return;
    }
    if (!rx_descriptor(&d)) {
        b44_missed();
        b44_interrupt(*at(DMARX_CTRL) & CTRL_ENABLE ? ISTAT_RX_UNDERFLOW : 0);
        return;
    }
    memcpy(frame, data, len);
    len = len < FRAME_MIN ? FRAME_MIN : len; /* the other end padded it */
    fcs = ethernet_crc(frame, len);
    memcpy(frame + len, &fcs, FCS_SIZE);
    if (!deliver(&d, frame, len + FCS_SIZE, flags)) {
        b44_interrupt(ISTAT_DATA_ERROR);
        return;
    }
    b44_count(MIB_RX, frame, len + FCS_SIZE);
    b44.rx = following(b44.rx, &d);
    b44.rx_stopped = b44.rx == (*at(DMARX_PTR) & OFFSET);
    came();
}

/* --- registers */
static uint32_t status(unsigned offset, bool enabled, bool waits)
{
    return offset | (enabled ? waits ? ACTIVE : IDLE : 0);
}

uint32_t b44_dma_read(uint32_t reg)
{
    if (reg == DMATX_STAT)
        return status(b44.tx, *at(DMATX_CTRL) & CTRL_ENABLE, tx_waits());
    if (reg == DMARX_STAT)
        return status(b44.rx, *at(DMARX_CTRL) & CTRL_ENABLE, !b44.rx_stopped);
    return *at(reg);
}

static void write_base(uint32_t reg, uint32_t value)
{
    uint32_t first = value;

    if (value % RING)
        fault("the ring at %#x is not aligned to %d bytes", value, RING);
    if (value)
        translated(&first, RING);
    *at(reg) = value;
    if (reg == DMATX_ADDR)
        b44.tx = 0;
    else
        b44.rx = 0;
}

static void write_rx_pointer(uint32_t value)
{
    *at(DMARX_PTR) = value;
    /* The same place again moves nothing. */
    if ((value & OFFSET) != b44.rx)
        b44.rx_stopped = false;
}

void b44_dma_write(uint32_t reg, uint32_t value)
{
    if (reg == DMATX_STAT || reg == DMARX_STAT) /* only for reading */
        return;
    if (reg == DMATX_ADDR || reg == DMARX_ADDR)
        write_base(reg, value);
    else if (reg == DMARX_PTR)
        write_rx_pointer(value);
    else
        *at(reg) = value;
    if (reg == DMATX_CTRL && !(value & CTRL_ENABLE))
        b44.tx = 0;
    if (reg == DMARX_CTRL && !(value & CTRL_ENABLE))
        b44.rx = 0, b44.rx_stopped = true;
    transmit();
}

void b44_dma_reset(void)
{
    not_after(tx_step, NULL);
    b44.sending = false;
    b44.tx = b44.rx = b44.lazy = 0;
    b44.rx_stopped = true; /* until the pointer is written */
}
