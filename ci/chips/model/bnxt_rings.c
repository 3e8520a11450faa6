/* SPDX-License-Identifier: BSD-2-Clause */
/* NetXtreme-C/E: rings, their doorbells, and completion rings, whose entries have a bit that is 1
 * on the first way through the ring, 0 on the second, and so on. */
#include "bnxt.h"

enum { ENTRY = 16, PAGE_MASK = 0xfff, DOORBELLS = 0x80, VALID = 1 };
enum { KEY_TX, KEY_RX, KEY_COMPLETION, KEY_SHIFT = 28 };
enum { INDEX = 0xffffff, HAS_INDEX = 1 << 26, NO_INTERRUPT = 1 << 27, FLAGS = 0x0f000000 };

struct ring *bnxt_ring(uint16_t id, unsigned kind)
{
    struct ring *ring;

    if (id < FIRST_RING || id >= FIRST_RING + RINGS)
        return NULL;
    ring = &bnxt.rings[id - FIRST_RING];
    return ring->used && ring->kind == kind ? ring : NULL;
}

/* Where an entry is; 0 when that cannot be read. */
static uint64_t place(const struct ring *ring, uint32_t index)
{
    uint64_t offset = (uint64_t)index * ENTRY, page;

    if (!ring->indirect)
        return ring->table + offset;
    if (!dma_read(ring->table + 8 * (offset >> ring->shift), &page, 8))
        return 0;
    return (page & ~(uint64_t)PAGE_MASK) + (offset & ((1u << ring->shift) - 1));
}

bool bnxt_ring_read(const struct ring *ring, uint32_t index, uint8_t entry[16])
{
    uint64_t at = place(ring, index % ring->length);

    return at && dma_read(at, entry, ENTRY);
}

/* Interrupts */

static bool pending(const struct ring *ring)
{
    return ring->used && ring->kind == COMPLETION && ring->armed && !ring->polled &&
           ring->head != ring->tail;
}

uint32_t bnxt_interrupt_status(void)
{
    uint32_t status = 0;

    for (unsigned i = 0; i < RINGS; i++)
        if (pending(&bnxt.rings[i]))
            status |= 0x10000u << (FIRST_RING + i);
    return status;
}

void bnxt_interrupt(void)
{
    irq(bnxt_interrupt_status());
}

/* Completions */

void bnxt_complete(struct ring *ring, const uint32_t entry[4])
{
    uint32_t wrapped = 2 * ring->length, at_valid;
    uint64_t at;

    if ((ring->head - ring->tail) % wrapped >= ring->length) {
        fault("a completion ring of %u entries overflows", ring->length);
        return;
    }
    at = place(ring, ring->head % ring->length);
    at_valid = (entry[2] & ~VALID) | (ring->head < ring->length ? VALID : 0);
    if (at) { /* the bit comes last */
        dma_write(at, entry, 8);
        dma_write(at + 12, &entry[3], 4);
        dma_write(at + 8, &at_valid, 4);
    }
    ring->head = (ring->head + 1) % wrapped;
    bnxt_interrupt();
}

static void taken(struct ring *ring, uint32_t value)
{
    uint32_t index = value & INDEX, wrapped = 2 * ring->length, steps;

    if (value & HAS_INDEX) {
        if (index >= ring->length) {
            fault("entry %u of a completion ring of %u is taken", index, ring->length);
            return;
        }
        steps = (index - ring->tail) % ring->length;
        if (steps > (ring->head - ring->tail) % wrapped)
            fault("%u completions are taken, more than there are", steps);
        else
            ring->tail = (ring->tail + steps) % wrapped;
    }
    ring->armed = !(value & NO_INTERRUPT);
    bnxt_interrupt();
}

/* Doorbells: a register for each number that the driver gave its rings, and in the value, which
 * kind of ring is meant. */

static struct ring *rung(uint32_t reg, uint32_t value)
{
    static const uint8_t kinds[] = {
        [KEY_TX] = TRANSMIT, [KEY_RX] = RECEIVE, [KEY_COMPLETION] = COMPLETION};
    unsigned key = value >> KEY_SHIFT;

    for (unsigned i = 0; i < RINGS && key <= KEY_COMPLETION; i++)
        if (bnxt.rings[i].used && bnxt.rings[i].kind == kinds[key] &&
            (uint32_t)bnxt.rings[i].logical * DOORBELLS == reg)
            return &bnxt.rings[i];
    return NULL;
}

void bnxt_doorbell(uint32_t reg, uint32_t value)
{
    struct ring *ring = rung(reg, value);

    if (!ring) {
        fault("doorbell %05x: %08x is for no ring", reg, value);
    } else if (ring->kind == COMPLETION) {
        taken(ring, value);
    } else if (value & FLAGS || (value & INDEX) >= ring->length) {
        fault("doorbell %05x: %08x for a ring of %u", reg, value, ring->length);
    } else {
        ring->head = value & INDEX;
        bnxt_tx_run();
        bnxt_rx_run();
    }
}

/* Counters, which the chip writes to memory again and again */

static void write_stats(void *unused)
{
    (void)unused;
    if (!bnxt.stats || !bnxt.stats_address)
        return;
    dma_write(bnxt.stats_address, bnxt.counters, sizeof bnxt.counters);
    bnxt_stats_start();
}

void bnxt_stats_start(void)
{
    not_after(write_stats, NULL);
    if (bnxt.stats_address && bnxt.stats_period)
        after(bnxt.stats_period * (uint64_t)MILLISECOND, write_stats, NULL);
}

void bnxt_count(unsigned first, unsigned bytes, const uint8_t *frame, size_t len)
{
    bool broadcast = !memcmp(frame, "\xff\xff\xff\xff\xff\xff", 6);
    unsigned kind = broadcast ? 2 : frame[0] & 1;

    bnxt.counters[first + kind]++;
    if (bytes)
        bnxt.counters[first + bytes + kind] += len;
}

void bnxt_function_reset(void)
{
    memset(bnxt.rings, 0, sizeof bnxt.rings);
    memset(bnxt.groups, 0, sizeof bnxt.groups);
    memset(bnxt.filters, 0, sizeof bnxt.filters);
    memset(bnxt.reserved, 0, sizeof bnxt.reserved);
    bnxt.vnic = bnxt.stats = bnxt.registered = bnxt.jumbo = false;
    bnxt.rss_contexts = 0;
    bnxt.event_ring = NO_ID;
    bnxt.events = bnxt.rx_mask = bnxt.multicasts = 0;
    not_after(write_stats, NULL);
    bnxt_tx_reset();
    bnxt_rx_reset();
    bnxt_interrupt();
}
