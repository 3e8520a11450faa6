/* SPDX-License-Identifier: BSD-2-Clause */
/* See ixgbe.c. Rings of descriptors, and the queues that they are given to. */
#include "chip.h"
#include "ixgbe.h"

enum { RING_ALIGN = 128, DESCRIPTOR = 16, IVAR_VALID = 0x80, IVAR_TX_82598 = 0x40, RX_ENABLE = 1 };
enum { STRIP_CRC = 2, RDRXCTL_STRIP = 2, QUEUE_TIME = 200 * MICROSECOND };

#define s  ixgbe
#define at ixgbe_at

void ixgbe_ring_interrupt(uint32_t ring)
{
    uint32_t entry = *at(IVAR);

    if (ring == TX_RING)
        entry = s.generation == I82598 ? *at(IVAR + IVAR_TX_82598) : entry >> 8;
    if (entry & IVAR_VALID)
        ixgbe_interrupt(1u << (entry & 15));
}

bool ixgbe_ring_masters(void)
{
    return !(*at(CTRL) & CTRL_NO_MASTER);
}

uint32_t ixgbe_ring_count(uint32_t ring)
{
    return *at(ring + LEN) / DESCRIPTOR;
}

uint32_t ixgbe_ring_filled(uint32_t ring)
{
    uint32_t count = ixgbe_ring_count(ring), head = *at(ring + HEAD), tail = *at(ring + TAIL);

    return count && head < count && tail < count ? (tail + count - head) % count : 0;
}

void ixgbe_ring_advance(uint32_t ring)
{
    *at(ring + HEAD) = (*at(ring + HEAD) + 1) % ixgbe_ring_count(ring);
}

uint64_t ixgbe_ring_descriptor(uint32_t ring)
{
    return (*at(ring + BAL) | (uint64_t)*at(ring + BAH) << 32) + *at(ring + HEAD) * DESCRIPTOR;
}

/* --- control */
static void turned_on(void *argument)
{
    uint32_t ring = (uint32_t)(uintptr_t)argument;

    *at(ring + DCTL) |= QUEUE_ENABLE;
    ixgbe_tx_kick();
}

static void turned_off(void *argument)
{
    *at((uint32_t)(uintptr_t)argument + DCTL) &= ~QUEUE_ENABLE;
}

static void forget(uint32_t ring)
{
    not_after(turned_on, (void *)(uintptr_t)ring);
    not_after(turned_off, (void *)(uintptr_t)ring);
}

static void write_control(uint32_t ring, uint32_t value)
{
    uint32_t on = *at(ring + DCTL) & QUEUE_ENABLE;

    *at(ring + DCTL) = (value & ~QUEUE_ENABLE) | on;
    if (ring != RX_RING && ring != TX_RING) {
        if (value & QUEUE_ENABLE)
            fault("the queue at %#x is enabled, which only MSI-X could serve", ring);
        return;
    }
    forget(ring);
    if ((value & QUEUE_ENABLE) == on)
        return;
    if (value & QUEUE_ENABLE && ixgbe_ring_count(ring) == 0)
        fault("the queue at %#x is enabled without a ring", ring);
    after(QUEUE_TIME, value & QUEUE_ENABLE ? turned_on : turned_off, (void *)(uintptr_t)ring);
}

static bool is_ring(uint32_t reg)
{
    return (reg >= RX_RING && reg < RX_RINGS_END) ||
           (reg >= RX_RINGS_MORE && reg < RX_RINGS_MORE_END) ||
           (reg >= TX_RING && reg < (s.generation == I82598 ? TX_RINGS_END_82598 : TX_RINGS_END));
}

bool ixgbe_rings_write(uint32_t reg, uint32_t value)
{
    uint32_t ring = reg & ~(RING_SIZE - 1u), what = reg - ring;
    bool on = *at(ring + DCTL) & QUEUE_ENABLE;

    if (reg == RXCTRL && value & RX_ENABLE && s.generation > I82598 &&
        !(*at(HLREG0) & STRIP_CRC) != !(*at(RDRXCTL) & RDRXCTL_STRIP))
        fault(
            "reception is enabled while HLREG0 and RDRXCTL differ in whether the CRC is stripped");
    if (!is_ring(reg))
        return false;
    if (what == DCTL) {
        write_control(ring, value);
        return true;
    }
    if ((what == BAL || what == LEN) && value % RING_ALIGN)
        fault("register %#x is set to %#x, which is no multiple of %d", reg, value, RING_ALIGN);
    if (on && (what == BAL || what == BAH || what == LEN || what == HEAD))
        fault("register %#x is written while its queue is on", reg);
    if (what == TAIL && value && value >= ixgbe_ring_count(ring))
        fault("the tail %u of the ring at %#x lies behind its end", value, ring);
    if (what == TAIL && value && !on)
        fault("the tail of the ring at %#x is moved before its queue is on", ring);
    *at(reg) = value;
    if (what == TAIL && ring == TX_RING)
        ixgbe_tx_kick();
    return true;
}

/* The 82598 says that a queue is off while there is no link. */
bool ixgbe_rings_read(uint32_t reg, uint32_t *value)
{
    if (s.generation != I82598 || s.link || (reg != RX_RING + DCTL && reg != TX_RING + DCTL))
        return false;
    *value = *at(reg) & ~QUEUE_ENABLE;
    return true;
}

void ixgbe_rings_reset(void)
{
    forget(RX_RING);
    forget(TX_RING);
    ixgbe_tx_reset();
}
