/* SPDX-License-Identifier: BSD-2-Clause */
/* What a network card driver provides, and the NIC it works on.
 *
 * Drivers are polled: they enable no interrupt. They allocate only in open(), from dma_alloc().
 * A pointer is a physical address (flat 32-bit, no paging), so (uint32_t)ptr is what the card is
 * given. A driver never prints and never stops the machine; every wait on hardware is bounded.
 *
 * Legal order:  probe → open → {poll, transmit, link}* → close → open → … ; close may follow a
 * failed open, and probe may come again while the card is closed.
 */
#ifndef NET_DRIVER_H
#define NET_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/errors.h" /* what the operations return */
#include "lib/string.h"
#include "platform/bios/pci.h"   /* struct pci_device and config access */
#include "platform/bios/timer.h" /* delay_us(), deadlines */

#define ETH_FRAME_MIN 60
#define ETH_FRAME_MAX 1514 /* 14 header + 1500 payload; the card adds and strips the FCS */

struct nic {
    const struct net_driver *driver;
    struct pci_device pci;
    uint8_t mac[6];         /* filled by probe */
    uint16_t io;            /* I/O base, 0 if the driver uses MMIO */
    volatile uint8_t *mmio; /* register window, NULL if the driver uses I/O */
    /* Full frames in a row that the card can hold, or that wait for it, 0 = about 64. Set by open.
     */
    uint8_t burst;
    uint16_t mtu; /* bytes of the largest IP packet, 0 = 1500. Set by probe. */
    /* Set by the core before open(): poll() may hand over what a card has put together of several
     * segments of TCP, and frames with no checksum of TCP or UDP in them, since the card has looked
     * at it. open() leaves it set if it will. */
    bool offload;
    bool checked; /* by the card: those checksums of the frame that poll() returned last */
};

enum nic_interrupt { INTERRUPT_OFF, INTERRUPT_ON, INTERRUPT_ACKNOWLEDGE };

struct net_driver {
    const char *name; /* family name as in targets.yaml */

    /* Find the registers (through nic->pci), reset the card if that is needed to read it, fill
     * nic->mac. DMA stays off. Returns 0, or E_NO_NIC when the card does not answer as this chip
     * would. */
    int (*probe)(struct nic *nic);

    /* Allocate rings with dma_alloc() (its memory is zeroed, and taken back by the core before each
     * open), enable bus mastering, start receive (own address, broadcast and every multicast
     * address: the frames of a PXE program's groups) and transmit. Does not wait for the link.
     * Returns 0, E_NO_MEMORY or E_NIC_OPEN; after an error close() is still called. */
    int (*open)(struct nic *nic);

    /* Copy the next received frame, without FCS, into buf. Returns its length, 0 when there is
     * none, or a negative error for a frame that was received broken or longer than cap (it is
     * dropped; polling goes on). Must not lose frames that wait behind this one, and hands its ring
     * slot back to the card before it returns. */
    int (*poll)(struct nic *nic, void *buf, size_t cap);

    /* Send one frame (14 ≤ len ≤ ETH_FRAME_MAX; pads to 60 bytes if the card does not). The caller
     * keeps the frame and may change it once this returns, so copy it or wait until the card has
     * read it. Returns 0 or E_TRANSMIT. */
    int (*transmit)(struct nic *nic, const void *frame, size_t len);

    /* True when the link is up. Called a few times a second, and not while frames flow; may restart
     * a failed negotiation but never waits. */
    bool (*link)(struct nic *nic);

    /* Only for programs that use our UNDI services by interrupt; NULL when the driver has none.
     * INTERRUPT_ON lets the card raise INTx for received frames, INTERRUPT_OFF ends that (open()
     * leaves it off), both return false; INTERRUPT_ACKNOWLEDGE returns whether the card was raising
     * INTx and makes it stop until the next frame. */
    bool (*interrupt)(struct nic *nic, enum nic_interrupt action);

    /* Let the frames go out that transmit() took (the last acknowledgement is among them), stop DMA
     * and leave the card quiet, so that an operating system finds it as after reset. Safe after any
     * failure. */
    void (*close)(struct nic *nic);
};

/* Put the driver into the table that the linker map collects. One per driver file. */
#define NET_DRIVER(symbol)                               \
    static const struct net_driver *const symbol##_entry \
        __attribute__((used, section("drivers"))) = &(symbol)

/* Wait for the card: whether `condition` comes true while it is looked at `tries` times, with `us`
 * microseconds in between. */
#define wait_until(condition, tries, us) \
    ({                                   \
        int left_ = (tries);             \
        while (!(condition) && --left_)  \
            delay_us(us);                \
        left_ != 0;                      \
    })

/* Time that a full frame takes at 10 Mbit/s, with a margin: cards tell when they have read a frame,
 * not when it has left. */
enum { SEND_US = 2000 };

/* What poll() does with a good frame of len bytes: returns its length, or E_TOO_BIG. */
static inline int copy_received(void *buf, size_t cap, const void *frame, size_t len)
{
    if (len > cap)
        return E_TOO_BIG;
    memcpy(buf, frame, len);
    return (int)len;
}

/* Copy a frame of len bytes, padded with zeros to ETH_FRAME_MIN. Returns its length then. */
size_t copy_padded(uint8_t *to, const void *frame, size_t len);

/* Memory for rings and buffers, zeroed, aligned to align (a power of two), below 4 GiB. NULL when
 * the arena (DMA_ARENA_SIZE) is used up. Nothing is freed one by one: the core empties the arena
 * before each open(). */
#define DMA_ARENA_SIZE (448 * 1024)
void *dma_alloc(size_t size, size_t align);

#endif
